"""What a destroyed stack leaves in an account: found before it goes, taken down with it, or named.

CloudFormation deletes what a template made. Not the log groups that services make by themselves,
nor what workflows made: a SageMaker endpoint goes on costing money, and a group that still holds
model packages stops the deletion of its stack.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from tools.account.findings import Clients

_ABSENT = {
    "ValidationException",
    "ValidationError",
    "ResourceNotFound",
    "ResourceNotFoundException",
}
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
    """Something that no stack deletes."""

    kind: str
    name: str
    command: str
    """The AWS CLI command that deletes it."""


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
            command = f"aws sagemaker delete-model-package --model-package-name {arn}"
            yield Remain("model package", arn, command)
    for endpoint in stacks.endpoints:
        if endpoint not in stacks.of_type("AWS::SageMaker::Endpoint"):
            yield from _endpoint(clients, endpoint)


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
            yield Remain("log group", name, f"aws logs delete-log-group --log-group-name {name}")


def delete(clients: Clients, remain: Remain) -> None:
    """Delete what a command names; what is gone already is no error."""
    service, call, arguments = _call(remain)
    try:
        getattr(clients(service), call)(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _ABSENT:
            raise


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
    delete_command = "aws sagemaker delete-"
    yield Remain("endpoint", name, f"{delete_command}endpoint --endpoint-name {name}")
    yield Remain(
        "endpoint configuration",
        config_name,
        f"{delete_command}endpoint-config --endpoint-config-name {config_name}",
    )
    variants = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]
    for model in dict.fromkeys(variant["ModelName"] for variant in variants):
        yield Remain("model", model, f"{delete_command}model --model-name {model}")


def _group_names(logs: object, prefix: str) -> list[str]:
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)  # type: ignore[attr-defined]  # a boto3 client
    return [group["logGroupName"] for page in pages for group in page["logGroups"]]


_CALLS: Mapping[str, tuple[str, str, str]] = {
    "model package": ("sagemaker", "delete_model_package", "ModelPackageName"),
    "endpoint": ("sagemaker", "delete_endpoint", "EndpointName"),
    "endpoint configuration": ("sagemaker", "delete_endpoint_config", "EndpointConfigName"),
    "model": ("sagemaker", "delete_model", "ModelName"),
    "log group": ("logs", "delete_log_group", "logGroupName"),
}


def _call(remain: Remain) -> tuple[str, str, dict[str, str]]:
    service, call, argument = _CALLS[remain.kind]
    return service, call, {argument: remain.name}
