"""SageMaker: quotas of instances, a type and usage each: 0 in a new account for most types.

The quotas are those of Service Quotas in the local AWS (`local/services/service_quotas/`), which
begins as a new account has them; a type that is not in its table has none.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.services.rules.rule import API_READ, READ, Rule, State, api
from local.services.rules.sagemaker import TRAINING
from local.services.task import Arguments

_REFERENCE = "sagemaker/latest/APIReference"


@dataclass(frozen=True)
class _Excess:
    """A quota that a request exceeds."""

    quota_name: str
    quota: int
    used: int
    """Instances of running jobs and of endpoints."""
    requested: int


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


def _in_use(state: State) -> Counter[str]:
    """Quota name -> instances of running jobs and of endpoints."""
    used: Counter[str] = Counter()
    for job in state.get("running_jobs", []):
        used.update(dict(_jobs(job)))
    for endpoint in state.get("endpoints", {}).values():
        for quota_name, count in _fleet(endpoint["EndpointConfigName"], state):
            used[quota_name] += count
    return used


def _excess(request: Arguments, state: State) -> _Excess | None:
    """The first quota that a request exceeds, with what is in use already."""
    requested: Counter[str] = Counter()
    # An update creates the new fleet beside the old one.
    fleet = _fleet(request.get("EndpointConfigName", ""), state)
    for quota_name, count in [*_jobs(request), *fleet]:
        requested[quota_name] += count
    used = _in_use(state)
    for quota_name, count in requested.items():
        quota = state.get("instance_quotas", {}).get(quota_name)
        if quota is not None and used[quota_name] + count > quota:
            return _Excess(quota_name, quota, used[quota_name], count)
    return None


def _exceeds_quota(request: Arguments, state: State) -> bool:
    return _excess(request, state) is not None


def _message(request: Arguments, state: State) -> str:
    """SageMaker's sentence, which workflows read.

    Its figures are those of https://github.com/data-science-on-aws/data-science-on-aws/issues/200,
    its end that of https://github.com/vantage-sh/ec2instances.info/issues/732 (read 2026-11-29).
    """
    excess = _excess(request, state)
    if excess is None:
        raise ValueError("The request is within its quotas.")
    return (
        f"The account-level service limit '{excess.quota_name}' is {excess.quota} Instances, with"
        f" current utilization of {excess.used} Instances and a request delta of"
        f" {excess.requested} Instances. Please use AWS Service Quotas to request an increase for"
        " this quota. If AWS Service Quotas is not available, contact AWS support to request an"
        " increase for this quota."
    )


def _config(count: int) -> dict[str, Any]:
    variant = {"InstanceType": "ml.m5.large", "InitialInstanceCount": count, "VariantName": "a"}
    return {"ProductionVariants": [variant]}


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
        message=_message,
        source="https://github.com/data-science-on-aws/data-science-on-aws/issues/200",
        read=READ,
        refused={**TRAINING, "ResourceConfig": {**TRAINING["ResourceConfig"], "InstanceCount": 2}},
        accepted=TRAINING,
        state={
            "instance_quotas": {"ml.m5.large for training job usage": 2},
            "running_jobs": [TRAINING],
        },
    ),
    Rule(
        id="endpoint-instances",
        operations=("sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"),
        says="Endpoints cannot use more instances of a type than the account's quota; an update"
        " counts the old fleet and the new one.",
        breaks=_exceeds_quota,
        error="ResourceLimitExceeded",
        message=_message,
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
