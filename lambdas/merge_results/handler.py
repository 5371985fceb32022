"""The adapter: the pieces of a document and what was found in them in, one JSON document out."""

import json
import os
from collections.abc import Iterator
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from merge_results.merging import Piece, merge, redacted

logger = Logger(service="merge_results")
_s3 = boto3.client("s3")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Write `results/<document>.json` and its row for Athena; returns where they are."""
    bucket, document = os.environ["RESULTS_BUCKET"], event["document"]
    merged = merge(_pieces(bucket, event["prefix"], event["pieces"]))
    if os.environ["REDACT"] == "true":
        merged["text"] = redacted(merged["text"], merged["pii"])
    result = {**document, **merged}
    key = f"results/{document['document_id']}.json"
    _put(bucket, key, json.dumps(result, ensure_ascii=False))
    row = {
        **document,
        "sentiment": merged["sentiment"],
        **{f"{mood}_share": share for mood, share in merged["sentiment_score"].items()},
        "characters": len(merged["text"]),
        "entities": [each["text"] for each in merged["entities"]],
        "key_phrases": [each["text"] for each in merged["key_phrases"]],
        "pii_types": sorted(each["type"] for each in merged["pii"]),
        "result_key": key,
    }
    # Partition columns stand in the path, and Athena refuses them in the row.
    date, language = row.pop("date"), row.pop("source_language")
    folder = f"rows/date={date}/source_language={language}"
    row_key = f"{folder}/{document['document_id']}.json"
    _put(bucket, row_key, json.dumps(row, ensure_ascii=False) + "\n")
    logger.info("merged", extra={"pieces": len(event["pieces"]), "sentiment": row["sentiment"]})
    return {"result_key": key, "row_key": row_key, "sentiment": merged["sentiment"]}


def _pieces(bucket: str, prefix: str, numbers: list[str]) -> Iterator[Piece]:
    for number in numbers:
        text = _read(bucket, f"{prefix}pieces/{number}.json")["text"]
        yield Piece(text, _read(bucket, f"{prefix}findings/{number}.json"))


def _read(bucket: str, key: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(_s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    return body


def _put(bucket: str, key: str, body: str) -> None:
    _s3.put_object(Bucket=bucket, Key=key, Body=body.encode(), ContentType="application/json")
