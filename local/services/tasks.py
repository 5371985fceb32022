"""Which stand-in answers a task of a workflow: one table, a file behind each service.

Each request is checked against botocore's model of the service first: required members, types and
unknown names. Patterns, enumerations and lengths are not checked, nor the permissions of the
workflow's role; the stand-ins act under the roles that a request passes.
"""

import re
from functools import cache
from pathlib import Path

import botocore.session
from boto3.exceptions import Boto3Error
from botocore.exceptions import ClientError
from botocore.model import Shape
from botocore.validate import ParamValidator

from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError
from local.services.application_auto_scaling.scalable_targets import ScalableTargets
from local.services.athena import unload
from local.services.comprehend import detection
from local.services.quotas import Quotas
from local.services.s3 import objects
from local.services.sagemaker.service import SageMaker
from local.services.task import Arguments, Table, TaskError
from local.services.translate import text_translation
from local.services.translate.jobs import TranslationJobs

_INTEGRATION = re.compile(
    r"^arn:aws:states:::(?:aws-sdk:)?(?P<service>\w+):(?P<action>\w+)(\.sync)?$"
)
# Where the ARN names a service otherwise than botocore, and errors otherwise than either.
_BOTOCORE_NAMES = {"applicationautoscaling": "application-autoscaling"}
_ERROR_PREFIXES = {
    "sagemaker": "SageMaker",
    "applicationautoscaling": "ApplicationAutoScaling",
}


class Tasks:
    """Answers the tasks that the emulator's Step Functions passes on."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        """`folder` is the workspace's."""
        self.quotas = Quotas()
        self._sagemaker = SageMaker(emulator, folder)
        self._table: Table = {
            **unload.table(emulator),
            **objects.table(emulator),
            **TranslationJobs(emulator).table(),
            **text_translation.table(self.quotas),
            **detection.table(self.quotas),
            **ScalableTargets().table(),
            **self._sagemaker.table(),
        }

    def answer(self, resource: str, arguments: Arguments) -> object:
        """The result of one task. Raises TaskError."""
        integration = _INTEGRATION.match(resource)
        if integration is None:
            raise TaskError("States.Runtime", f"{resource} has no stand-in in the local AWS")
        service, action = integration["service"], integration["action"]
        _check(service, action, arguments)
        stand_in = self._table.get(f"{service}:{action}")
        if stand_in is None:
            raise TaskError("States.Runtime", f"{service}:{action} has no stand-in")
        try:
            return stand_in(arguments)
        except (LocalError, ClientError, Boto3Error) as error:
            # A job that fails, e.g. because its role may not read the data, fails its task.
            raise TaskError("States.TaskFailed", str(error)) from error

    def take_events(self) -> list[Arguments]:
        """The events for the default bus since the last call."""
        return self._sagemaker.registry.take_events()


def _check(service: str, action: str, arguments: Arguments) -> None:
    """Raise the service's ValidationException for arguments that its model does not allow."""
    shape = _input_shape(_BOTOCORE_NAMES.get(service, service), action[0].upper() + action[1:])
    if shape is None:
        return
    if f"{service}:{action}" == "s3:putObject" and isinstance(arguments["Body"], dict):
        arguments = {**arguments, "Body": b""}  # Step Functions makes JSON of it
    report = ParamValidator().validate(arguments, shape)
    if report.has_errors():
        prefix = _ERROR_PREFIXES.get(service, service.title())
        raise TaskError(f"{prefix}.ValidationException", report.generate_report())


@cache
def _input_shape(service: str, action: str) -> Shape | None:
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(action).input_shape
