"""What a destroyed stack leaves in an account: found before it goes, taken down with it, or named.

CloudFormation deletes what a template made. Not the log groups that services make by themselves,
nor what workflows and people made: a SageMaker endpoint goes on costing money, and a group that
still holds model packages, or a Studio domain with spaces, stops the deletion of its stack.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from tools.account.findings import Clients

_ABSENT = {
    "ValidationException",
    "ValidationError",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "NotFoundException",
}
# Something else must be gone first, which takes a while.
_IN_USE = {"ResourceInUse"}
_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 10, 600
# Types whose service makes log groups named after the resource.
_LOGGING = {
    "AWS::Lambda::Function": "/aws/lambda/{}",
    "AWS::ApiGateway::RestApi": "API-Gateway-Execution-Logs_{}/",
    "AWS::SageMaker::Endpoint": "/aws/sagemaker/Endpoints/{}",
    "AWS::CodeBuild::Project": "/aws/codebuild/{}",
}
# Glue names its groups after the security configuration and the role.
_GLUE_GROUPS = ("/aws-glue/jobs/", "/aws-glue/crawlers")


@dataclass
class Footprint:
    """What stacks consist of, read before they are destroyed."""

    physical_ids: dict[str, list[str]] = field(default_factory=dict)
    """Resource type -> physical ids."""
    endpoints: list[str] = field(default_factory=list)
    """SageMaker endpoints that workflows made, from the stacks' outputs."""
    protected: list[str] = field(default_factory=list)
    """Names of stacks with termination protection."""

    def of_type(self, resource_type: str) -> list[str]:
        """The physical ids of one type."""
        return self.physical_ids.get(resource_type, [])


@dataclass(frozen=True)
class Remain:
    """Something that no stack deletes, and the call that does."""

    kind: str
    name: str
    service: str
    operation: str
    """The method of the service's boto3 client."""
    arguments: Mapping[str, str]

    @property
    def command(self) -> str:
        """The same as an AWS CLI command."""
        options = [f"--{xform_name(key, '-')} {value}" for key, value in self.arguments.items()]
        return " ".join(["aws", self.service, self.operation.replace("_", "-"), *options])


def footprint(clients: Clients, stack_names: Iterable[str]) -> Footprint:
    """What the stacks consist of now; a stack that does not exist has nothing."""
    cloudformation, result = clients("cloudformation"), Footprint()
    for stack_name in stack_names:
        try:
            stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                continue
            raise
        if stack.get("EnableTerminationProtection"):
            result.protected.append(stack_name)
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name)
        for page in pages:
            for resource in page["StackResourceSummaries"]:
                if physical_id := resource.get("PhysicalResourceId"):
                    ids = result.physical_ids.setdefault(resource["ResourceType"], [])
                    ids.append(physical_id)
        result.endpoints += [
            output["OutputValue"]
            for output in stack.get("Outputs", [])
            if output["OutputKey"] == "EndpointName"
        ]
    return result


def made_by_workflows(clients: Clients, stacks: Footprint) -> Iterator[Remain]:
    """Model packages, and endpoints with their configurations and models."""
    for group in stacks.of_type("AWS::SageMaker::ModelPackageGroup"):
        name = group.rpartition("/")[2]
        for arn in _packages(clients, name):
            yield _single("model package", arn)
    for endpoint in stacks.endpoints:
        if endpoint not in stacks.of_type("AWS::SageMaker::Endpoint"):
            yield from _endpoint(clients, endpoint)


def made_in_studio(clients: Clients, stacks: Footprint) -> Iterator[Remain]:
    """Apps, spaces and profiles that people made in a Studio domain, in this order."""
    for domain in stacks.of_type("AWS::SageMaker::Domain"):
        sagemaker, within = clients("sagemaker"), {"DomainId": domain}
        for app in _all(sagemaker, "list_apps", "Apps", domain):
            if app["Status"] not in ("Deleted", "Deleting"):
                names = ("SpaceName", "UserProfileName", "AppType", "AppName")
                place = {name: app[name] for name in names if name in app}
                yield Remain("app", app["AppName"], "sagemaker", "delete_app", within | place)
        for space in _all(sagemaker, "list_spaces", "Spaces", domain):
            name = space["SpaceName"]
            request = within | {"SpaceName": name}
            yield Remain("space", name, "sagemaker", "delete_space", request)
        own = {
            # A type with two identifiers: UserProfileName|DomainId.
            physical_id.partition("|")[0]
            for physical_id in stacks.of_type("AWS::SageMaker::UserProfile")
        }
        for profile in _all(sagemaker, "list_user_profiles", "UserProfiles", domain):
            name = profile["UserProfileName"]
            if name not in own:
                request = within | {"UserProfileName": name}
                yield Remain("profile", name, "sagemaker", "delete_user_profile", request)


def _all(sagemaker: Any, operation: str, member: str, domain: str) -> Iterator[dict[str, Any]]:
    for page in sagemaker.get_paginator(operation).paginate(DomainIdEquals=domain):
        yield from page[member]


