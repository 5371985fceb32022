"""SageMaker: quotas of instances, a type and usage each: 0 in a new account for most types.

No quota applies unless `POST /quotas` of the task server sets it. `make doctor` asks a real
account.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from local.services.rules.rule import API_READ, Rule, State, api
from local.services.rules.sagemaker import TRAINING
from local.services.task import Arguments

_REFERENCE = "sagemaker/latest/APIReference"


def _jobs(request: Arguments) -> Iterator[tuple[str, int]]:
    """Quota name and instances of a request for jobs."""
    definition = request.get("TrainingJobDefinition", request)
    if resources := definition.get("ResourceConfig"):
        spot = "spot " if definition.get("EnableManagedSpotTraining") else ""
        search = request.get("HyperParameterTuningJobConfig", {})
        at_once = search.get("ResourceLimits", {}).get("MaxParallelTrainingJobs", 1)
        yield _usage(resources, f"{spot}training job usage", at_once)
    if processing := request.get("ProcessingResources"):
        yield _usage(processing["ClusterConfig"], "processing job usage")
    if transform := request.get("TransformResources"):
        yield _usage(transform, "transform job usage")


def _usage(resources: Arguments, usage: str, at_once: int = 1) -> tuple[str, int]:
    return f"{resources['InstanceType']} for {usage}", resources["InstanceCount"] * at_once


def _fleet(config_name: str, state: State) -> Iterator[tuple[str, int]]:
    """Quota name and instances of an endpoint configuration; serverless variants have none."""
    config = state.get("endpoint_configs", {}).get(config_name, {})
    for variant in config.get("ProductionVariants", []):
        if "InstanceType" in variant:
            quota_name = f"{variant['InstanceType']} for endpoint usage"
            yield quota_name, variant["InitialInstanceCount"]


def _exceeds_quota(request: Arguments, state: State) -> bool:
    """Whether the request and what endpoints use already are more than a quota that is set."""
    quotas: dict[str, int] = state.get("instance_quotas", {})
    instances: Counter[str] = Counter()
    fleets = [endpoint["EndpointConfigName"] for endpoint in state.get("endpoints", {}).values()]
    # An update creates the new fleet beside the old one.
    requested = [*_jobs(request), *_fleet(request.get("EndpointConfigName", ""), state)]
    for quota_name, count in requested:
        instances[quota_name] += count
    for config_name in fleets:
        for quota_name, count in _fleet(config_name, state):
            if quota_name in instances:
                instances[quota_name] += count
    return any(count > quotas.get(name, count) for name, count in instances.items())


def _config(count: int) -> dict[str, Any]:
    variant = {"InstanceType": "ml.m5.large", "InitialInstanceCount": count, "VariantName": "a"}
    return {"ProductionVariants": [variant]}


# AWS's message also names the quota, its value and the current use.
_MESSAGE = (
    "The account-level service limit for the instance type is exceeded. Please use AWS Service"
    " Quotas to request an increase for this quota."
)

RULES = (
    Rule(
        id="job-instances",
        operations=(
            "sagemaker:CreateTrainingJob",
            "sagemaker:CreateHyperParameterTuningJob",
            "sagemaker:CreateProcessingJob",
            "sagemaker:CreateTransformJob",
        ),
        says="Jobs cannot use more instances of a type than the account's quota for their kind.",
        breaks=_exceeds_quota,
        error="ResourceLimitExceeded",
        message=_MESSAGE,
        source=api(_REFERENCE, "API_CreateTrainingJob"),
        read=API_READ,
        refused={**TRAINING, "ResourceConfig": {**TRAINING["ResourceConfig"], "InstanceCount": 2}},
        accepted=TRAINING,
        state={"instance_quotas": {"ml.m5.large for training job usage": 1}},
    ),
    Rule(
        id="endpoint-instances",
        operations=("sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"),
        says="Endpoints cannot use more instances of a type than the account's quota; an update"
        " counts the old fleet and the new one.",
        breaks=_exceeds_quota,
        error="ResourceLimitExceeded",
        message=_MESSAGE,
        source=api(_REFERENCE, "API_UpdateEndpoint"),
        read=API_READ,
        refused={"EndpointName": "b", "EndpointConfigName": "two"},
        accepted={"EndpointName": "b", "EndpointConfigName": "one"},
        state={
            "endpoints": {"a": {"EndpointConfigName": "one"}},
            "endpoint_configs": {"one": _config(1), "two": _config(2)},
            "instance_quotas": {"ml.m5.large for endpoint usage": 2},
        },
    ),
)
