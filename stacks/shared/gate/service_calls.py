"""What a task calls: the operation in the service's model, and the IAM action that it needs.

The models are botocore's. Step Functions spells services as the AWS SDK for Java does, operations
with a small first letter, and members of a request with a capital one:
docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html, read on 2026-11-28.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import Loader

from stacks.shared.gate import rights

_RESOURCE = re.compile(
    r"arn:(?:[\w-]+|\$\{AWS::Partition\}):states:::(?P<sdk>aws-sdk:)?(?P<service>[\w-]+):(?P<api>\w+)(?P<pattern>[.\w:]*)"
)
# Where a service's folder in botocore is not its name there without hyphens.
_FOLDERS = {
    "applicationdiscovery": "discovery", "cloudwatchlogs": "logs", "config": "config",
    "cognitoidentityprovider": "cognito-idp", "costandusagereport": "cur", "costexplorer": "ce",
    "databasemigration": "dms", "directory": "ds", "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2", "elasticsearch": "es", "eventbridge": "events",
    "iotdataplane": "iot-data", "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuilding": "lex-models", "lexmodelsv2": "lexv2-models", "lexruntime": "lex-runtime",
    "lexruntimev2": "lexv2-runtime", "migrationhub": "mgh", "pinpointsmsvoice": "sms-voice",
    "sfn": "stepfunctions", "states": "stepfunctions", "elasticmapreduce": "emr",
}  # fmt: skip
# Optimised integrations, and those of them that are no operation of an AWS API:
# docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html, read on 2026-11-28.
_OPTIMISED = {
    "apigateway", "athena", "batch", "bedrock", "codebuild", "databrew", "dynamodb", "ecs", "eks",
    "elasticmapreduce", "emr-containers", "emr-serverless", "events", "glue", "http", "lambda",
    "mediaconvert", "sagemaker", "sns", "sqs", "states",
}  # fmt: skip
_NO_API = {"apigateway", "eks", "http", "elasticmapreduce"}
# An operation's action has its name, except for these.
_ACTIONS = {
    "lambda:Invoke": ("lambda:InvokeFunction",),
    "s3:CopyObject": ("s3:GetObject", "s3:PutObject"),
    "s3:CreateMultipartUpload": ("s3:PutObject",),
    "s3:DeleteObjects": ("s3:DeleteObject",),
    "s3:HeadBucket": ("s3:ListBucket",),
    "s3:HeadObject": ("s3:GetObject",),
    "s3:ListBuckets": ("s3:ListAllMyBuckets",),
    "s3:ListObjects": ("s3:ListBucket",),
    "s3:ListObjectsV2": ("s3:ListBucket",),
    "s3:UploadPart": ("s3:PutObject",),
}
_PREFIXES = {"stepfunctions": "states", "cloudwatch": "cloudwatch"}
_FROM_ALL = Loader()


class Call(NamedTuple):
    """A task's `Resource`, taken apart."""

    service: str
    api: str
    """The operation, with a capital: `GetObject`."""
    sdk: bool
    pattern: str
    """`.sync`, `.sync:2`, `.waitForTaskToken` or nothing."""


def call_of(resource: str) -> Call | None:
    """The call that a `Resource` names, None if it is a function's or an activity's ARN."""
    if match := _RESOURCE.fullmatch(resource):
        api = match["api"]
        return Call(
            match["service"], api[0].upper() + api[1:], bool(match["sdk"]), match["pattern"]
        )
    return None


def complaint(call: Call, arguments: Any) -> str | None:
    """Why Step Functions would refuse a call with such arguments, if it would."""
    if not call.sdk and call.service not in _OPTIMISED:
        return f"Step Functions has no integration {call.service}: use aws-sdk:{call.service}"
    if call.sdk and call.pattern.startswith(".sync"):
        return (
            "an aws-sdk integration does not wait for a job (.sync): poll, or use an optimised one"
        )
    if not call.sdk and call.service in _NO_API:
        return None
    model = _model(call.service)
    if model is None:
        return f"no service is named {call.service}"
    operation = model["operations"].get(call.api)
    if operation is None:
        return f"{call.service} has no operation {call.api}"
    shape = model["shapes"].get(operation.get("input", {}).get("shape"), {})
    return _of_members(shape, arguments, optimised=not call.sdk)


def actions_of(call: Call) -> tuple[str, ...]:
    """The IAM actions that a call needs under its own name; none if this is not known."""
    model = _model(call.service)
    if model is None or (not call.sdk and call.service in _NO_API):
        return ()
    folder, metadata = _folder(call.service), model["metadata"]
    for prefix in (
        _PREFIXES.get(folder, folder),
        metadata.get("signingName", ""),
        metadata["endpointPrefix"],
    ):
        action = f"{prefix}:{call.api}"
        if action in _ACTIONS:
            return _ACTIONS[action]
        if prefix and rights.exists(action):
            return (action,)
    return ()


def _of_members(shape: Mapping[str, Any], arguments: Any, *, optimised: bool) -> str | None:
    if not isinstance(arguments, Mapping):
        return None  # an expression; its value is known at run time only
    members = {_capital(name): name for name in shape.get("members", {})}
    names = {_capital(name.removesuffix(".$")) for name in arguments}
    if unknown := sorted(names - set(members)):
        return f"the operation takes no {', '.join(unknown)}"
    missing = sorted({_capital(name) for name in shape.get("required", [])} - names)
    if missing and not optimised:
        return f"the operation needs {', '.join(missing)}"
    return None


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


@cache
def _folder(service: str) -> str:
    if service in _FOLDERS:
        return _FOLDERS[service]
    folders = {
        name.replace("-", ""): name for name in _FROM_ALL.list_available_services("service-2")
    }
    return folders.get(service.replace("-", ""), service)


@cache
def _model(service: str) -> dict[str, Any] | None:
    try:
        model: dict[str, Any] = _FROM_ALL.load_service_model(_folder(service), "service-2")
    except (DataNotFoundError, UnknownServiceError):
        return None
    return model