def log_groups(clients: Clients, stacks: Footprint) -> Iterator[Remain]:
    """Log groups of the destroyed resources that services made; they never expire."""
    logs, own = clients("logs"), set(stacks.of_type("AWS::Logs::LogGroup"))
    prefixes = [
        pattern.format(physical_id)
        for resource_type, pattern in _LOGGING.items()
        for physical_id in stacks.of_type(resource_type)
    ]
    prefixes += [f"/aws/sagemaker/Endpoints/{endpoint}" for endpoint in stacks.endpoints]
    configurations = stacks.of_type("AWS::Glue::SecurityConfiguration")
    names = [name for prefix in prefixes for name in _group_names(logs, prefix)]
    names += [
        name
        for prefix in (_GLUE_GROUPS if configurations else ())
        for name in _group_names(logs, prefix)
        if any(configuration in name for configuration in configurations)
    ]
    for name in dict.fromkeys(names):
        if name not in own:
            yield _single("log group", name)


def table_buckets(clients: Clients, stacks: Footprint) -> Iterator[Remain]:
    """Table buckets of destroyed stacks that are still there, with what channels made in them."""
    for arn in stacks.of_type("AWS::S3Tables::TableBucket"):
        s3tables, bucket = clients("s3tables"), {"tableBucketARN": arn}
        if not _exists(s3tables, arn):  # that of `table_format=s3_tables` goes with its stack
            continue
        for namespace, names in _tables(s3tables, arn).items():
            for name in names:
                table = {**bucket, "namespace": namespace, "name": name}
                yield Remain("table", f"{namespace}.{name}", "s3tables", "delete_table", table)
            empty = {**bucket, "namespace": namespace}
            yield Remain("namespace", namespace, "s3tables", "delete_namespace", empty)
        yield Remain("table bucket", arn, "s3tables", "delete_table_bucket", bucket)


def delete(clients: Clients, remain: Remain) -> None:
    """Delete what a command names; what is gone already is no error.

    Waits while something that is being deleted still uses it: a space its app.
    """
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while True:
        try:
            getattr(clients(remain.service), remain.operation)(**remain.arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _IN_USE and time.monotonic() < deadline:
                time.sleep(_WAIT_SECONDS)
                continue
            if code not in _ABSENT:
                raise
        return


def named_only(stacks: Footprint) -> Iterator[str]:
    """A line for what is shared with other stacks of the account, or goes by itself."""
    if stacks.of_type("AWS::KMS::Key"):
        yield "keys: deleted by KMS after their waiting period, free of charge"
    yield "assets in the CDK's bootstrap bucket: cdk gc --unstable=gc"
    if stacks.of_type("AWS::Glue::TableOptimizer"):
        yield "Glue's log groups /aws-glue/iceberg-*, which the account's table optimizers share"
    if any(kind.startswith("AWS::SageMaker::") for kind in stacks.physical_ids):
        yield "SageMaker's records of jobs, and the streams in /aws/sagemaker/*Jobs: no charge"


def _packages(clients: Clients, group: str) -> list[str]:
    pages = clients("sagemaker").get_paginator("list_model_packages")
    try:
        return [
            package["ModelPackageArn"]
            for page in pages.paginate(ModelPackageGroupName=group)
            for package in page["ModelPackageSummaryList"]
        ]
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return []
        raise


def _endpoint(clients: Clients, name: str) -> Iterator[Remain]:
    sagemaker = clients("sagemaker")
    try:
        config_name = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
        config = sagemaker.describe_endpoint_config(EndpointConfigName=config_name)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return
        raise
    yield _single("endpoint", name)
    yield _single("endpoint configuration", config_name)
    variants = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]
    for model in dict.fromkeys(variant["ModelName"] for variant in variants):
        yield _single("model", model)


def _exists(s3tables: Any, arn: str) -> bool:
    try:
        s3tables.get_table_bucket(tableBucketARN=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return False
        raise
    return True


def _tables(s3tables: Any, arn: str) -> dict[str, list[str]]:
    """Namespace -> names of its tables."""
    pages = s3tables.get_paginator("list_namespaces").paginate(tableBucketARN=arn)
    tables: dict[str, list[str]] = {
        name: [] for page in pages for row in page["namespaces"] for name in row["namespace"]
    }
    for page in s3tables.get_paginator("list_tables").paginate(tableBucketARN=arn):
        for row in page["tables"]:
            (namespace,) = row["namespace"]
            tables[namespace].append(row["name"])
    return tables


def _group_names(logs: Any, prefix: str) -> list[str]:
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    return [group["logGroupName"] for page in pages for group in page["logGroups"]]


_CALLS: Mapping[str, tuple[str, str, str]] = {
    "model package": ("sagemaker", "delete_model_package", "ModelPackageName"),
    "endpoint": ("sagemaker", "delete_endpoint", "EndpointName"),
    "endpoint configuration": ("sagemaker", "delete_endpoint_config", "EndpointConfigName"),
    "model": ("sagemaker", "delete_model", "ModelName"),
    "log group": ("logs", "delete_log_group", "logGroupName"),
}


def _single(kind: str, name: str) -> Remain:
    service, operation, argument = _CALLS[kind]
    return Remain(kind, name, service, operation, {argument: name})
