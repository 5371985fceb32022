"""The deployed chain that tests share, and what a user asks of it."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from rich.console import Console

from local import local_aws
from local.demos.demo import Context
from local.demos.language_chain.demo import LanguageChainDemo
from local.local_aws import LocalAws
from local.runtime.emulator import Emulator
from local.runtime.processes import stop
from local.runtime.progress import Steps
from local.runtime.workspace import Workspace


@dataclass
class Chain:
    """A deployed chain, and what a user asks of it."""

    local_aws: LocalAws

    @property
    def emulator(self) -> Emulator:
        return self.local_aws.emulator

    @property
    def outputs(self) -> dict[str, str]:
        return self.local_aws.outputs["LanguageChain"]

    def upload(self, key: str, body: bytes) -> None:
        self.emulator.client("s3").put_object(
            Bucket=self.outputs["InputBucketName"], Key=key, Body=body
        )

    def status(self, key: str, seconds: float = 60) -> dict[str, str]:
        """The row of the newest version of a document, once it is done or has failed."""
        deadline = time.monotonic() + seconds
        while True:
            items = self.emulator.client("dynamodb").query(
                TableName=self.outputs["DocumentsTableName"],
                IndexName="by_key",
                KeyConditionExpression="#key = :key",
                ExpressionAttributeNames={"#key": "key"},
                ExpressionAttributeValues={":key": {"S": key}},
            )["Items"]
            rows = [{name: next(iter(v.values())) for name, v in item.items()} for item in items]
            if rows and all(row["status"] in ("done", "failed") for row in rows):
                return max(rows, key=lambda row: row["received_at"])
            assert time.monotonic() < deadline, (key, rows)
            time.sleep(0.2)

    def rows(self) -> list[dict[str, Any]]:
        """The row of every version of every document."""
        pages = (
            self.emulator.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.outputs["DocumentsTableName"])
        )
        items = [item for page in pages for item in page["Items"] if "received_at" in item]
        return [{name: next(iter(v.values())) for name, v in item.items()} for item in items]

    def statuses(self) -> dict[str, str]:
        """The status of every document."""
        return {row["key"]: row["status"] for row in self.rows()}

    def wait_until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Return once `condition` holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.statuses()
            time.sleep(0.5)

    def configure_quotas(self, **settings: Any) -> int:
        """Make Translate and Comprehend throttle or fail; returns how many calls were throttled."""
        url = f"http://127.0.0.1:{self.emulator.tasks_port}/quotas"
        throttled: int = requests.post(url, json=settings, timeout=10).json()["throttled"]
        return throttled

    def count_calls(self) -> dict[str, int]:
        """Calls of each API since quotas were configured or calls counted; ends the failures."""
        url = f"http://127.0.0.1:{self.emulator.tasks_port}/quotas"
        times = requests.post(url, json={}, timeout=10).json()["calls"]
        return {api: len(seconds) for api, seconds in times.items()}

    def send(self, kind: str) -> None:
        """Put a message of a kind on the queue, as a user or the schedule does."""
        self.emulator.client("sqs").send_message(
            QueueUrl=self.outputs["MessagesQueueUrl"],
            MessageBody=json.dumps({"detail-type": kind}),
        )

    def admit(self, *messages: dict[str, Any]) -> tuple[bool, list[str]]:
        """Whether the intake fails on messages as a whole, else which of them it returns."""
        lambda_ = self.emulator.client("lambda")
        (name,) = (
            function["FunctionName"]
            for function in lambda_.list_functions()["Functions"]
            if "Admit" in function["FunctionName"]
        )
        records = [
            {"messageId": f"{number}", "body": json.dumps(message), "eventSource": "aws:sqs"}
            for number, message in enumerate(messages)
        ]
        response = lambda_.invoke(FunctionName=name, Payload=json.dumps({"Records": records}))
        payload = json.loads(response["Payload"].read())
        if "FunctionError" in response:
            return True, []
        return False, [failure["itemIdentifier"] for failure in payload["batchItemFailures"]]

    def executions(self) -> list[str]:
        pages = (
            self.emulator.client("stepfunctions")
            .get_paginator("list_executions")
            .paginate(stateMachineArn=self.outputs["StateMachineArn"])
        )
        return [execution["name"] for page in pages for execution in page["executions"]]

    def read(self, key: str) -> dict[str, Any]:
        body = (
            self.emulator.client("s3")
            .get_object(Bucket=self.outputs["ResultsBucketName"], Key=key)["Body"]
            .read()
        )
        document: dict[str, Any] = json.loads(body)
        return document


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """The chain that tests share."""
    workspace = Workspace(tmp_path_factory.mktemp("language"))
    try:
        yield Chain(local_aws.start(workspace, ["language-chain"]))
    finally:
        stop(workspace)


def demo(chain: Chain) -> LanguageChainDemo:
    """The demo of the chain, for what it does with one recording or collection."""
    running = chain.local_aws
    steps = Steps(Console(quiet=True))
    return LanguageChainDemo(
        Context(running.emulator, running.workspace, running.outputs, steps, {})
    )
