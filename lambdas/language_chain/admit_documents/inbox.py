"""What lies in the inbox, whatever EventBridge has announced.

An upload is announced once. None is while S3 switches its notifications on, for about five minutes
after a bucket was made (docs.aws.amazon.com/AmazonS3/latest/userguide/
enable-event-notifications-eventbridge.html, read 2026-11-29), nor while the rule is disabled.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from .messages import Source
from .recordings import HEAD_BYTES, media_format

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


# An empty object has no range; one may have been deleted since, its version or its bucket, too.
_UNREADABLE = (
    "InvalidRange",
    "MethodNotAllowed",
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchVersion",
)


def uploads_since(
    s3: "S3Client", bucket: str, since: datetime, excluded_prefix: str
) -> Iterator[Source]:
    """Every version that was uploaded after `since`, unless its object was deleted afterwards.

    Neither the markers of folders nor what lies below `excluded_prefix`.
    """
    deleted_keys: set[str] = set()
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        # Sorted by key, the most recent version or marker first, so that a marker is on this page
        # or an earlier one: docs.aws.amazon.com/sdkfornet1/latest/apidocs/html/
        # M_Amazon_S3_AmazonS3Client_ListVersions.htm, read 2026-11-29.
        markers = page.get("DeleteMarkers", [])
        deleted_keys |= {marker["Key"] for marker in markers if marker["IsLatest"]}
        for version in page.get("Versions", []):
            key = version["Key"]
            is_document = not key.endswith("/") and not key.startswith(excluded_prefix)
            if is_document and key not in deleted_keys and version["LastModified"] > since:
                yield Source(bucket, key, version["VersionId"])


def format_of(s3: "S3Client", source: Source) -> str:
    """The MediaFormat of a recording; empty for a text, and for what cannot be read.

    Its workflow then says why it cannot.
    """
    version: Any = {"VersionId": source.version_id} if source.version_id else {}
    try:
        upload = s3.get_object(
            Bucket=source.bucket, Key=source.key, Range=f"bytes=0-{HEAD_BYTES - 1}", **version
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _UNREADABLE:
            return ""
        raise
    return media_format(upload["Body"].read(), source.key, upload.get("ContentType", ""))
