"""ministack, with some of its gaps mended; runs in the virtual environment `.venv-local`.

Each gap is shown by a test of its own in `tests/local/runtime/test_emulator_gaps.py`:

- Firehose: it delivers each record alone, under no role, without source backup and without error
  prefix. Its fan-out from Kinesis is switched off; `services/firehose/delivery.py` delivers instead, and is
  told of the backup, which the description leaves out.
- Athena: it reads every file under a table's location. Partitions are where the catalogue says.
- KMS: CloudFormation leaves the encryption of buckets and streams out, and nobody is asked for the
  right to use their key. AWS asks the caller of S3 and Kinesis, so these do here, too.
- Logs: it checks PutLogEvents on the group. AWS checks it on the stream.
- STS: a service that assumes a role does so on behalf of an account, which trust policies ask for.
- CloudWatch: it does not tell policies the namespace that metrics are put into.
- VPC: it has no network, so nobody comes through a VPC endpoint. What stands for a job inside the
  VPC says by a header through which endpoint it came, and policies are told.
- SageMaker: it has none. InvokeEndpoint is checked here, and the tasks of workflows are passed on:
  `local/services/tasks.py` does both, and S3's GetObject for workflows, which is missing, too.
- Step Functions: a Distributed Map knows JSONPath alone. In JSONata it runs as an inline one. A
  nested execution that failed raises the error of its own; AWS raises States.TaskFailed, with the
  description of the execution as the cause.
"""

import asyncio
import json
import os
import re
import shutil
import tempfile
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import requests
from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_actions import access_denied_response
from ministack.core.iam_evaluator import AuthError, enforce
from ministack.core.responses import get_account_id, new_uuid
from ministack.core.router import extract_access_key_id, extract_region
from ministack.services import athena, eventbridge, firehose, glue, kinesis, s3, stepfunctions
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

_KINESIS_USES_OF_KEY = {
    "PutRecord": "kms:GenerateDataKey",
    "PutRecords": "kms:GenerateDataKey",
    "GetRecords": "kms:Decrypt",
}
_S3_USES_OF_KEY = {
    "PUT": "kms:GenerateDataKey",
    "POST": "kms:GenerateDataKey",
    "GET": "kms:Decrypt",
}


def no_fan_out(stream_arn: str, records: list[Any]) -> None:
    """Leave delivery to `local/services/firehose/delivery.py`."""


def destination_with_backup(destination: dict[str, Any]) -> dict[str, Any]:
    """The description of a destination, its source backup included."""
    description: dict[str, Any] = _original_description(destination)
    if backup := destination["config"].get("S3BackupConfiguration"):
        description["ExtendedS3DestinationDescription"]["S3BackupDescription"] = backup
    return description


def table_files(location: str, workdirs: list[str]) -> list[str]:
    """Copy a table's files where DuckDB can read them: of its partitions, if it has registered any.

    Same contract as ministack's `_materialize_table_files`.
    """
    table = next(
        (
            name
            for name, table in glue._tables.items()
            if table.get("StorageDescriptor", {}).get("Location") == location
        ),
        None,
    )
    partitions = glue._partitions.get(table, []) if table else []
    if not partitions:
        return list(_original_table_files(location, workdirs))
    keys = [key["Name"] for key in glue._tables[table]["PartitionKeys"]]
    root = Path(tempfile.mkdtemp(prefix="athena-"))
    workdirs.append(str(root))
    files: list[Any] = []
    for partition in partitions:
        folder = root.joinpath(*map("=".join, zip(keys, partition["Values"], strict=True)))
        scratch: list[str] = []
        for file in _original_table_files(partition["StorageDescriptor"]["Location"], scratch):
            folder.mkdir(parents=True, exist_ok=True)
            files.append(shutil.move(file, folder / f"{len(files)}-{Path(file).name}"))
        for directory in scratch:
            shutil.rmtree(directory)
    return [str(file) for file in files]


