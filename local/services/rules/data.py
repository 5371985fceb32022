"""S3, DynamoDB, Glue, Athena, Lambda, KMS, CloudWatch and Step Functions: sizes and exclusions."""

import re
from typing import Any

from local.services.rules.rule import API_READ, Rule, State, api
from local.services.task import Arguments

_S3 = "AmazonS3/latest/userguide"
_DYNAMODB = "amazondynamodb/latest/developerguide"
_NAME = re.compile(r"#\w+")
_VALUE = re.compile(r":\w+")
_STATES_CHARACTERS = set(' \t\n<>{}[]?*"#%\\^|~`$&,;:/')
_MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:machine"
_KEY = "arn:aws:kms:us-east-1:000000000000:key/1"


def _update(**changes: Any) -> Arguments:
    return {
        "TableName": "table",
        "Key": {"id": {"S": "1"}},
        "UpdateExpression": "SET #status = :status",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {":status": {"S": "done"}},
        **changes,
    }


def _expressions(request: Arguments) -> str:
    return " ".join(str(text) for name, text in request.items() if name.endswith("Expression"))


def _placeholders(request: Arguments, pattern: re.Pattern[str], member: str) -> bool:
    """Whether placeholders are used and not defined, or defined and not used."""
    return set(pattern.findall(_expressions(request))) != set(request.get(member, {}))


def _item_size(value: Any) -> int:
    """The bytes of names and values, as DynamoDB counts them, nearly."""
    if isinstance(value, dict):
        return sum(len(name.encode()) + _item_size(item) for name, item in value.items())
    if isinstance(value, list):
        return sum(map(_item_size, value))
    return len(value if isinstance(value, bytes) else str(value).encode())


def _job(**changes: Any) -> Arguments:
    return {
        "Name": "job",
        "Role": "arn:aws:iam::000000000000:role/job",
        "Command": {"Name": "glueetl", "ScriptLocation": "s3://code/job.py"},
        "GlueVersion": "5.1",
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
        **changes,
    }


def _wrong_flex(request: Arguments, _: State) -> bool:
    return request.get("ExecutionClass") == "FLEX" and (
        request["Command"].get("Name") != "glueetl"
        or request.get("WorkerType") not in ("G.1X", "G.2X")
        or request.get("GlueVersion", "0.9") < "3.0"
    )


def _metric(**changes: Any) -> Arguments:
    datum = {"MetricName": "Waiting", "Value": 1.0, **changes}
    return {"Namespace": "LanguageChain", "MetricData": [datum]}


def _mapping(**changes: Any) -> Arguments:
    queue = "arn:aws:sqs:us-east-1:000000000000:queue"
    return {"EventSourceArn": queue, "FunctionName": "function", **changes}


def _large_batch(request: Arguments, _: State) -> bool:
    sqs = ":sqs:" in request.get("EventSourceArn", "")
    return (
        sqs
        and request.get("BatchSize", 10) > 10
        and not request.get("MaximumBatchingWindowInSeconds")
    )


_TAG = "AWS_REGION"
_RESERVED = {
    _TAG,
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_LAMBDA_FUNCTION_NAME",
    "_HANDLER",
}


def _variables(**variables: str) -> Arguments:
    return {"FunctionName": "function", "Environment": {"Variables": variables}}


def _environment(request: Arguments) -> dict[str, str]:
    variables: dict[str, str] = request.get("Environment", {}).get("Variables", {})
    return variables


