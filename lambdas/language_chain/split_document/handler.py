"""The adapter: an object of S3 in, its text in numbered chunks below a prefix out.

`source` names an object as it was uploaded, `transcript` what Transcribe made of a recording, and
`joined` a prefix and the numbers of the texts below it, which are joined first; those of `lost` are
taken from the prefix `instead`.
"""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from .chunks import chunks
from .formats import UnreadableError, kind, plain, spoken
from .reading import decoded

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WORKERS = 16
BUCKET = os.environ["RESULTS_BUCKET"]
s3: "S3Client" = boto3.client("s3", config=Config(max_pool_connections=WORKERS))
logger = Logger()
# What Comprehend is shown to tell the language by; it takes 100 KB, and needs some 20 characters.
_SAMPLE_BYTES = 5_000


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001  # Lambda's signature
    """Write the chunks; say where they are, or why the object cannot be read."""
    try:
        text = _text(event)
    except UnreadableError as error:
        return {"readable": False, "reason": str(error)}
    # Numbers and not keys: a state holds 256 KiB.
    made = {f"{place:05d}": each for place, each in enumerate(chunks(text, event["most_bytes"]))}

    def write(number: str) -> None:
        # As JSON: what Step Functions makes of a bare string on its way to S3 is nowhere promised.
        body = json.dumps({"text": made[number]}, ensure_ascii=False).encode()
        s3.put_object(Bucket=BUCKET, Key=f"{event['prefix']}{number}.json", Body=body)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(write, made))
    logger.info("split", extra={"chunks": len(made), "characters": len(text)})
    return {
        "readable": True,
        "sample": next(chunks(text, _SAMPLE_BYTES)),
        "characters": len(text),
        "chunks": list(made),
    }


def _text(event: dict[str, Any]) -> str:
    if "transcript" in event:
        return spoken(json.loads(_read(BUCKET, event["transcript"])))
    if "joined" in event:
        return _joined(event["joined"])
    source = event["source"]
    found = kind(source["key"], event["content_type"], os.environ["FORMATS"].split(","))
    body = _read(source["bucket"], source["key"], source.get("version_id", ""))
    return plain(decoded(body), found, os.environ["JSON_LINES_FIELD"])


def _joined(joined: dict[str, Any]) -> str:
    lost = set(joined["lost"])

    def part(number: str) -> str:
        prefix = joined["instead" if number in lost else "prefix"]
        text: str = json.loads(_read(BUCKET, f"{prefix}{number}.json"))["text"]
        return text

    with ThreadPoolExecutor(WORKERS) as pool:
        return "".join(pool.map(part, joined["chunks"]))


def _read(bucket: str, key: str, version_id: str = "") -> bytes:
    if version_id:
        return s3.get_object(Bucket=bucket, Key=key, VersionId=version_id)["Body"].read()
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
