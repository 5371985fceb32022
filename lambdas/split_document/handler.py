"""The adapter: an object of S3 in, its text in numbered chunks below a prefix out.

`source` names an object as it was uploaded, or `joined` a prefix and the numbers of the texts below
it, which are joined first.
"""

import json
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from split_document.chunks import chunks
from split_document.reading import UnreadableError, read

logger = Logger(service="split_document")
_s3 = boto3.client("s3")
# What Comprehend is shown to tell the language by; it takes 100 KB, and needs some 20 characters.
_SAMPLE_BYTES = 5_000


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Write the chunks; say where they are, or why the object cannot be read."""
    bucket = os.environ["RESULTS_BUCKET"]
    try:
        text = _text(event, bucket)
    except UnreadableError as error:
        return {"readable": False, "reason": str(error)}
    numbers = []
    for place, chunk in enumerate(chunks(text, event["most_bytes"])):
        number = f"{place:05d}"
        # As JSON: what Step Functions makes of a bare string on its way to S3 is nowhere promised.
        body = json.dumps({"text": chunk}, ensure_ascii=False).encode()
        _s3.put_object(Bucket=bucket, Key=f"{event['prefix']}{number}.json", Body=body)
        numbers.append(number)
    logger.info("split", extra={"chunks": len(numbers), "characters": len(text)})
    return {
        "readable": True,
        "sample": next(chunks(text, _SAMPLE_BYTES)),
        "characters": len(text),
        # Numbers and not keys: a state holds 256 KiB.
        "chunks": numbers,
    }


def _text(event: dict[str, Any], bucket: str) -> str:
    if "source" in event:
        source = event["source"]
        version = {"VersionId": source["version_id"]} if source.get("version_id") else {}
        found = _s3.get_object(Bucket=source["bucket"], Key=source["key"], **version)
        return read(found["Body"].read(), source["key"])
    joined = event["joined"]
    keys = [f"{joined['prefix']}{number}.json" for number in joined["chunks"]]
    bodies = (_s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys)
    return "".join(json.loads(body)["text"] for body in bodies)
