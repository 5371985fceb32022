"""SageMaker Pipelines in ministack: CloudFormation makes them, executions run on the task server.

Answers StartPipelineExecution, DescribePipelineExecution and ListPipelineExecutionSteps.
"""

import json
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

from ministack.services import s3

from local.services import task_client
from local.services.contract import door
from local.services.iam import pipeline_permissions
from local.services.iam.authorisation import DeniedError, authorise
from local.services.iam.permission import arn
from local.services.iam.task_authorisation import account
from local.services.s3.uri import split_uri
from local.services.sagemaker.pipeline_run import (
    PipelineError,
    PipelineRun,
    StepError,
    check_definition,
    parameter_values,
)
from local.services.task import Arguments, TaskError

_EXECUTION_ID_CHARACTERS = 12
_TASK = "arn:aws:states:::sagemaker:"

OPERATIONS = ("StartPipelineExecution", "DescribePipelineExecution", "ListPipelineExecutionSteps")

_pipelines: dict[str, dict[str, Any]] = {}
_runs: dict[str, PipelineRun] = {}


def create(_logical_id: str, properties: dict[str, Any], _stack: str) -> tuple[str, dict[str, Any]]:
    """AWS::SageMaker::Pipeline: its name is the `Ref`. Raises PipelineError."""
    name = properties["PipelineName"]
    definition = json.loads(properties["PipelineDefinition"]["PipelineDefinitionBody"])
    check_definition(definition)
    _pipelines[name] = {"definition": definition, "role": properties["RoleArn"]}
    return name, {}


def delete(reference: str, _properties: dict[str, Any]) -> None:
    """The pipeline goes; its executions stay readable, as they do for SageMaker."""
    _pipelines.pop(reference, None)


def answer(operation: str, request: Arguments) -> dict[str, Any]:
    """The answer to one of the operations. Raises PipelineError."""
    if operation == "StartPipelineExecution":
        return {"PipelineExecutionArn": _start(request)}
    run = _runs.get(request["PipelineExecutionArn"])
    if run is None:
        raise PipelineError(f"{request['PipelineExecutionArn']} does not exist")
    if operation == "ListPipelineExecutionSteps":
        return {"PipelineExecutionSteps": run.steps[::-1]}
    return {
        "PipelineExecutionArn": request["PipelineExecutionArn"],
        "PipelineExecutionStatus": run.status,
        **({"FailureReason": run.failure_reason} if run.failure_reason else {}),
    }


def _start(request: Arguments) -> str:
    name = request["PipelineName"]
    pipeline = _pipelines.get(name)
    if pipeline is None:
        raise PipelineError(f"Pipeline {name} does not exist")
    parameters = parameter_values(pipeline["definition"], request.get("PipelineParameters", []))
    execution_id = uuid.uuid4().hex[:_EXECUTION_ID_CHARACTERS]
    execution_arn = arn("sagemaker", f"pipeline/{name.lower()}/execution/{execution_id}")
    execution = {
        "PipelineName": name,
        "PipelineExecutionId": execution_id,
        "PipelineExecutionArn": execution_arn,
        "StartDateTime": datetime.now(UTC).isoformat(),
    }
    run = _runs[execution_arn] = PipelineRun(pipeline["definition"], parameters, execution)
    jobs = _Jobs(pipeline["role"], {"state": name, "execution": execution_id})
    threading.Thread(target=run.run, args=(jobs.run, jobs.read_json), daemon=True).start()
    return execution_arn


class _Jobs:
    """What the steps of an execution do, under the pipeline's role."""

    def __init__(self, role_arn: str, caller: dict[str, str]) -> None:
        self._role_arn, self._caller = role_arn, caller

    def run(self, operation: str, arguments: Arguments) -> Arguments:
        """Start a job and wait for it, or register a package. Raises StepError."""
        # The operation as a task, without `.sync`: the door and the stand-ins know it by this name.
        task = f"{_TASK}{operation}"
        try:
            door.check(task, arguments)
            authorise(
                "sagemaker",
                self._role_arn,
                pipeline_permissions.of_step(operation, arguments, account),
            )
            result: Arguments = task_client.send(task, arguments, self._role_arn, self._caller)
        except TaskError as error:
            raise StepError(f"{error.error}: {error.cause}") from error
        except DeniedError as denied:
            raise StepError(f"AccessDeniedException: {denied}") from denied
        return result

    def read_json(self, uri: str) -> Any:
        """The JSON document at `uri`. Raises StepError."""
        try:
            permissions = pipeline_permissions.of_json_get(uri, account)
            authorise("sagemaker", self._role_arn, permissions)
        except DeniedError as denied:
            raise StepError(f"AccessDeniedException: {denied}") from denied
        document = s3._get_object_data(*split_uri(uri))
        if document is None:
            raise StepError(f"{uri} does not exist")
        return json.loads(document)
