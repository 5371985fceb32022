"""What an execution of Step Functions went through."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def states_entered(client: "SFNClient", execution_arn: str) -> list[str]:
    """The states that an execution entered, those of its nested executions after their caller."""
    states: list[str] = []
    for page in client.get_paginator("get_execution_history").paginate(executionArn=execution_arn):
        for event in page["events"]:
            if "stateEnteredEventDetails" in event:
                states.append(event["stateEnteredEventDetails"]["name"])
            nested_arn = _nested_execution(event)
            if nested_arn:
                states += states_entered(client, nested_arn)
    return states


def _nested_execution(event: Any) -> str | None:
    """The ARN of the nested execution that an event reports the end of."""
    succeeded, failed = event.get("taskSucceededEventDetails"), event.get("taskFailedEventDetails")
    if succeeded and ":startExecution.sync" in succeeded["resource"]:
        text = succeeded["output"]
    elif failed and ":startExecution.sync" in failed["resource"]:
        text = failed["cause"]
    else:
        return None
    try:
        arn: str = json.loads(text)["ExecutionArn"]
    except ValueError:
        return None  # it was not started
    return arn
