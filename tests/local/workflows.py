"""Small workflows of the tests' own."""

import json
from typing import Any

from local.demos.executions import wait_for
from local.runtime.emulator import Emulator


def run_workflow(running: Emulator, name: str, states: dict[str, Any]) -> tuple[str, Any]:
    """The ARN of a workflow that begins with its first state, and how its execution ended."""
    client = running.client("stepfunctions")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}
    role_arn = running.client("iam").create_role(
        RoleName=f"workflow-{name}",
        AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}),
    )["Role"]["Arn"]
    definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
    arn = client.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=role_arn
    )["stateMachineArn"]
    execution_arn = client.start_execution(stateMachineArn=arn)["executionArn"]
    return arn, wait_for(client, execution_arn)


def a_wait_of_two_seconds() -> dict[str, Any]:
    """A state that waits until a time of the clock."""
    timestamp = "{% $fromMillis($toMillis($states.context.State.EnteredTime) + 3000) %}"
    return {"Wait": {"Type": "Wait", "Timestamp": timestamp, "End": True}}


def seconds_of(execution: Any) -> float:
    """How long an execution ran."""
    ran: float = (execution["stopDate"] - execution["startDate"]).total_seconds()
    return ran


def large_result() -> dict[str, Any]:
    """States of a Map whose result has 300,000 characters, and a catcher of every error."""
    mapping = {
        "Type": "Map",
        "Items": "{% [1..300] %}",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "Long",
            "States": {"Long": {"Type": "Pass", "Output": "x" * 1_000, "End": True}},
        },
        "Output": "large",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        "End": True,
    }
    return {"Map": mapping, "Caught": {"Type": "Pass", "Output": "caught", "End": True}}
