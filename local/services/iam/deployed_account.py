"""What is deployed in ministack, as the tables of permissions ask for it."""

import re
from typing import Any

from ministack.services import athena, dynamodb, glue, s3, sns, sqs, stepfunctions

from local.services.iam.permission import Arguments, arn

_KIND = re.compile(r"^arn:aws:(?P<service>\w+):[^:]*:[^:]*:(?P<name>.+)$")


class DeployedAccount:
    """Reads ministack's stores, and remembers the requests that SageMaker's stand-ins answered."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str], Arguments] = {}

    def key_of(self, resource: str) -> str:
        """The ARN of the customer-managed key of a resource; empty without one."""
        match = _KIND.match(resource)
        key = _KEYS[match["service"]](resource, match["name"]) if match else ""
        return key if not key or key.startswith("arn:") else arn("kms", f"key/{key}")

    def table_location(self, database: str, table: str) -> str:
        """The S3 URI of a Glue table."""
        location: str = glue._tables[f"{database}/{table}"]["StorageDescriptor"]["Location"]
        return location

    def results_location(self, work_group: str) -> str:
        """The S3 URI where an Athena work group writes results."""
        configuration = athena._workgroups[work_group]["Configuration"]
        location: str = configuration["ResultConfiguration"]["OutputLocation"]
        return location

    def work_group_of(self, query_id: str) -> str:
        """The Athena work group in which a query ran."""
        work_group: str = athena._executions[query_id]["WorkGroup"]
        return work_group

    def request(self, kind: str, name: str) -> Arguments:
        """The request that created a model or endpoint configuration."""
        return self._requests[kind, name]

    def remember(self, resource: str, arguments: Arguments) -> None:
        """Keep a request of `sagemaker:createModel` or `sagemaker:createEndpointConfig`."""
        for kind in ("Model", "EndpointConfig"):
            if resource.endswith(f"sagemaker:create{kind}"):
                self._requests[kind, arguments[f"{kind}Name"]] = arguments


def _bucket_key(_resource: str, name: str) -> str:
    key: str = s3._bucket_default_sse_headers(name).get(
        "x-amz-server-side-encryption-aws-kms-key-id", ""
    )
    return key


def _table_key(_resource: str, name: str) -> str:
    table: dict[str, Any] = dynamodb._tables.get(name.removeprefix("table/")) or {}
    return str((table.get("SSEDescription") or {}).get("KMSMasterKeyArn", ""))


def _topic_key(resource: str, _name: str) -> str:
    topic = sns._topics.get(resource) or {"attributes": {}}
    return str(topic["attributes"].get("KmsMasterKeyId", ""))


def _queue_key(resource: str, _name: str) -> str:
    queue = sqs._queue_by_arn(resource) or {"attributes": {}}
    return str(queue["attributes"].get("KmsMasterKeyId", ""))


def _workflow_key(resource: str, _name: str) -> str:
    machine = stepfunctions._state_machines.get(resource) or {}
    return str(machine.get("encryptionConfiguration", {}).get("kmsKeyId", ""))


_KEYS = {
    "dynamodb": _table_key,
    "s3": _bucket_key,
    "sns": _topic_key,
    "sqs": _queue_key,
    "states": _workflow_key,
}
