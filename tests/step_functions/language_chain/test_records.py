"""What the chain records of a document, and when it reads one aloud."""

from datetime import UTC, datetime
from typing import Any

import boto3
import jsonata
import pytest
from moto import mock_aws

from tests.step_functions.conftest import Bench
from tests.step_functions.workflows import WORKFLOWS

CHAIN = "language_chain/language_chain"
STATES = next(workflow.states for workflow in WORKFLOWS if workflow.name == CHAIN)


@pytest.mark.parametrize(
    ("setting", "recording", "speakable", "spoken"),
    [
        ("everything", False, True, True),
        ("everything", True, True, True),
        ("everything", False, False, False),
        ("recordings", False, True, False),
        ("recordings", True, True, True),
        ("recordings", True, False, False),
        ("nothing", True, True, False),
        ("nothing", False, True, False),
    ],
)
def test_what_the_setting_names_is_spoken_if_it_can_be(
    setting: str, recording: bool, speakable: bool, spoken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The library raises the limit of the whole process, which other tests depend on.
    monkeypatch.setattr("sys.setrecursionlimit", lambda _: None)
    (choice,) = STATES["Is speech required?"].body["Choices"]
    assert choice["Next"] == "Speak"
    text = choice["Condition"].removeprefix("{%").removesuffix("%}").replace("${Speak}", setting)
    expression = jsonata.Jsonata(text)
    expression.assign("recording", recording)
    expression.assign("result", {"speakable": speakable})
    assert expression.evaluate(None) is spoken


@pytest.mark.local
def test_a_document_that_nobody_reads_aloud_says_so(bench: Bench) -> None:
    run = bench.outcomes(CHAIN)["too long to be spoken"]
    assert run.called("Speak") == 0
    assert run.output["speech"] == "none"
    values = run.arguments("Record the success")["ExpressionAttributeValues"]
    assert values[":speech"] == {"S": "none"}


@pytest.mark.local
def test_a_document_that_is_done_keeps_no_reason_of_an_earlier_failure(bench: Bench) -> None:
    """DynamoDB itself obeys the updates of a failure and of the attempt after it."""
    outcomes = bench.outcomes(CHAIN)
    failure = outcomes["reading fails"].arguments("Record the failure")
    success = outcomes["a recording"].arguments("Record the success")
    with mock_aws():
        table = boto3.client("dynamodb", region_name="us-east-1")
        table.create_table(
            TableName="documents",
            KeySchema=[{"AttributeName": "document_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "document_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

        def row_after(update: dict[str, Any]) -> dict[str, Any]:
            key = {"document_id": {"S": "1"}}
            table.update_item(**{**update, "TableName": "documents", "Key": key})
            item = table.get_item(TableName="documents", Key=key)["Item"]
            return {name: next(iter(value.values())) for name, value in item.items()}

        failed, done = row_after(failure), row_after(success)
    assert failed["status"] == "failed"
    assert failed["reason"].startswith("Comprehend.Failure")
    assert set(done) == {
        *("document_id", "status", "failed_at", "done_at", "expires_at"),
        *("source_language", "result_key", "speech"),
    }
    assert done["status"] == "done"
    # DynamoDB would delete a failed document's item, too.
    assert "expires_at" not in failed
    kept = datetime.fromtimestamp(int(done["expires_at"]), UTC) - datetime.fromisoformat(
        done["done_at"]
    )
    assert kept.days in (89, 90)
