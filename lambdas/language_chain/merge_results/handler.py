"""The adapter: the pieces of a document and their findings in, one JSON document out."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from .merging import Passage, Piece, merge, redact, row
from .settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WORKERS = 16
SETTINGS = Settings.from_environment()
s3: "S3Client" = boto3.client("s3", config=Config(max_pool_connections=WORKERS))
logger = Logger()
# The limits of a synthesis task of Polly, and of the state that passes the text on (256 KiB).
_SPOKEN_CHARACTERS, _SPOKEN_BYTES = 100_000, 200_000


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001  # Lambda's signature
    """Write `results/<document>.json` and its row for Athena; return their keys."""
    document, prefix, lost = event["document"], event["prefix"], event["lost"]
    merged = merge(_passages(event["pieces"], event["findings"], lost))
    if SETTINGS.redact:
        merged = redact(merged)
    key = f"results/{document['document_id']}.json"
    _put(key, {**document, **merged, "lost_parts": lost})
    # Partition columns are in the path; Athena rejects rows that contain them.
    folder = f"rows/date={document['date']}/source_language={document['source_language']}"
    row_key = f"{folder}/{document['document_id']}.json"
    _put(row_key, row(document, merged, key, len(lost)))
    speakable = _speakable(merged["text"])
    if speakable and SETTINGS.speak != "nothing":
        _put(f"{prefix}speech.json", {"text": merged["text"]})
    logger.info("merged", extra={"pieces": event["pieces"]["count"], "lost": len(lost)})
    return {
        "result_key": key,
        "row_key": row_key,
        "sentiment": merged["sentiment"],
        "speakable": speakable,
    }


def _speakable(text: str) -> bool:
    return len(text) <= _SPOKEN_CHARACTERS and len(text.encode()) <= _SPOKEN_BYTES


def _passages(
    pieces: dict[str, Any], findings: dict[str, Any], lost: list[dict[str, Any]]
) -> list[Passage]:
    lost_numbers = {part["number"] for part in lost if part["step"] != "translating"}

    def piece(number: int) -> Piece:
        text = _read(f"{pieces['from']}{number}.json")["text"]
        if number in lost_numbers:
            return Piece(text, None)
        return Piece(text, _read(f"{findings['from']}{number}.json")["SentimentScore"])

    def found(search: str) -> dict[str, Any] | None:
        return None if search in lost_numbers else _read(f"{findings['from']}{search}.json")

    with ThreadPoolExecutor(WORKERS) as pool:
        all_pieces = list(pool.map(piece, range(pieces["count"])))
        all_findings = list(pool.map(found, findings["searches"]))
    bounds = [tuple(map(int, search.split("-"))) for search in findings["searches"]]
    return [
        Passage(all_pieces[first : last + 1], answers)
        for (first, last), answers in zip(bounds, all_findings, strict=True)
    ]


def _read(key: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(
        s3.get_object(Bucket=SETTINGS.results_bucket, Key=key)["Body"].read()
    )
    return body


def _put(key: str, value: dict[str, Any]) -> None:
    body = json.dumps(value, ensure_ascii=False).encode() + b"\n"
    s3.put_object(
        Bucket=SETTINGS.results_bucket, Key=key, Body=body, ContentType="application/json"
    )
