"""Which stand-in answers a task of a workflow: one table, a file behind each service.

Each request passes the door first (`local/services/contract/door.py`), which knows here what exists
already. The stand-ins act under the roles that a request passes, or else under the workflow's.
"""

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import ClientError

from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError
from local.services.application_auto_scaling.scalable_targets import ScalableTargets
from local.services.athena import workflow_queries
from local.services.cloudwatch import metrics
from local.services.comprehend import detection
from local.services.comprehend.text_engine import TextEngine
from local.services.contract import door
from local.services.contract.errors import error_name
from local.services.contract.operations import Operation, operation_of
from local.services.polly.synthesis_tasks import SynthesisTasks
from local.services.quotas import Quotas
from local.services.s3 import objects
from local.services.sagemaker.service import SageMaker
from local.services.service_quotas.applied import InstanceQuotas
from local.services.speech.engines import Engines
from local.services.task import CALLER, Arguments, StandIn, Table, TaskError
from local.services.transcribe.jobs import TranscriptionJobs
from local.services.translate import text_translation
from local.services.translate.jobs import TranslationJobs


class Tasks:
    """Answers the tasks that the emulator's Step Functions passes on."""

    def __init__(
        self, emulator: Emulator, folder: Path, instance_quotas: Mapping[str, int] | None = None
    ) -> None:
        """`folder` is the workspace's; without `instance_quotas`, Service Quotas is asked."""
        self.quotas = Quotas()
        self._instance_quotas = (
            InstanceQuotas(emulator) if instance_quotas is None else instance_quotas
        )
        self._admission = threading.Lock()
        self._sagemaker = SageMaker(emulator, folder)
        self._targets = ScalableTargets()
        self.speech = Engines(folder)
        self._transcriptions = TranscriptionJobs(emulator, self.speech, folder)
        self._table: Table = {
            **workflow_queries.table(emulator),
            **objects.table(emulator),
            **metrics.table(emulator),
            **TranslationJobs(emulator).table(),
            **text_translation.table(self.quotas),
            **detection.table(self.quotas, TextEngine(folder)),
            **self._targets.table(),
            **self._transcriptions.table(),
            **SynthesisTasks(emulator, self.speech, folder).table(),
            **self._sagemaker.table(),
        }

    def answer(self, resource: str, arguments: Arguments, role_arn: str = "") -> object:
        """The result of one task, which runs under a role. Raises TaskError."""
        CALLER.set(role_arn)
        operation = operation_of(resource)
        if operation is None:
            raise TaskError("States.Runtime", f"{resource} has no stand-in in the local AWS")
        with ExitStack() as in_use:
            # One at a time: two jobs must not both take the last instance of a quota.
            with self._admission:
                door.check(resource, arguments, self._state())
                in_use.enter_context(self._sagemaker.instances_in_use(operation, arguments))
            return self._answer(operation, arguments)

    def _answer(self, operation: Operation, arguments: Arguments) -> object:
        stand_in = self.stand_in(operation)
        if stand_in is None:
            raise TaskError("States.Runtime", f"{operation.id} has no stand-in")
        try:
            return stand_in(arguments)
        except ClientError as error:
            raise TaskError(*_refusal(operation, error)) from error
        except (LocalError, Boto3Error) as error:
            # A job that fails, e.g. because its role may not read the data, fails its task.
            raise TaskError("States.TaskFailed", str(error)) from error

    def stand_in(self, operation: Operation) -> StandIn | None:
        """What answers an operation, if anything does."""
        name = f"{operation.name[0].lower()}{operation.name[1:]}"
        return self._table.get(f"{operation.task_service}:{name}")

    def take_events(self) -> list[Arguments]:
        """The events for the default bus since the last call."""
        return self._sagemaker.registry.take_events()

    def _state(self) -> Mapping[str, Any]:
        """What the rules may ask about."""
        return {
            **self._sagemaker.state(),
            "instance_quotas": self._instance_quotas,
            "scalable_targets": self._targets.by_resource,
            "transcription_jobs": self._transcriptions.by_name,
        }


def _refusal(operation: Operation, error: ClientError) -> tuple[str, str]:
    """Error and cause: a job's own failure fails its task, any other keeps the service's code."""
    if operation.waits:
        return "States.TaskFailed", str(error)
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    return error_name(operation, code), door.cause(operation, code, message)
