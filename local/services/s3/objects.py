"""S3 for workflow tasks, whose object actions ministack's Step Functions lacks, and for jobs.

Answers what the workflows read of each response: the body as text, the ETag, length and type. The
calls are root's: what a workflow's role needs was asked for before (local/services/iam).
"""

import json
from functools import partial
from typing import Any

from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError
from local.services.s3.uri import split_uri
from local.services.task import Arguments, Table

LENIENT = [
    (
        "Of a response, only what the workflows read is there.",
        "Other members have no reader here.",
    ),
    (
        "A copy of an object onto itself that changes nothing is accepted.",
        "S3 refuses it only in a bucket without a KMS key of its own, and all here have one.",
    ),
]


def table(emulator: Emulator) -> Table:
    """The stand-ins of S3's integrations."""
    s3 = emulator.client("s3")
    return {
        "s3:getObject": partial(_get_object, s3),
        "s3:putObject": partial(_put_object, s3),
        "s3:headObject": partial(_head_object, s3),
    }


def list_keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    """Every key below `prefix`."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def require_keys(s3: Any, uri: str) -> list[str]:
    """Every key below the prefix `uri`. Raises LocalError if there are none."""
    keys = list_keys(s3, *split_uri(uri))
    if not keys:
        raise LocalError(f"{uri} holds nothing")
    return keys


def _get_object(s3: Any, request: Arguments) -> Arguments:
    return {"Body": s3.get_object(**request)["Body"].read().decode()}


def _put_object(s3: Any, request: Arguments) -> Arguments:
    body = request["Body"]
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return {"ETag": s3.put_object(**{**request, "Body": text.encode()})["ETag"]}


def _head_object(s3: Any, request: Arguments) -> Arguments:
    head = s3.head_object(**request)
    return {"ContentLength": head["ContentLength"], "ContentType": head["ContentType"]}
