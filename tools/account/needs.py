"""What templates need of the account that they are deployed to, read from the templates alone."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.assembly import Assembly, Resource
from tools.assembly.asl import tasks

# SageMaker API of a workflow's task -> the usage that its quota is named after.
_USAGES = {
    "createTrainingJob": "training job usage",
    "createHyperParameterTuningJob": "training job usage",
    "createProcessingJob": "processing job usage",
    "createTransformJob": "transform job usage",
    "createEndpointConfig": "endpoint usage",
}
_BLUE_GREEN = 2
"""A roll-out runs the old and the new fleet side by side."""


@dataclass(frozen=True)
class Instances:
    """Instances of one type and usage that run at once: a quota of SageMaker."""

    instance_type: str
    usage: str
    count: int

    @property
    def quota_name(self) -> str:
        """As Service Quotas lists it: "ml.m7i.large for training job usage"."""
        return f"{self.instance_type} for {self.usage}"


def instances(assembly: Assembly) -> list[Instances]:
    """The SageMaker instances of notebooks, endpoints and of what workflows start, by quota."""
    most: dict[str, Instances] = {}
    for need in _instances(assembly):
        present = most.get(need.quota_name)
        if present is None or present.count < need.count:
            most[need.quota_name] = need
    return sorted(most.values(), key=lambda need: need.quota_name)


def reserved_concurrency(assembly: Assembly) -> int:
    """The concurrent executions that functions reserve."""
    functions = assembly.of_type("AWS::Lambda::Function")
    return sum(function.properties.get("ReservedConcurrentExecutions", 0) for function in functions)


def has(assembly: Assembly, resource_type: str) -> bool:
    """Whether a template has a resource of a type."""
    return any(resource.type == resource_type for resource in assembly.resources)


def interface_services(assembly: Assembly) -> list[str]:
    """Services with an interface endpoint, as in `com.amazonaws.<Region>.<service>`."""
    endpoints = assembly.of_type("AWS::EC2::VPCEndpoint")
    return sorted(
        str(endpoint.properties["ServiceName"]).rpartition("}.")[2]
        for endpoint in endpoints
        if endpoint.properties.get("VpcEndpointType") == "Interface"
    )


def zone_count(assembly: Assembly) -> int:
    """How many Availability Zones of the Region the subnets are placed in, the first of them."""
    indexes = [
        resource.properties["AvailabilityZone"]["Fn::Select"][0]
        for resource in assembly.resources
        if resource.type == "AWS::EC2::Subnet"
    ]
    return max(indexes, default=-1) + 1


def writes_api_logs(assembly: Assembly) -> bool:
    """Whether an API stage logs, which API Gateway does under a role set for the whole account."""
    return any(
        "AccessLogSetting" in stage.properties or "MethodSettings" in stage.properties
        for stage in assembly.of_type("AWS::ApiGateway::Stage")
    )


def _instances(assembly: Assembly) -> Iterator[Instances]:
    for notebook in assembly.of_type("AWS::SageMaker::NotebookInstance"):
        yield Instances(notebook.properties["InstanceType"], "notebook instance usage", 1)
    for config in assembly.of_type("AWS::SageMaker::EndpointConfig"):
        for variant in config.properties["ProductionVariants"]:
            if "InstanceType" in variant:
                count = int(variant.get("InitialInstanceCount", 1)) * _BLUE_GREEN
                yield Instances(variant["InstanceType"], "endpoint usage", count)
    for machine in assembly.of_type("AWS::StepFunctions::StateMachine"):
        yield from _of_workflow(machine)


def _of_workflow(machine: Resource) -> Iterator[Instances]:
    substitutions: Mapping[str, Any] = machine.properties.get("DefinitionSubstitutions", {})
    types = {
        value
        for name, value in substitutions.items()
        if name.endswith("InstanceType") and str(value).startswith("ml.")
    }
    definition = json.loads(machine.properties["DefinitionString"])
    apis = {
        task.body["Resource"].rpartition(":")[2].removesuffix(".sync") for task in tasks(definition)
    }
    for api in sorted(apis & set(_USAGES)):
        if api == "createHyperParameterTuningJob" and substitutions.get("Tune") != "true":
            continue
        if api == "createEndpointConfig" and substitutions.get("Serving") == "serverless":
            continue
        usage = _USAGES[api]
        if usage == "training job usage" and substitutions.get("Spot") == "true":
            usage = f"spot {usage}"
        for instance_type in sorted(types):
            yield Instances(instance_type, usage, _count(api, substitutions))


def _count(api: str, substitutions: Mapping[str, Any]) -> int:
    if api == "createHyperParameterTuningJob":
        return int(substitutions["ParallelTuningJobs"])
    if api == "createEndpointConfig":
        return int(substitutions.get("MinimumInstances", 1)) * _BLUE_GREEN
    return 1
