"""Application Auto Scaling, of the variants of SageMaker's endpoints."""

from typing import Any

from local.services.rules.rule import API_READ, PREFLIGHT, READ, Rule, State, api
from local.services.task import Arguments

_REFERENCE = "autoscaling/application/APIReference"
_GUIDE = api("sagemaker/latest/dg", "endpoint-auto-scaling-add-console")
_PREFERRED = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}


def _target(variant: str = "champion", low: int = 1, high: int = 4, **changes: Any) -> Arguments:
    return {
        "ServiceNamespace": "sagemaker",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "ResourceId": f"endpoint/endpoint/variant/{variant}",
        "MinCapacity": low,
        "MaxCapacity": high,
        **changes,
    }


def _policy(variant: str = "champion", **metric: Any) -> Arguments:
    target = _target(variant)
    return {
        "PolicyName": "calls",
        "PolicyType": "TargetTrackingScaling",
        **{name: target[name] for name in ("ServiceNamespace", "ScalableDimension", "ResourceId")},
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70, **metric},
    }


def _variant(request: Arguments, state: State) -> Arguments | None:
    """The variant behind a target; None if there is none."""
    _, endpoint, _, name = request["ResourceId"].split("/")
    config = state["endpoints"].get(endpoint, {}).get("EndpointConfigName")
    variants = state["endpoint_configs"].get(config, {}).get("ProductionVariants", [])
    return next((variant for variant in variants if variant["VariantName"] == name), None)


def _no_variant(request: Arguments, state: State) -> bool:
    return "endpoints" in state and _variant(request, state) is None


def _bursts(request: Arguments, state: State) -> bool:
    variant = _variant(request, state) if "endpoints" in state else None
    return variant is not None and variant.get("InstanceType", "").startswith("ml.t")


def _metrics(request: Arguments) -> int:
    config = request.get("TargetTrackingScalingPolicyConfiguration", {})
    kinds = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
    return sum(kind in config for kind in kinds)


def _unregistered(request: Arguments, state: State) -> bool:
    return "scalable_targets" in state and request["ResourceId"] not in state["scalable_targets"]


_STATE = {
    "endpoints": {"endpoint": {"EndpointStatus": "InService", "EndpointConfigName": "config"}},
    "endpoint_configs": {
        "config": {
            "ProductionVariants": [
                {"VariantName": "champion", "InstanceType": "ml.m5.large"},
                {"VariantName": "small", "InstanceType": "ml.t2.medium"},
            ]
        }
    },
}
_REGISTER = ("application-autoscaling:RegisterScalableTarget",)
RULES = [
    Rule(
        id="capacity-order",
        operations=_REGISTER,
        says="The largest capacity is not below the smallest.",
        breaks=lambda request, _: request.get("MinCapacity", 0) > request.get("MaxCapacity", 10**9),
        error="ValidationException",
        message="Maximum capacity cannot be less than minimum capacity",
        source=PREFLIGHT,
        read=READ,
        refused=_target(low=4, high=2),
        accepted=_target(low=2, high=2),
    ),
    Rule(
        id="variant-exists",
        operations=_REGISTER,
        says="A target is a resource that exists.",
        breaks=_no_variant,
        error="ValidationException",
        message="No Amazon SageMaker variant exists with the resource ID",
        source=_GUIDE,
        read=READ,
        refused=_target("challenger"),
        accepted=_target(),
        state=_STATE,
    ),
    Rule(
        id="burstable-variant",
        operations=_REGISTER,
        says="Variants on burstable instances (T families) do not scale.",
        breaks=_bursts,
        error="ValidationException",
        message="Auto scaling is not supported for burstable instances",
        source=_GUIDE,
        read=READ,
        refused=_target("small"),
        accepted=_target(),
        state=_STATE,
    ),
    Rule(
        id="dimension-of-namespace",
        operations=(*_REGISTER, "application-autoscaling:PutScalingPolicy"),
        says="The dimension is one of the service that the target belongs to.",
        breaks=lambda request, _: (
            request["ScalableDimension"].partition(":")[0] != request["ServiceNamespace"]
        ),
        error="ValidationException",
        message="Unsupported service namespace, resource type or scalable dimension",
        source=PREFLIGHT,
        read=READ,
        refused=_target(ScalableDimension="ecs:service:DesiredCount"),
        accepted=_target(),
    ),
    Rule(
        id="tracked-metric",
        operations=("application-autoscaling:PutScalingPolicy",),
        says="Target tracking follows one metric: a predefined or a customized one.",
        breaks=lambda request, _: (
            request.get("PolicyType") == "TargetTrackingScaling" and _metrics(request) != 1
        ),
        error="ValidationException",
        message="You must specify either a predefined or a customized metric specification",
        source=api(_REFERENCE, "API_TargetTrackingScalingPolicyConfiguration"),
        read=API_READ,
        refused=_policy(),
        accepted=_policy(PredefinedMetricSpecification=_PREFERRED),
    ),
    Rule(
        id="target-of-policy",
        operations=(
            "application-autoscaling:PutScalingPolicy",
            "application-autoscaling:DeregisterScalableTarget",
        ),
        says="A policy belongs to a target that is registered.",
        breaks=_unregistered,
        error="ObjectNotFoundException",
        message="No scalable target registered for this namespace, resource ID and dimension",
        source=api(_REFERENCE, "API_PutScalingPolicy"),
        read=API_READ,
        refused=_policy("challenger", PredefinedMetricSpecification=_PREFERRED),
        accepted=_policy(PredefinedMetricSpecification=_PREFERRED),
        state={"scalable_targets": {"endpoint/endpoint/variant/champion": {}}},
    ),
]
