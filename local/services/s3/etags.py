"""ministack's ETags are MD5 digests of every object; those of objects under KMS are none in S3.

So the same bytes, written again, have another ETag
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html, read 2026-11-29).
"""

import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.services import s3

from local.runtime.wrapping import wrap

_ENCRYPTION = "x-amz-server-side-encryption"
_written_bucket: ContextVar[str] = ContextVar("written bucket", default="")


def close() -> None:
    """Give objects that PutObject writes under KMS an ETag of their own."""
    wrap(s3, "_put_object", _put_object)
    wrap(s3, "_build_object_record", _build_object_record)


def _put_object(original: Callable[..., Any], bucket: str, *arguments: Any, **options: Any) -> Any:
    token = _written_bucket.set(bucket)
    try:
        return original(bucket, *arguments, **options)
    finally:
        _written_bucket.reset(token)


def _build_object_record(
    original: Callable[..., Any], body: bytes, headers: dict[str, str], **options: Any
) -> Any:
    if bucket := _written_bucket.get():
        encryption, _ = s3._resolve_sse_write_headers(headers, bucket)
        if encryption and encryption.get(_ENCRYPTION) == "aws:kms":
            options["etag"] = f'"{uuid.uuid4().hex}"'
    return original(body, headers, **options)
