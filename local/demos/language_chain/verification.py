"""Sends short texts through a deployed chain, and reads their results where users find them."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from local.demos.language_chain.library import DOCUMENTS
from local.demos.report import Check
from local.demos.verification import Account, Verification
from local.runtime.deployment import Outputs
from local.runtime.progress import Step, Steps
from local.runtime.workspace import LocalError

_BROKEN = "empty.txt"
_SECONDS = 20 * 60
# S3 sends events from about five minutes after EventBridge was enabled, so after a first deploy
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html,
# read 2026-11-29). What was not received by then is uploaded again.
_EVENTS_SECONDS = 6 * 60
_SENTIMENTS = {"POSITIVE", "NEGATIVE", "NEUTRAL", "MIXED"}


def verify(account: Account, outputs: Outputs, steps: Steps) -> list[Check]:
    """Upload a text in each language and an empty one; each ends, with a result or a reason."""
    chain = outputs["LanguageChain"]
    s3, folder = account.client("s3"), f"verify-{uuid.uuid4()}"
    texts = {f"{folder}/{path.name}": path.read_text() for path in sorted(DOCUMENTS.glob("*.txt"))}
    broken = f"{folder}/{_BROKEN}"

    def upload(key: str) -> None:
        body = {**texts, broken: "\n"}[key].encode()
        s3.put_object(Bucket=chain["InputBucketName"], Key=key, Body=body)

    with steps.step(f"Upload {len(texts) + 1} documents"):
        for key in (*texts, broken):
            upload(key)
    with steps.step("Wait until each is done or has failed") as step:
        rows = _wait_for(account, chain["DocumentsTableName"], [*texts, broken], step, upload)
    results = {
        key: json.loads(
            s3.get_object(Bucket=chain["ResultsBucketName"], Key=rows[key]["result_key"])[
                "Body"
            ].read()
        )
        for key in texts
        if rows[key]["status"] == "done"
    }
    with steps.step("Query with Athena"):
        answer = account.athena(chain).ask("language_chain", "mood_by_language")
    languages = {key: key.rpartition("/")[2].removesuffix(".txt") for key in texts}
    unclear = [key for key, result in results.items() if result["sentiment"] not in _SENTIMENTS]
    return [
        Check("documents done", sorted(texts), sorted(results)),
        Check("the empty document", "failed", rows[broken]["status"]),
        Check(
            "languages detected",
            languages,
            {key: rows[key].get("source_language") for key in languages},
        ),
        Check("results without a sentiment", [], unclear),
        Check("results without a text", [], [key for key in results if not results[key]["text"]]),
        Check("rows in Athena", True, int(answer.rows["documents"].sum()) >= len(texts)),
    ]


def _wait_for(
    account: Account, table: str, keys: list[str], step: Step, upload: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Key -> row of the status table, once all documents have ended. Raises LocalError."""
    started, ended, uploaded_again = time.monotonic(), {}, False
    while (waited := time.monotonic() - started) < _SECONDS:
        rows = {key: _row(account, table, key) for key in keys}
        ended = {key: row for key, row in rows.items() if row.get("status") in ("done", "failed")}
        step.detail = f"{len(ended)} of {len(keys)}"
        if len(ended) == len(keys):
            return ended
        if waited > _EVENTS_SECONDS and not uploaded_again:
            for key in (key for key, row in rows.items() if not row):
                upload(key)
            uploaded_again = True
        time.sleep(account.poll_seconds)
    raise LocalError(
        f"{len(keys) - len(ended)} of {len(keys)} documents have not ended within"
        f" {_SECONDS // 60} minutes. Look at the executions of the chain's state machine."
    )


def _row(account: Account, table: str, key: str) -> dict[str, Any]:
    """The row of a document; empty if it was not received yet."""
    items = account.client("dynamodb").query(
        TableName=table,
        IndexName="by_key",
        KeyConditionExpression="#key = :key",
        ExpressionAttributeNames={"#key": "key"},
        ExpressionAttributeValues={":key": {"S": key}},
    )["Items"]
    return {name: next(iter(value.values())) for item in items for name, value in item.items()}


VERIFICATION = Verification(
    usd=0.10,
    minutes=5,
    leaves="the documents below verify-… in the input bucket, and their results",
    run=verify,
)
