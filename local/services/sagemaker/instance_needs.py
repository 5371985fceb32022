"""How many instances of SageMaker templates use at once, quota by quota.

`make doctor` holds an account against it, and the local AWS is asked for as much.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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
TemplateResource = tuple[str, Mapping[str, Any]]
"""The type of a resource, and its properties."""


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


def instance_needs(resources: Iterable[TemplateResource]) -> list[Instances]:
    """The instances of notebooks, endpoints and of what workflows start, the most of each quota."""
    most: dict[str, Instances] = {}
    for resource_type, properties in resources:
        for need in _of_resource(resource_type, properties):
            present = most.get(need.quota_name)
            if present is None or present.count < need.count:
                most[need.quota_name] = need
    return sorted(most.values(), key=lambda need: need.quota_name)


def _of_resource(resource_type: str, properties: Mapping[str, Any]) -> Iterator[Instances]:
    match resource_type:
        case "AWS::SageMaker::NotebookInstance":
            yield Instances(properties["InstanceType"], "notebook instance usage", 1)
        case "AWS::SageMaker::EndpointConfig":
            for variant in properties["ProductionVariants"]:
                if "InstanceType" in variant:
                    count = int(variant.get("InitialInstanceCount", 1)) * _BLUE_GREEN
                    yield Instances(variant["InstanceType"], "endpoint usage", count)
        case "AWS::StepFunctions::StateMachine":
            yield from _of_workflow(properties)


def _of_workflow(properties: Mapping[str, Any]) -> Iterator[Instances]:
    substitutions: Mapping[str, Any] = properties.get("DefinitionSubstitutions", {})
    types = {
        value
        for name, value in substitutions.items()
        if name.endswith("InstanceType") and str(value).startswith("ml.")
    }
    apis = set(_apis(json.loads(properties["DefinitionString"])))
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


def _apis(part: Any) -> Iterator[str]:
    """The APIs of a definition's tasks, nested ones included: `createTrainingJob`."""
    if isinstance(part, list):
        for item in part:
            yield from _apis(item)
    elif isinstance(part, dict):
        if part.get("Type") == "Task":
            yield part["Resource"].rpartition(":")[2].removesuffix(".sync")
        for item in part.values():
            yield from _apis(item)


def _count(api: str, substitutions: Mapping[str, Any]) -> int:
    if api == "createHyperParameterTuningJob":
        return int(substitutions["ParallelTuningJobs"])
    if api == "createEndpointConfig":
        return int(substitutions.get("MinimumInstances", 1)) * _BLUE_GREEN
    return 1
