"""The adapter: a custom resource of CloudFormation that is complete when the vocabulary is."""

from typing import TYPE_CHECKING, Any

import boto3
from crhelper import CfnResource

from .settings import Settings
from .waiting import wait_until_ready, wait_until_settled

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_transcribe import TranscribeServiceClient

SETTINGS = Settings.from_environment()
# Ten seconds each: 13 of the function's 15 minutes.
ATTEMPTS = 78
transcribe: "TranscribeServiceClient" = boto3.client("transcribe")
# crhelper answers CloudFormation, also when the function fails or its time runs out.
resource = CfnResource(json_logging=True, log_level="INFO", sleep_on_delete=0)


def handler(event: dict[str, Any], context: "LambdaContext") -> None:
    """Answer CloudFormation's request when the vocabulary may be used, or deleted."""
    resource(event, context)


@resource.create
@resource.update
def created(event: dict[str, Any], context: "LambdaContext") -> str:  # noqa: ARG001  # crhelper's signature
    """Returns the physical id of the custom resource: the name of the vocabulary."""
    wait_until_ready(transcribe, SETTINGS.vocabulary_name, ATTEMPTS)
    return SETTINGS.vocabulary_name


@resource.delete
def deleted(event: dict[str, Any], context: "LambdaContext") -> None:  # noqa: ARG001  # crhelper's signature
    """CloudFormation deletes the vocabulary after this resource: not while it is being built."""
    wait_until_settled(transcribe, SETTINGS.vocabulary_name, ATTEMPTS)
