"""Replay: one object of the raw log in, one object of good lines and one of bad lines out.

    {"key": "flights/arrival_hour=2026-11-20-05/<name>.gz"}

An object whose lines are there already is not written again: encrypted with KMS, the same bytes
would get another ETag, by which the curation job tells new objects
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html, read 2026-11-29). Where the
transform's rules have changed meanwhile, the object is replaced.
"""

import gzip
import zlib
from typing import TYPE_CHECKING, Any, TypedDict

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from ..new_object import put_new
from .raw_object import RawObject
from .replay import Lines, replay
from .settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PutObjectRequestTypeDef

SETTINGS = Settings.from_environment()
_DIGEST = "sha256"
_CONFIG = Config(
    connect_timeout=2, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 4}
)
s3: "S3Client" = boto3.client("s3", config=_CONFIG)
logger = Logger()


class Summary(TypedDict):
    """What the caller learns: counts of lines, and how many objects were written."""

    accepted: int
    rejected: int
    objects_written: int


class BrokenObjectError(ValueError):
    """A raw object that does not end as GZIP ends, or never was GZIP."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Summary:  # noqa: ARG001  # Lambda's signature
    """Replay one object. Raises NotRawError, BrokenObjectError, and what S3 raises."""
    key = event.get("key")
    raw = RawObject.of(key, SETTINGS.raw_prefix)
    body = s3.get_object(Bucket=SETTINGS.raw_bucket, Key=str(key))["Body"]
    try:
        with gzip.GzipFile(fileobj=body) as lines:
            replayed = replay(lines, raw)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BrokenObjectError(
            f"s3://{SETTINGS.raw_bucket}/{key} is no whole GZIP object ({error}). Nothing of it was"
            " replayed: restore an earlier version of it, or leave it out."
        ) from error
    # First the bad lines: once the good ones are written, nobody may ask again.
    puts = [
        _keep(replayed.rejected, raw.key_below(SETTINGS.rejected_prefix, ".jsonl.gz")),
        _keep(replayed.accepted, raw.key_below(SETTINGS.replayed_prefix, ".json.gz")),
    ]
    summary = Summary(
        accepted=replayed.accepted.count,
        rejected=replayed.rejected.count,
        objects_written=sum(puts),
    )
    logger.info("Replayed", key=key, **summary)
    return summary


def _keep(lines: Lines, key: str) -> bool:
    """Whether an object was written: not if there are no lines, or if it has the same already."""
    if not lines.count:
        return False
    request: PutObjectRequestTypeDef = {
        "Bucket": SETTINGS.lake_bucket,
        "Key": key,
        "Body": lines.body,
        "ContentType": "application/gzip",
        "Metadata": {_DIGEST: lines.digest},
    }
    if put_new(s3, request):
        return True
    present = s3.head_object(Bucket=SETTINGS.lake_bucket, Key=key)
    if present["Metadata"].get(_DIGEST) == lines.digest:
        return False
    s3.put_object(**request)
    return True
