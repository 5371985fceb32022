"""Rules deliver to targets that admit them, and leave elsewhere what is refused."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.runtime import emulator
from local.runtime.emulator import Emulator
from local.runtime.processes import stop
from local.runtime.workspace import Workspace

pytestmark = pytest.mark.local

_SECONDS = 10
EVENT = {"Source": "tests", "DetailType": "something", "Detail": "{}"}


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _admission(
    service: str, actions: list[str], resource: str, condition: dict[str, Any]
) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": actions,
        "Resource": resource,
        "Condition": condition,
    }


@dataclass
class Delivery:
    """A rule with an encrypted queue as target, and another for dead letters."""

    running: Emulator
    rule: str
    key: str
    target: str
    dead_letters: str

    def admit(self, queue: str, rule: str) -> None:
        """Let EventBridge put what it has for one rule into a queue."""
        arn = self.arn(queue)
        condition = {"ArnEquals": {"aws:SourceArn": rule}}
        policy = _policy(_admission("events", ["sqs:SendMessage"], arn, condition))
        self.running.client("sqs").set_queue_attributes(
            QueueUrl=queue, Attributes={"Policy": policy}
        )

    def admit_to_key(self, service: str) -> None:
        """Let one service use the target's key."""
        owner = {"AWS": "arn:aws:iam::000000000000:root"}
        everything = {"Effect": "Allow", "Principal": owner, "Action": "kms:*", "Resource": "*"}
        use = _admission(service, ["kms:Decrypt", "kms:GenerateDataKey"], "*", {})
        self.running.client("kms").put_key_policy(
            KeyId=self.key, PolicyName="default", Policy=_policy(everything, use)
        )

    def arn(self, queue: str) -> str:
        attributes = self.running.client("sqs").get_queue_attributes(
            QueueUrl=queue, AttributeNames=["QueueArn"]
        )["Attributes"]
        return str(attributes["QueueArn"])

    def send(self) -> tuple[int, int]:
        """Send an event; returns how many messages target and dead letters then hold."""
        before = self.counts()
        self.running.client("events").put_events(Entries=[EVENT])
        deadline = time.monotonic() + _SECONDS
        while self.counts() == before and time.monotonic() < deadline:
            time.sleep(0.1)
        after = self.counts()
        return after[0] - before[0], after[1] - before[1]

    def counts(self) -> tuple[int, int]:
        sqs = self.running.client("sqs")
        target, dead = (
            sqs.get_queue_attributes(
                QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"]
            )["Attributes"]["ApproximateNumberOfMessages"]
            for queue in (self.target, self.dead_letters)
        )
        return int(target), int(dead)


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivery]:
    workspace = Workspace(tmp_path_factory.mktemp("deliveries"))
    try:
        running = emulator.start(workspace)
        sqs, events = running.client("sqs"), running.client("events")
        key = running.client("kms").create_key()["KeyMetadata"]["Arn"]
        encrypted = {"KmsMasterKeyId": key}
        target = sqs.create_queue(QueueName="target", Attributes=encrypted)["QueueUrl"]
        dead_letters = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        rule = events.put_rule(Name="a-rule", EventPattern='{"source": ["tests"]}')["RuleArn"]
        delivery = Delivery(running, rule, key, target, dead_letters)
        dead_letter_config = {"Arn": delivery.arn(dead_letters)}
        events.put_targets(
            Rule="a-rule",
            Targets=[
                {"Id": "it", "Arn": delivery.arn(target), "DeadLetterConfig": dead_letter_config}
            ],
        )
        yield delivery
    finally:
        stop(workspace)


def test_an_event_is_delivered_where_target_and_key_admit_it(delivery: Delivery) -> None:
    delivery.admit(delivery.target, delivery.rule)
    delivery.admit_to_key("events")
    assert delivery.send() == (1, 0)


def test_an_event_is_left_with_the_dead_letters_where_the_target_admits_another_rule(
    delivery: Delivery,
) -> None:
    delivery.admit(delivery.target, delivery.rule.replace("a-rule", "another-rule"))
    delivery.admit(delivery.dead_letters, delivery.rule)
    assert delivery.send() == (0, 1)
    message = delivery.running.client("sqs").receive_message(
        QueueUrl=delivery.dead_letters, MessageAttributeNames=["All"]
    )["Messages"][0]
    attributes = {
        name: value["StringValue"] for name, value in message["MessageAttributes"].items()
    }
    assert attributes["RULE_ARN"] == delivery.rule
    assert "sqs:SendMessage" in attributes["ERROR_MESSAGE"]


def test_an_event_is_left_with_the_dead_letters_where_the_key_admits_others(
    delivery: Delivery,
) -> None:
    delivery.admit(delivery.target, delivery.rule)
    delivery.admit(delivery.dead_letters, delivery.rule)
    delivery.admit_to_key("cloudwatch")
    assert delivery.send() == (0, 1)


def test_a_refused_event_is_counted_and_lost_where_no_dead_letters_admit_it(
    delivery: Delivery,
) -> None:
    another = delivery.rule.replace("a-rule", "another-rule")
    delivery.admit(delivery.target, another)
    delivery.admit(delivery.dead_letters, another)
    delivery.running.client("events").put_events(Entries=[EVENT])
    metrics = delivery.running.client("cloudwatch").list_metrics(Namespace="AWS/Events")["Metrics"]
    assert ("FailedInvocations", "a-rule") in {
        (metric["MetricName"], metric["Dimensions"][0]["Value"]) for metric in metrics
    }


def test_an_event_for_the_bus_of_another_account_is_left_with_the_dead_letters(
    delivery: Delivery,
) -> None:
    events, sqs = delivery.running.client("events"), delivery.running.client("sqs")
    bus = "arn:aws:events:us-east-1:222222222222:event-bus/default"
    forwarding = events.put_rule(Name="forwarding", EventPattern='{"source": ["tests.forwarded"]}')
    may_assume = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    iam = delivery.running.client("iam")
    role = iam.create_role(RoleName="forwarder", AssumeRolePolicyDocument=_policy(may_assume))
    may_put = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    iam.put_role_policy(RoleName="forwarder", PolicyName="forward", PolicyDocument=_policy(may_put))
    target = {
        "Id": "bus",
        "Arn": bus,
        "RoleArn": role["Role"]["Arn"],
        "DeadLetterConfig": {"Arn": delivery.arn(delivery.dead_letters)},
    }
    events.put_targets(Rule="forwarding", Targets=[target])
    delivery.admit(delivery.dead_letters, forwarding["RuleArn"])
    sqs.purge_queue(QueueUrl=delivery.dead_letters)
    events.put_events(Entries=[{**EVENT, "Source": "tests.forwarded"}])
    (message,) = sqs.receive_message(
        QueueUrl=delivery.dead_letters, MessageAttributeNames=["All"], WaitTimeSeconds=_SECONDS
    )["Messages"]
    reason = message["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]
    assert "in another account, and the local AWS has one" in reason
