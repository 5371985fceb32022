"""Trains a model on a deployed platform, approves it, and asks the API."""

import json
import time
import uuid
from typing import Any

from local.demos.executions import execute, wait_for
from local.demos.report import Check
from local.demos.verification import Account, Verification
from local.runtime.deployment import Outputs
from local.runtime.progress import Steps
from local.runtime.workspace import LocalError

_APPROVED_SECONDS, _ROLL_OUT_SECONDS = 60, 600
_FLIGHT = {
    "carrier": "UA", "origin": "EWR", "destination": "IAH", "month": 1, "weekday": 2, "hour": 22,
    "distance_miles": 1400,
}  # fmt: skip


def verify(account: Account, outputs: Outputs, steps: Steps) -> list[Check]:
    """One training, its roll-out, and requests that the API answers or refuses.

    An account that serves another one's models trains nothing: its API is asked alone.
    """
    endpoint = outputs["MlEndpoint"]
    if "MlTraining" not in outputs:
        return _ask(account, endpoint, steps)
    training = outputs["MlTraining"]
    step_functions = account.client("stepfunctions")
    earlier = _roll_outs(step_functions, endpoint["StateMachineArn"])
    with steps.step("Train, evaluate, register (Step Functions)"):
        name = f"verify-{uuid.uuid4()}"
        machine, poll_seconds = training["StateMachineArn"], account.poll_seconds
        trained = _output(execute(step_functions, machine, {}, name, poll_seconds))
    if not trained["registered"]:
        report = trained["report"]
        raise LocalError(f"The gate refused the model, so nothing is rolled out: {report}")
    with steps.step("Roll out what was approved"):
        machine = endpoint["StateMachineArn"]
        rolled_out = _roll_out(account, machine, earlier, _APPROVED_SECONDS)
        if rolled_out is None:  # the environment leaves the approval to a person: this is one
            account.client("sagemaker").update_model_package(
                ModelPackageArn=trained["model_package_arn"], ModelApprovalStatus="Approved"
            )
            rolled_out = _roll_out(account, machine, earlier, _ROLL_OUT_SECONDS)
    if rolled_out is None:
        raise LocalError("The approval started no roll-out: look at the rule's dead-letter queue.")
    roll_out = Check("the roll-out", "SUCCEEDED", rolled_out["status"])
    return [roll_out, *_ask(account, endpoint, steps)]


def _ask(account: Account, endpoint: dict[str, str], steps: Steps) -> list[Check]:
    """Requests that the API answers or refuses."""
    with steps.step("Ask the API"):
        body = json.dumps({"flights": [_FLIGHT, {**_FLIGHT, "hour": 6}]}).encode()
        answers = [account.post(endpoint["ApiUrl"], body) for _ in range(2)]
        wrong = json.dumps({"flights": [{**_FLIGHT, "hour": 24}]}).encode()
        refused = account.post(endpoint["ApiUrl"], wrong)
    predictions = [answer.json().get("predictions", []) for answer in answers]
    probabilities = [prediction["probability"] for prediction in predictions[0]]
    return [
        Check("status of a request", 200, answers[0].status_code),
        Check("predictions", 2, len(probabilities)),
        Check("probabilities between 0 and 1", True, all(0 < p < 1 for p in probabilities)),
        Check("the same request, the same answer", True, predictions[0] == predictions[1]),
        Check("status of a flight at hour 24", 400, refused.status_code),
    ]


def _roll_outs(step_functions: Any, machine: str) -> set[str]:
    executions = step_functions.list_executions(stateMachineArn=machine)["executions"]
    return {execution["executionArn"] for execution in executions}


def _roll_out(
    account: Account, machine: str, earlier: set[str], seconds: float
) -> dict[str, Any] | None:
    """The execution that an approval has started, once it has ended; None if none starts."""
    step_functions, deadline = account.client("stepfunctions"), time.monotonic() + seconds
    while time.monotonic() < deadline:
        if started := _roll_outs(step_functions, machine) - earlier:
            return wait_for(step_functions, started.pop(), account.poll_seconds)
        time.sleep(account.poll_seconds)
    return None


def _output(execution: dict[str, Any]) -> dict[str, Any]:
    if execution["status"] != "SUCCEEDED":
        raise LocalError(f"The training ended {execution['status']}: {execution.get('cause')}")
    output: dict[str, Any] = json.loads(execution["output"])
    return output


VERIFICATION = Verification(
    usd=1.0,
    minutes=60,
    leaves="the model, and an endpoint that costs money until make destroy",
    run=verify,
)
