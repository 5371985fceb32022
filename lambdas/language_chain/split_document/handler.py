"""The adapter: an S3 object in, its text in numbered parts below a prefix out.

The event names one of three inputs: `source`, an uploaded object; `transcript`, the key of a file
of Transcribe; `joined`, a prefix and the number of texts below it, which are joined first (those in
`lost` are read below the prefix `instead`).

Parts lie below a digest of their texts and of `made_by`, the settings that results are made by. A
later run of the same document finds the results of the earlier one below the same digest, and what
has a result is not `left` to do: nothing is paid for twice, and nothing stale is used.
"""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from .chunks import chunks, searched_together
from .reading import read
from .settings import Settings
from .transcripts import spoken
from .unreadable import UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WORKERS = 16
SETTINGS = Settings.from_environment()
s3: "S3Client" = boto3.client("s3", config=Config(max_pool_connections=WORKERS))
logger = Logger()
# Comprehend detects the language of this much. It accepts 100 KB and needs about 20 characters.
_SAMPLE_BYTES = 5_000


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001  # Lambda's signature
    """Write the parts and return what is left to do, or the reason why nothing can be read."""
    try:
        text, reading = _text(event)
    except UnreadableError as error:
        return {"readable": False, "reason": str(error)}
    parts = list(chunks(text, event["most_bytes"]))
    digest = _digest([event["made_by"], *parts])
    prefix = f"{event['work']}{event['parts']}/{digest}/"

    def write(number: int) -> None:
        # An object, because it is undocumented how Step Functions reads a bare string from S3.
        body = json.dumps({"text": parts[number]}, ensure_ascii=False).encode()
        s3.put_object(Bucket=SETTINGS.results_bucket, Key=f"{prefix}{number}.json", Body=body)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(write, range(len(parts))))
    searches = searched_together(parts, event["searched_bytes"]) if "joined" in event else []
    results = _results(f"{event['work']}{event['results']}/{digest}/")
    # Numbers instead of keys, because a state holds 256 KiB.
    remaining = [item for item in (*searches, *range(len(parts))) if str(item) not in results]
    logger.info(
        "split", extra={"parts": len(parts), "left": len(remaining), "characters": len(text)}
    )
    return {
        "readable": True,
        "sample": next(chunks(text, _SAMPLE_BYTES)),
        "characters": len(text),
        "digest": digest,
        "parts": len(parts),
        "searches": searches,
        "left": remaining,
        "reading": reading,
    }


def _digest(texts: list[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()[:16]


def _results(prefix: str) -> set[str]:
    """The parts that have a result below `prefix`: their numbers, or `first-last`."""
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=SETTINGS.results_bucket, Prefix=prefix
    )
    return {
        item["Key"].removeprefix(prefix).removesuffix(".json")
        for page in pages
        for item in page.get("Contents", [])
    }


def _text(event: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The text, and how it was read if it is an uploaded document's."""
    if "transcript" in event:
        return spoken(json.loads(_read(SETTINGS.results_bucket, event["transcript"]))), {}
    if "joined" in event:
        return _joined(event["joined"]), {}
    source = event["source"]
    body = _read(source["bucket"], source["key"], source.get("version_id", ""))
    document = read(
        body, source["key"], event["content_type"], SETTINGS.formats, SETTINGS.json_lines_field
    )
    return document.text, document.reading


def _joined(joined: dict[str, Any]) -> str:
    lost = set(joined["lost"])

    def part(number: int) -> str:
        prefix = joined["instead" if number in lost else "prefix"]
        text: str = json.loads(_read(SETTINGS.results_bucket, f"{prefix}{number}.json"))["text"]
        return text

    with ThreadPoolExecutor(WORKERS) as pool:
        return "".join(pool.map(part, range(joined["chunks"])))


def _read(bucket: str, key: str, version_id: str = "") -> bytes:
    if version_id:
        return s3.get_object(Bucket=bucket, Key=key, VersionId=version_id)["Body"].read()
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
