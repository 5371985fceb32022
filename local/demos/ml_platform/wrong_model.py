"""A package whose container answers with another model than the one that was evaluated."""

import json
import time
from typing import Any

from local.demos.executions import execute, wait_for
from local.runtime.workspace import LocalError

_STARTED_SECONDS = 60


def deploy_wrong_model(
    step_functions: Any, machines: tuple[str, str], package_arn: str, other_model_uri: str
) -> dict[str, Any]:
    """Register and approve a copy of a package with the artefact of another model.

    `machines`: ARNs of train_model and deploy_model. Returns the execution of deploy_model that
    the approval starts, once it has ended. Raises LocalError if none starts.
    """
    training, deployment = machines
    earlier = _executions(step_functions, deployment)
    package = _call(
        step_functions, deployment, "describeModelPackage", {"ModelPackageName": package_arn}
    )
    (container,) = package["InferenceSpecification"]["Containers"]
    request = {
        name: package[name]
        for name in ("ModelPackageGroupName", "ModelMetrics", "DriftCheckBaselines")
    }
    request["ModelApprovalStatus"] = "Approved"
    request["InferenceSpecification"] = {
        **package["InferenceSpecification"],
        "Containers": [{**container, "ModelDataUrl": other_model_uri}],
    }
    _call(step_functions, training, "createModelPackage", request)
    deadline = time.monotonic() + _STARTED_SECONDS
    while time.monotonic() < deadline:
        if started := _executions(step_functions, deployment) - earlier:
            return wait_for(step_functions, started.pop())
        time.sleep(0.2)
    raise LocalError(f"The approval started no deployment within {_STARTED_SECONDS} s.")


def _executions(step_functions: Any, machine: str) -> set[str]:
    executions = step_functions.list_executions(stateMachineArn=machine)["executions"]
    return {execution["executionArn"] for execution in executions}


def _call(
    step_functions: Any, role_of: str, action: str, arguments: dict[str, Any]
) -> dict[str, Any]:
    """The answer to one call of SageMaker, which the local AWS knows as a task of workflows only.

    `role_of`: the machine whose role makes the call.
    """
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::aws-sdk:sagemaker:{action}",
        "Arguments": arguments,
        "End": True,
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "Call", "States": {"Call": task}}
    role = step_functions.describe_state_machine(stateMachineArn=role_of)["roleArn"]
    machine = step_functions.create_state_machine(
        name=f"call-{action}", definition=json.dumps(definition), roleArn=role
    )["stateMachineArn"]
    try:
        execution = execute(step_functions, machine, {})
    finally:
        step_functions.delete_state_machine(stateMachineArn=machine)
    if execution["status"] != "SUCCEEDED":
        raise LocalError(f"{action} ended {execution['status']}: {execution.get('cause')}")
    answer: dict[str, Any] = json.loads(execution["output"])
    return answer