def create_encrypted_bucket(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
    """CloudFormation's AWS::S3::Bucket, with its encryption."""
    name, attributes = _original_bucket(logical_id, properties, stack)
    rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    for rule in rules:
        default = rule["ServerSideEncryptionByDefault"]
        if key := default.get("KMSMasterKeyID"):  # without one it is AWS's own, free for all
            s3._bucket_encryption[name] = _ENCRYPTION.format(default["SSEAlgorithm"], key)
    return name, attributes


def create_encrypted_stream(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
    """CloudFormation's AWS::Kinesis::Stream, with its encryption."""
    name, attributes = _original_stream(logical_id, properties, stack)
    if encryption := properties.get("StreamEncryption"):
        kinesis._streams[name].update(EncryptionType="KMS", KeyId=encryption["KeyId"])
    return name, attributes


async def s3_with_key(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], **rest: Any
) -> Any:
    """S3, after asking whether the caller may use the bucket's key."""
    bucket, _, key = path.lstrip("/").partition("/")
    uses_key = _S3_USES_OF_KEY.get(method)
    if key and uses_key and not rest.get("internal") and not set(query) & {"tagging", "acl"}:
        settings = s3._bucket_default_sse_headers(bucket)
        key_arn = settings.get("x-amz-server-side-encryption-aws-kms-key-id", "")
        if denied := _key_denied("s3", uses_key, key_arn, headers, query):
            return denied
    return await _original_s3(method, path, headers, body, query, **rest)


async def kinesis_with_key(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> Any:
    """Kinesis, after asking whether the caller may use the stream's key."""
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    if uses_key := _KINESIS_USES_OF_KEY.get(action):
        request = json.loads(body) if "json" in headers.get("content-type", "") else {}
        for stream in kinesis._streams.values():
            named = {stream["StreamName"], stream["StreamARN"]}
            if named & {request.get("StreamName"), request.get("StreamARN")} or not request:
                denied = _key_denied("kinesis", uses_key, stream.get("KeyId", ""), headers, query)
                if denied:
                    return denied
    return await _original_kinesis(method, path, headers, body, query)


def trusts_on_behalf_of(trust: Any, caller: str, context: Any = None) -> bool:
    """Whether a trust policy admits the caller; a service call names its account."""
    if context and caller.endswith(":root"):
        context.service_context["aws:sourceaccount"] = get_account_id()
    return bool(_original_trust(trust, caller, context))


def resource_of(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
    """The resource that a request is checked on; for log events it is the stream."""
    arn = str(_original_resource(service, method, path, headers, body, *rest))
    if service in ("cloudwatch", "monitoring"):
        # The name stands in whichever of CloudWatch's three protocols the SDK speaks.
        found = _NAMESPACE.search(body or b"")
        _metric_namespace.set(found[1].decode() if found else "")
    if headers.get("x-amz-target", "").endswith(".PutLogEvents"):
        arn += f":log-stream:{json.loads(body)['logStreamName']}"
    return arn


def remember_endpoint(headers: dict[str, str], query: dict[str, Any] | None = None) -> None:
    """Remember through which VPC endpoint a request came."""
    _vpc_endpoint.set(headers.get(VPC_ENDPOINT_HEADER, ""))
    _original_pin(headers, query)


def condition_key(key: str, context: Any) -> Any:
    """The value of a condition key, the VPC endpoint's included."""
    if key.lower() == "cloudwatch:namespace":
        return _metric_namespace.get() or None
    if key.lower() == "aws:sourcevpce":
        return _vpc_endpoint.get() or None
    return _original_condition_key(key, context)


def service_of(method: str, path: str, headers: dict[str, str], query: dict[str, Any]) -> str:
    """The service that a request is for."""
    if _INVOCATION.match(path) and "/sagemaker/" in headers.get("authorization", ""):
        return "sagemaker-runtime"
    return str(_original_service(method, path, headers, query))


async def invoke_endpoint(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> Any:
    """SageMaker Runtime: ask for the right to invoke, then let the endpoint answer."""
    action, region = "sagemaker:InvokeEndpoint", extract_region(headers, query)
    name = _INVOCATION.match(path)[1]  # type: ignore[index]  # it is why we are here
    arn = f"arn:aws:sagemaker:{region}:{get_account_id()}:endpoint/{name}"
    caller = extract_access_key_id(headers, query)
    denied = enforce(caller, action, "sagemaker", region, resource_arn=arn)
    if denied is not None and not isinstance(denied, AuthError):
        message = f"not authorized to perform: {action} on resource: {arn}"
        error = {"Message": message, "__type": "AccessDeniedException"}
        return 403, {"x-amzn-errortype": "AccessDeniedException"}, json.dumps(error).encode()
    passed = {key: value for key, value in headers.items() if key not in _OF_THE_CONNECTION}
    url = f"http://127.0.0.1:{os.environ['LOCAL_ENDPOINT_PORT']}{path}"
    answer = await asyncio.to_thread(
        requests.request, method, url, headers=passed, data=body, timeout=65
    )
    kept = {k.lower(): v for k, v in answer.headers.items() if k.lower() not in _OF_THE_CONNECTION}
    return answer.status_code, kept, answer.content


def sagemaker_task(resource: str, arguments: dict[str, Any]) -> Any:
    """A task of Step Functions; those of SageMaker and of what serves it run for real."""
    if not _SANDBOX_TASK.match(resource):
        return _original_task(resource, arguments)
    url = f"http://127.0.0.1:{os.environ['LOCAL_ENDPOINT_PORT']}/tasks"
    task = {**_running.get(), "resource": resource, "arguments": arguments}
    said = requests.post(url, json=task, timeout=3600).json()
    if "error" in said:
        raise stepfunctions._ExecutionError(said["error"], said["cause"])
    # What SageMaker tells the default bus: events of AWS are no user's to put there.
    if said["events"]:
        eventbridge._put_events({"Entries": said["events"]}, allow_aws_source=True)
    return said["result"]


def distributed_map(
    state: dict[str, Any],
    given: Any,
    _effective: Any,
    processor: dict[str, Any],
    execution: dict[str, Any],
    context: dict[str, Any],
) -> Any:
    """Step Functions' Distributed Map of a state in JSONata, its children run as inline ones are.

    That children see no variables from outside is for `tests/step_functions` to hold them to.
    """
    inline = {**processor, "ProcessorConfig": {"Mode": "INLINE"}}
    return stepfunctions._run_map_items(
        {**state, "ItemProcessor": inline}, given, execution, context
    )


def mock_response(machine: str, test_case: str, state: str, attempt: int) -> Any:
    """The answer of a mocked state; the mocks' file knows a generated name by its beginning."""
    known = stepfunctions._sfn_mock_config.get("StateMachines", {})
    named = next((name for name in known if machine.startswith(name)), machine)
    return _original_mock(named, test_case, state, attempt)


def execute_task(
    state: dict[str, Any], given: Any, execution: dict[str, Any], context: dict[str, Any]
) -> Any:
    """Step Functions' Task state, which remembers its names for whoever runs the task."""
    _running.set({"state": context["State"]["Name"], "execution": execution["name"]})
    _test_case.set(execution["testCase"])
    return _original_execute_task(state, given, execution, context)


def nested_execution(_resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """`states:startExecution.sync:2`, with AWS's error; mocked cases hold for nested executions."""
    request = stepfunctions._nested_start_execution_request(arguments)
    if case := _test_case.get():
        request["stateMachineArn"] += f"#{case}"
    status, _, body = stepfunctions._start_sync_execution(request)
    answer = json.loads(body)
    if status >= 400:
        raise stepfunctions._ExecutionError(f"StepFunctions.{answer['__type']}", answer["message"])
    execution = {name[0].upper() + name[1:]: value for name, value in answer.items()}
    if execution["Status"] != "SUCCEEDED":
        raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(execution))
    return {**execution, "Output": json.loads(execution["Output"])}


def _key_denied(
    service: str, action: str, key: str, headers: dict[str, str], query: dict[str, Any]
) -> Any:
    if not key:
        return None
    region = extract_region(headers, query)
    arn = key if key.startswith("arn:") else f"arn:aws:kms:{region}:{get_account_id()}:key/{key}"
    context = {"kms:viaservice": f"{service}.{region}.amazonaws.com"}
    caller = extract_access_key_id(headers, query)
    denied = enforce(caller, action, "kms", region, resource_arn=arn, service_context=context)
    if denied is None or isinstance(denied, AuthError):
        return None  # bad credentials are the service's own business
    message = (
        f"User: {denied.principal_arn} is not authorized to perform: {action} on resource: {arn}"
    )
    return access_denied_response(
        service, action, denied.principal_arn, new_uuid(), headers=headers, message=message
    )


VPC_ENDPOINT_HEADER = "x-sandbox-vpc-endpoint"
_metric_namespace: ContextVar[str] = ContextVar("metric_namespace", default="")
# `"Namespace": "X"`, `Namespace=X`, and in CBOR the key, a length and X.
_NAMESPACE = re.compile(rb"Namespace(?:\"\s*:\s*\"|=|[\x60-\x77]|\x78.)([\w./-]+)", re.DOTALL)
_vpc_endpoint: ContextVar[str] = ContextVar("vpc_endpoint", default="")
_INVOCATION = re.compile(r"^/endpoints/([^/]+)/invocations$")
_running: ContextVar[dict[str, str]] = ContextVar("running")
_test_case: ContextVar[str] = ContextVar("test_case", default="")
_OURS = (
    r"sagemaker|applicationautoscaling|athena:startQueryExecution|s3:(get|put|head)Object$"
    r"|translate|comprehend"
)
# Tests of the workflows' errors answer all tasks themselves.
_SANDBOX_TASK = re.compile(
    rf"^arn:aws:states:::(aws-sdk:)?({os.environ.get('SANDBOX_TASKS', _OURS)})"
)
_OF_THE_CONNECTION = {"host", "content-length", "transfer-encoding", "connection", "expect"}
_ENCRYPTION = (
    "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
    "<SSEAlgorithm>{}</SSEAlgorithm><KMSMasterKeyID>{}</KMSMasterKeyID>"
    "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
)
_original_bucket = _RESOURCE_HANDLERS["AWS::S3::Bucket"]["create"]
_original_stream = _RESOURCE_HANDLERS["AWS::Kinesis::Stream"]["create"]
_original_description = firehose._dest_description
_original_table_files = athena._materialize_table_files
_original_s3 = s3.handle_request
_original_kinesis = kinesis.handle_request
_original_resource = iam_actions.extract_resource_arn
_original_trust = iam_evaluator.evaluate_trust_policy
_original_pin = iam_evaluator.pin_request_caller
_original_condition_key = iam_evaluator._resolve_condition_key
_original_service = app.detect_service
_original_task = stepfunctions._invoke_resource
_original_execute_task = stepfunctions._execute_task
_original_mock = stepfunctions._get_mock_response

if __name__ == "__main__":
    if os.environ.get("MINISTACK_UNMENDED") != "1":  # the tests of the gaps want it as it is
        firehose.ingest_from_kinesis_source = no_fan_out
        firehose._dest_description = destination_with_backup
        athena._materialize_table_files = table_files
        _RESOURCE_HANDLERS["AWS::S3::Bucket"]["create"] = create_encrypted_bucket
        _RESOURCE_HANDLERS["AWS::Kinesis::Stream"]["create"] = create_encrypted_stream
        s3.handle_request = s3_with_key
        kinesis.handle_request = kinesis_with_key
        iam_actions.extract_resource_arn = resource_of
        iam_evaluator.evaluate_trust_policy = trusts_on_behalf_of
        iam_evaluator.pin_request_caller = remember_endpoint
        iam_evaluator._resolve_condition_key = condition_key
        app.detect_service = service_of
        stepfunctions._invoke_resource = sagemaker_task
        stepfunctions._execute_task = execute_task
        stepfunctions._invoke_nested_start_execution_sync = nested_execution
        stepfunctions._run_distributed_map = distributed_map
        stepfunctions._get_mock_response = mock_response
        app.SERVICE_HANDLERS["sagemaker-runtime"] = invoke_endpoint
    # It would also take port 443, where that is free to take.
    app._port_is_bindable = lambda *_: False
    app.main()
