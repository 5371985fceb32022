"""ministack's CloudFormation leaves out keys of what it creates, and no call needs them.

On AWS, S3 and Kinesis ask their caller for the permission to use the key. Here they ask for
kms:GenerateDataKey on a write and for kms:Decrypt on a read, of the key that the bucket or stream
is encrypted under. The keys of tables, topics and queues are asked for where services act for a
role (`local/services/iam`), and not of requests from outside; those of log groups are not.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core.iam_actions import access_denied_response
from ministack.core.iam_evaluator import AuthError, enforce
from ministack.core.responses import get_account_id, new_uuid
from ministack.core.router import extract_access_key_id, extract_region
from ministack.services import dynamodb, kinesis, s3, sns
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

from local.runtime.wrapping import wrap

LENIENT = [
    (
        "Keys of tables, topics, queues and log groups are not asked for from outside.",
        "ministack's services do not call KMS.",
    ),
]

_Original = Callable[..., Any]
_Headers = dict[str, str]
_KINESIS_ACTIONS = {
    "PutRecord": "kms:GenerateDataKey",
    "PutRecords": "kms:GenerateDataKey",
    "GetRecords": "kms:Decrypt",
}
_S3_ACTIONS = {
    "PUT": "kms:GenerateDataKey",
    "POST": "kms:GenerateDataKey",
    "GET": "kms:Decrypt",
}
_ENCRYPTION = (
    "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
    "<SSEAlgorithm>{}</SSEAlgorithm><KMSMasterKeyID>{}</KMSMasterKeyID>"
    "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
)


def close() -> None:
    """Keep the encryption that a template asks for, and check the caller's use of the key."""
    for resource_type, create in (
        ("AWS::S3::Bucket", _create_bucket),
        ("AWS::Kinesis::Stream", _create_stream),
        ("AWS::DynamoDB::Table", _create_table),
        ("AWS::SNS::Topic", _create_topic),
    ):
        handler = _RESOURCE_HANDLERS[resource_type]
        handler["create"] = _with_original(create, handler["create"])
    wrap(s3, "handle_request", _s3_with_key)
    wrap(kinesis, "handle_request", _kinesis_with_key)


def _with_original(create: _Original, original: _Original) -> _Original:
    return lambda *arguments: create(original, *arguments)


def _create_bucket(
    original: _Original, logical_id: str, properties: dict[str, Any], stack: str
) -> Any:
    name, attributes = original(logical_id, properties, stack)
    rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    for rule in rules:
        default = rule["ServerSideEncryptionByDefault"]
        if key := default.get("KMSMasterKeyID"):  # none: an AWS key, which everybody may use
            s3._bucket_encryption[name] = _ENCRYPTION.format(default["SSEAlgorithm"], key)
    return name, attributes


def _create_stream(
    original: _Original, logical_id: str, properties: dict[str, Any], stack: str
) -> Any:
    name, attributes = original(logical_id, properties, stack)
    if encryption := properties.get("StreamEncryption"):
        kinesis._streams[name].update(EncryptionType="KMS", KeyId=encryption["KeyId"])
    return name, attributes


def _create_table(
    original: _Original, logical_id: str, properties: dict[str, Any], stack: str
) -> Any:
    name, attributes = original(logical_id, properties, stack)
    if key := properties.get("SSESpecification", {}).get("KMSMasterKeyId"):
        dynamodb._tables[name]["SSEDescription"] = {
            "Status": "ENABLED",
            "SSEType": "KMS",
            "KMSMasterKeyArn": key,
        }
    return name, attributes


def _create_topic(
    original: _Original, logical_id: str, properties: dict[str, Any], stack: str
) -> Any:
    topic_arn, attributes = original(logical_id, properties, stack)
    if key := properties.get("KmsMasterKeyId"):
        sns._topics[topic_arn]["attributes"]["KmsMasterKeyId"] = key
    return topic_arn, attributes


async def _s3_with_key(original: _Original, *request: Any, **options: Any) -> Any:
    method, path, headers, _, query = request
    bucket, _, key = path.lstrip("/").partition("/")
    action = _S3_ACTIONS.get(method)
    if key and action and not options.get("internal") and not set(query) & {"tagging", "acl"}:
        defaults = s3._bucket_default_sse_headers(bucket)
        key_arn = defaults.get("x-amz-server-side-encryption-aws-kms-key-id", "")
        if denied := _denied("s3", action, key_arn, headers, query):
            return denied
    return await original(*request, **options)


async def _kinesis_with_key(original: _Original, *request: Any) -> Any:
    _, _, headers, body, query = request
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    if action := _KINESIS_ACTIONS.get(operation):
        document = json.loads(body) if "json" in headers.get("content-type", "") else {}
        target = {document.get("StreamName"), document.get("StreamARN")}
        for stream in kinesis._streams.values():
            if target & {stream["StreamName"], stream["StreamARN"]} or not document:
                denied = _denied("kinesis", action, stream.get("KeyId", ""), headers, query)
                if denied:
                    return denied
    return await original(*request)


def _denied(service: str, action: str, key: str, headers: _Headers, query: dict[str, Any]) -> Any:
    """The error response, None if the caller may use the key or there is none."""
    if not key:
        return None
    region = extract_region(headers, query)
    arn = key if key.startswith("arn:") else f"arn:aws:kms:{region}:{get_account_id()}:key/{key}"
    context = {"kms:viaservice": f"{service}.{region}.amazonaws.com"}
    caller = extract_access_key_id(headers, query)
    denied = enforce(caller, action, "kms", region, resource_arn=arn, service_context=context)
    if denied is None or isinstance(denied, AuthError):
        return None  # the service itself answers for bad credentials
    message = (
        f"User: {denied.principal_arn} is not authorized to perform: {action} on resource: {arn}"
    )
    return access_denied_response(
        service, action, denied.principal_arn, new_uuid(), headers=headers, message=message
    )
