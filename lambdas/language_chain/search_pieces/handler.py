"""The adapter: a run of pieces in, what Comprehend finds in their joined text out, in S3.

A function, because the answers about 100 KB of text exceed the 256 KiB of a workflow's state. Each
API is asked once an invocation: the caller has a turn for one call of each, and waits for another
turn if Comprehend throttles. What was answered until then is stored, and not asked for again.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from botocore.exceptions import ClientError

from .settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WORKERS = 16
SETTINGS = Settings.from_environment()
s3: "S3Client" = boto3.client("s3", config=Config(max_pool_connections=WORKERS))
# One attempt a turn: the SDK's own retries would exceed the rate.
comprehend: Any = boto3.client("comprehend", config=Config(retries={"total_max_attempts": 1}))
logger = Logger()
# Comprehend's codes of what may succeed later; ThrottlingException is in no model of its own.
_LATER = {"ThrottlingException", "TooManyRequestsException", "InternalServerException"}
# The name of a finding -> the call for it, and where the findings are in its answer.
_CALLS = {
    "Entities": (comprehend.detect_entities, "Entities"),
    "KeyPhrases": (comprehend.detect_key_phrases, "KeyPhrases"),
    "PiiEntities": (comprehend.detect_pii_entities, "Entities"),
}
if not SETTINGS.personal_data:
    del _CALLS["PiiEntities"]


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001  # Lambda's signature
    """Search the pieces `first-last` below `from`; `complete` unless Comprehend throttles."""
    unfinished = f"{event['to']}{event['pieces']}.unfinished.json"
    findings = _read(unfinished) if event["again"] else {}
    text = _joined(event["from"], event["pieces"])
    for name, (detect, member) in _CALLS.items():
        if name in findings:
            continue
        try:
            findings[name] = detect(Text=text, LanguageCode=SETTINGS.language)[member]
        except ClientError as error:
            refused = error.response["Error"]
            if refused["Code"] not in _LATER:
                raise
            _put(unfinished, findings)
            return {
                "complete": False,
                "error": f"Comprehend.{refused['Code']}",
                "cause": refused.get("Message", ""),
            }
    _put(f"{event['to']}{event['pieces']}.json", findings)
    counts = {name: len(spans) for name, spans in findings.items()}
    logger.info("searched", extra={"characters": len(text), **counts})
    return {"complete": True}


def _joined(prefix: str, pieces: str) -> str:
    first, last = map(int, pieces.split("-"))

    def piece(number: int) -> str:
        text: str = _read(f"{prefix}{number}.json")["text"]
        return text

    with ThreadPoolExecutor(WORKERS) as pool:
        return "".join(pool.map(piece, range(first, last + 1)))


def _read(key: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(
        s3.get_object(Bucket=SETTINGS.results_bucket, Key=key)["Body"].read()
    )
    return body


def _put(key: str, value: dict[str, Any]) -> None:
    body = json.dumps(value, ensure_ascii=False).encode()
    s3.put_object(
        Bucket=SETTINGS.results_bucket, Key=key, Body=body, ContentType="application/json"
    )