RULES = [
    Rule(
        id="key-length",
        operations=("s3:PutObject", "s3:GetObject", "s3:HeadObject", "s3:CopyObject"),
        says="A key has at most 1,024 bytes in UTF-8.",
        breaks=lambda request, _: len(request["Key"].encode()) > 1024,
        error="KeyTooLongError",
        message="Your key is too long",
        source=api(_S3, "object-keys"),
        refused={"Bucket": "bucket", "Key": "ü" * 513, "Body": ""},
        accepted={"Bucket": "bucket", "Key": "ü" * 512, "Body": ""},
    ),
    Rule(
        id="metadata-size",
        operations=("s3:PutObject", "s3:CopyObject"),
        says="The metadata of an object that users define have at most 2 KB.",
        breaks=lambda request, _: _item_size(request.get("Metadata", {})) > 2048,
        error="MetadataTooLarge",
        message="Your metadata headers exceed the maximum allowed metadata size",
        source=api(_S3, "UsingMetadata"),
        read=API_READ,
        refused={"Bucket": "bucket", "Key": "k", "Metadata": {"note": "x" * 2048}},
        accepted={"Bucket": "bucket", "Key": "k", "Metadata": {"note": "x" * 2000}},
    ),
    Rule(
        id="copy-to-itself",
        operations=("s3:CopyObject",),
        says="A copy onto itself changes something.",
        breaks=lambda request, _: (
            request["CopySource"] == f"{request['Bucket']}/{request['Key']}"
            and not {"MetadataDirective", "StorageClass", "ServerSideEncryption"} & set(request)
        ),
        error="InvalidRequest",
        message="This copy request is illegal because it is trying to copy an object to itself"
        " without changing the object's metadata, storage class, website redirect location or"
        " encryption attributes.",
        source=api("AmazonS3/latest/API", "API_CopyObject"),
        refused={"Bucket": "bucket", "Key": "k", "CopySource": "bucket/k"},
        accepted={"Bucket": "bucket", "Key": "k", "CopySource": "bucket/another"},
    ),
    Rule(
        id="delete-count",
        operations=("s3:DeleteObjects",),
        says="At most 1,000 objects are deleted at once.",
        breaks=lambda request, _: len(request["Delete"]["Objects"]) > 1000,
        error="MalformedXML",
        message="The XML you provided was not well-formed or did not validate against our published"
        " schema",
        source=api("AmazonS3/latest/API", "API_DeleteObjects"),
        read=API_READ,
        refused={"Bucket": "bucket", "Delete": {"Objects": [{"Key": "k"}] * 1001}},
        accepted={"Bucket": "bucket", "Delete": {"Objects": [{"Key": "k"}] * 1000}},
    ),
    Rule(
        id="expression-names",
        operations=("dynamodb:UpdateItem",),
        says="Each name that an expression uses is defined, and each defined one is used.",
        breaks=lambda request, _: _placeholders(request, _NAME, "ExpressionAttributeNames"),
        error="ValidationException",
        message="An expression attribute name used in the document path is not defined, or a"
        " defined one is unused in expressions",
        source=api(_DYNAMODB, "Expressions.ExpressionAttributeNames"),
        refused=_update(ExpressionAttributeNames={"#status": "status", "#old": "old"}),
        accepted=_update(),
    ),
    Rule(
        id="expression-values",
        operations=("dynamodb:UpdateItem",),
        says="Each value that an expression uses is defined, and each defined one is used.",
        breaks=lambda request, _: _placeholders(request, _VALUE, "ExpressionAttributeValues"),
        error="ValidationException",
        message="An expression attribute value used in expression is not defined, or a defined one"
        " is unused in expressions",
        source=api(_DYNAMODB, "Expressions.ExpressionAttributeValues"),
        refused=_update(ExpressionAttributeValues={":other": {"S": "done"}}),
        accepted=_update(),
    ),
    Rule(
        id="expression-size",
        operations=("dynamodb:UpdateItem", "dynamodb:Query", "dynamodb:PutItem"),
        says="An expression has at most 4 KB.",
        breaks=lambda request, _: any(
            len(str(text).encode()) > 4096
            for name, text in request.items()
            if name.endswith("Expression")
        ),
        error="ValidationException",
        message="Invalid UpdateExpression: Expression size has exceeded the maximum allowed size",
        source=api(_DYNAMODB, "ServiceQuotas"),
        read=API_READ,
        refused=_update(UpdateExpression="SET #status = :status" + " " * 4096),
        accepted=_update(),
    ),
    Rule(
        id="item-size",
        operations=("dynamodb:PutItem", "dynamodb:UpdateItem"),
        says="An item has at most 400 KB, names included.",
        breaks=lambda request, _: (
            _item_size({**request.get("Item", {}), **request.get("ExpressionAttributeValues", {})})
            > 400 * 1024
        ),
        error="ValidationException",
        message="Item size has exceeded the maximum allowed size",
        source=api(_DYNAMODB, "ServiceQuotas"),
        refused={"TableName": "table", "Item": {"id": {"S": "x" * 409_700}}},
        accepted={"TableName": "table", "Item": {"id": {"S": "x" * 400_000}}},
    ),
    Rule(
        id="empty-key",
        operations=("dynamodb:UpdateItem", "dynamodb:GetItem", "dynamodb:DeleteItem"),
        says="A key is not empty.",
        breaks=lambda request, _: any(value.get("S") == "" for value in request["Key"].values()),
        error="ValidationException",
        message="One or more parameter values are not valid. The AttributeValue for a key attribute"
        " cannot contain an empty string value.",
        source=api(_DYNAMODB, "HowItWorks.NamingRulesDataTypes"),
        read=API_READ,
        refused=_update(Key={"id": {"S": ""}}),
        accepted=_update(),
    ),
    Rule(
        id="workers-or-capacity",
        operations=("glue:CreateJob", "glue:StartJobRun"),
        says="A job has workers or a capacity, not both.",
        breaks=lambda request, _: (
            "MaxCapacity" in request and bool({"WorkerType", "NumberOfWorkers"} & set(request))
        ),
        error="InvalidInputException",
        message="Please do not set Max Capacity if using Worker Type and Number of Workers.",
        source=api("glue/latest/webapi", "API_CreateJob"),
        read=API_READ,
        refused=_job(MaxCapacity=2.0),
        accepted=_job(),
    ),
    Rule(
        id="flex",
        operations=("glue:CreateJob",),
        says="Flexible execution is for Spark jobs of version 3.0 and later on G.1X and G.2X.",
        breaks=_wrong_flex,
        error="InvalidInputException",
        message="FLEX is supported for glueetl jobs of version 3.0 and later, on G.1X and G.2X.",
        source=api("glue/latest/dg", "add-job"),
        read=API_READ,
        refused=_job(ExecutionClass="FLEX", WorkerType="G.4X"),
        accepted=_job(ExecutionClass="FLEX"),
    ),
    Rule(
        id="query-place",
        operations=("athena:StartQueryExecution",),
        says="A query's result has a place: of the request, or of the work group.",
        breaks=lambda request, _: not {"WorkGroup", "ResultConfiguration"} & set(request),
        error="InvalidRequestException",
        message="No output location provided. An output location is required either through the"
        " Workgroup result configuration setting or as an API input.",
        source=api("athena/latest/APIReference", "API_StartQueryExecution"),
        read=API_READ,
        refused={"QueryString": "SELECT 1"},
        accepted={"QueryString": "SELECT 1", "WorkGroup": "lake"},
    ),
    Rule(
        id="payload-size",
        operations=("lambda:Invoke",),
        says="A function that is waited for takes at most 6 MB.",
        breaks=lambda request, _: len(str(request.get("Payload", "")).encode()) > 6 * 1024 * 1024,
        error="RequestTooLargeException",
        message="Request must be smaller than 6291456 bytes for the InvokeFunction operation",
        source=api("lambda/latest/dg", "gettingstarted-limits"),
        read=API_READ,
        refused={"FunctionName": "function", "Payload": "x" * (6 * 1024 * 1024 + 1)},
        accepted={"FunctionName": "function", "Payload": "{}"},
    ),
    Rule(
        id="reserved-variables",
        operations=("lambda:UpdateFunctionConfiguration", "lambda:CreateFunction"),
        says="Lambda sets some variables itself.",
        breaks=lambda request, _: bool(_RESERVED & set(_environment(request))),
        error="InvalidParameterValueException",
        message="Lambda was unable to configure your environment variables because the environment"
        " variables you have provided contains reserved keys that are currently not supported for"
        " modification.",
        source=api("lambda/latest/dg", "configuration-envvars"),
        refused=_variables(AWS_REGION="us-east-1"),
        accepted=_variables(TABLE="table"),
    ),
    Rule(
        id="variables-size",
        operations=("lambda:UpdateFunctionConfiguration", "lambda:CreateFunction"),
        says="All variables of a function have at most 4 KB.",
        breaks=lambda request, _: _item_size(_environment(request)) > 4096,
        error="InvalidParameterValueException",
        message="Lambda was unable to configure your environment variables because the environment"
        " variables you have provided exceeded the 4KB limit.",
        source=api("lambda/latest/dg", "gettingstarted-limits"),
        refused=_variables(TABLE="x" * 4096),
        accepted=_variables(TABLE="table"),
    ),
    Rule(
        id="queue-batch-window",
        operations=("lambda:CreateEventSourceMapping",),
        says="More than ten messages of a queue are collected within a window.",
        breaks=_large_batch,
        error="InvalidParameterValueException",
        message="Maximum batch window in seconds must be greater than 0 if maximum batch size is"
        " greater than 10",
        source=api("lambda/latest/dg", "services-sqs-configure"),
        read=API_READ,
        refused=_mapping(BatchSize=1000),
        accepted=_mapping(BatchSize=1000, MaximumBatchingWindowInSeconds=5),
    ),
    Rule(
        id="key-deletion",
        operations=("kms:ScheduleKeyDeletion",),
        says="A key waits 7 to 30 days for its deletion.",
        breaks=lambda request, _: not 7 <= request.get("PendingWindowInDays", 30) <= 30,
        error="ValidationException",
        message="PendingWindowInDays must be between 7 and 30.",
        source=api("kms/latest/APIReference", "API_ScheduleKeyDeletion"),
        read=API_READ,
        refused={"KeyId": _KEY, "PendingWindowInDays": 3},
        accepted={"KeyId": _KEY, "PendingWindowInDays": 7},
    ),
    Rule(
        id="data-key-size",
        operations=("kms:GenerateDataKey",),
        says="A data key has a specification or a length, one of the two.",
        breaks=lambda request, _: ("KeySpec" in request) == ("NumberOfBytes" in request),
        error="ValidationException",
        message="Please specify either number of bytes or key spec.",
        source=api("kms/latest/APIReference", "API_GenerateDataKey"),
        read=API_READ,
        refused={"KeyId": _KEY},
        accepted={"KeyId": _KEY, "KeySpec": "AES_256"},
    ),
    Rule(
        id="metric-namespace",
        operations=("cloudwatch:PutMetricData",),
        says="Namespaces that begin with AWS/ are those of the services.",
        breaks=lambda request, _: request["Namespace"].startswith("AWS/"),
        error="InvalidParameterValue",
        message="The value AWS/ for parameter Namespace is invalid.",
        source=api("AmazonCloudWatch/latest/APIReference", "API_PutMetricData"),
        refused={**_metric(), "Namespace": "AWS/SQS"},
        accepted=_metric(),
    ),
    Rule(
        id="metric-resolution",
        operations=("cloudwatch:PutMetricData",),
        says="A metric is kept by the second or by the minute.",
        breaks=lambda request, _: any(
            datum.get("StorageResolution", 60) not in (1, 60)
            for datum in request.get("MetricData", [])
        ),
        error="InvalidParameterValue",
        message="The value for parameter StorageResolution must be 1 or 60.",
        source=api("AmazonCloudWatch/latest/APIReference", "API_MetricDatum"),
        read=API_READ,
        refused=_metric(StorageResolution=30),
        accepted=_metric(StorageResolution=1),
    ),
    Rule(
        id="execution-name",
        operations=("stepfunctions:StartExecution",),
        says="A name holds no blank, bracket, wildcard or special character.",
        breaks=lambda request, _: bool(_STATES_CHARACTERS & set(request.get("name", ""))),
        error="InvalidName",
        message="Invalid Name",
        source=api("step-functions/latest/apireference", "API_StartExecution"),
        read=API_READ,
        refused={"stateMachineArn": _MACHINE, "name": "letters 2026"},
        accepted={"stateMachineArn": _MACHINE, "name": "letters_2026"},
    ),
    Rule(
        id="execution-input",
        operations=("stepfunctions:StartExecution", "stepfunctions:StartSyncExecution"),
        says="An input has at most 256 KiB in UTF-8.",
        breaks=lambda request, _: len(request.get("input", "").encode()) > 262_144,
        error="InvalidExecutionInput",
        message="Invalid execution input: the size exceeds 262144 bytes",
        source=api("step-functions/latest/dg", "service-quotas"),
        refused={"stateMachineArn": _MACHINE, "input": '"' + "ü" * 131_072 + '"'},
        accepted={"stateMachineArn": _MACHINE, "input": "{}"},
    ),
]
