"""SageMaker: endpoint configurations, roll-outs and models."""

from typing import Any

from local.services.rules.rule import API_READ, READ, Rule, State, api
from local.services.rules.sagemaker import local_storage
from local.services.task import Arguments

_REFERENCE = "sagemaker/latest/APIReference"
_GUIDE = "sagemaker/latest/dg"
_KEY = "arn:aws:kms:us-east-1:000000000000:key/1"
_ALARMS = {"Alarms": [{"AlarmName": "errors"}]}
_CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://bucket/capture",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}


def _variant(name: str = "champion", **changes: Any) -> Arguments:
    fleet = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    return {"VariantName": name, "ModelName": "model", **fleet, **changes}


def _serverless(memory: int = 2048) -> Arguments:
    config = {"MemorySizeInMB": memory, "MaxConcurrency": 2}
    return {"VariantName": "champion", "ModelName": "model", "ServerlessConfig": config}


def _config(*variants: Arguments, **changes: Any) -> Arguments:
    return {
        "EndpointConfigName": "new",
        "ProductionVariants": list(variants or (_variant(),)),
        **changes,
    }


def _update(
    kind: str = "CANARY", percent: int = 10, *, wait: int = 600, most: int = 3600, **changes: Any
) -> Arguments:
    member = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}[kind]
    routing = {
        "Type": kind,
        "WaitIntervalInSeconds": wait,
        member: {"Type": "CAPACITY_PERCENT", "Value": percent},
    }
    policy = {
        "TrafficRoutingConfiguration": routing,
        "TerminationWaitInSeconds": 600,
        "MaximumExecutionTimeoutInSeconds": most,
    }
    return {
        "EndpointName": "endpoint",
        "EndpointConfigName": "new",
        "DeploymentConfig": {"BlueGreenUpdatePolicy": policy, "AutoRollbackConfiguration": _ALARMS},
        **changes,
    }


def _rolling_update(percent: int) -> Arguments:
    policy = {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": percent},
        "WaitIntervalInSeconds": 60,
    }
    config = {"RollingUpdatePolicy": policy}
    return {"EndpointName": "endpoint", "EndpointConfigName": "new", "DeploymentConfig": config}


def _deployment(request: Arguments) -> Arguments:
    deployment: Arguments = request.get("DeploymentConfig", {})
    return deployment


def _blue_green(request: Arguments) -> Arguments:
    policy: Arguments = _deployment(request).get("BlueGreenUpdatePolicy", {})
    return policy


def _routing(request: Arguments) -> Arguments:
    routing: Arguments = _blue_green(request).get("TrafficRoutingConfiguration", {})
    return routing


def _percent(request: Arguments, member: str, low: int, high: int) -> bool:
    """Whether a step size in percent is outside the bounds."""
    size = {**_routing(request), **_rolling(request)}.get(member, {})
    return size.get("Type") == "CAPACITY_PERCENT" and not low <= size["Value"] <= high


def _rolling(request: Arguments) -> Arguments:
    policy: Arguments = _deployment(request).get("RollingUpdatePolicy", {})
    return policy


def _waits(request: Arguments) -> int:
    """Seconds that a roll-out waits by its own settings."""
    routing, policy = _routing(request), _blue_green(request)
    steps = {"CANARY": 1, "LINEAR": 0, "ALL_AT_ONCE": 1}[routing["Type"]]
    if routing["Type"] == "LINEAR":
        percent = routing["LinearStepSize"]["Value"]
        steps = -(-100 // percent)
    wait: int = routing["WaitIntervalInSeconds"] * steps
    return wait + int(policy.get("TerminationWaitInSeconds", 0))


def _exceeds_timeout(request: Arguments, _: State) -> bool:
    most = _blue_green(request).get("MaximumExecutionTimeoutInSeconds")
    return bool(_routing(request)) and most is not None and _waits(request) >= most


def _names(state: State, config_name: str) -> set[str]:
    config = state.get("endpoint_configs", {}).get(config_name, {})
    return {variant["VariantName"] for variant in config.get("ProductionVariants", [])}


def _other_variants(request: Arguments, state: State) -> bool:
    endpoint = state.get("endpoints", {}).get(request["EndpointName"])
    if endpoint is None or not _blue_green(request):
        return False
    new, old = request["EndpointConfigName"], endpoint["EndpointConfigName"]
    return _names(state, new) != _names(state, old)


def _serverless_config(state: State, config_name: str) -> bool:
    config = state.get("endpoint_configs", {}).get(config_name, {})
    return any("ServerlessConfig" in variant for variant in config.get("ProductionVariants", []))


def _beyond_serverless(model: Arguments) -> bool:
    return (
        "VpcConfig" in model
        or bool(model.get("EnableNetworkIsolation"))
        or len(model.get("Containers", [])) > 1
    )


def _instance_variants(request: Arguments) -> list[Arguments]:
    kinds = ("ProductionVariants", "ShadowProductionVariants")
    return [variant for kind in kinds for variant in request.get(kind, [])]


_OLD = {"ProductionVariants": [_variant()]}
_STATE = {
    "endpoints": {"endpoint": {"EndpointStatus": "InService", "EndpointConfigName": "old"}},
    "endpoint_configs": {"old": _OLD, "new": _OLD},
}
_TWO = {"ProductionVariants": [_variant(), _variant("challenger")]}
_UPDATE = ("sagemaker:UpdateEndpoint",)
_CONFIG = ("sagemaker:CreateEndpointConfig",)
RULES = [
    Rule(
        id="endpoint-volume-key",
        operations=_CONFIG,
        says="Local NVMe storage encrypts by itself: a key for it cannot be requested.",
        breaks=lambda request, _: (
            "KmsKeyId" in request
            and any(
                local_storage(variant.get("InstanceType", ""))
                for variant in _instance_variants(request)
            )
        ),
        error="ValidationException",
        message="You can't request a KmsKeyId when using an instance type with local storage.",
        source=api(_REFERENCE, "API_CreateEndpointConfig"),
        read=API_READ,
        refused=_config(_variant(InstanceType="ml.g5.xlarge"), KmsKeyId=_KEY),
        accepted=_config(KmsKeyId=_KEY),
    ),
    Rule(
        id="shadow-count",
        operations=_CONFIG,
        says="A configuration with a shadow has one production variant and one shadow.",
        breaks=lambda request, _: (
            bool(request.get("ShadowProductionVariants")) and len(_instance_variants(request)) > 2
        ),
        error="ValidationException",
        message="If you use ShadowProductionVariants, you can only specify one variant for"
        " ProductionVariants and one variant for ShadowProductionVariants.",
        source=api(_REFERENCE, "API_CreateEndpointConfig"),
        read=API_READ,
        refused=_config(
            _variant(), _variant("challenger"), ShadowProductionVariants=[_variant("shadow")]
        ),
        accepted=_config(ShadowProductionVariants=[_variant("shadow")]),
    ),
    Rule(
        id="variant-names",
        operations=_CONFIG,
        says="The variants of a configuration have different names.",
        breaks=lambda request, _: (
            len({variant["VariantName"] for variant in _instance_variants(request)})
            < len(_instance_variants(request))
        ),
        error="ValidationException",
        message="Duplicate variant names are not allowed.",
        source="https://github.com/mlflow/mlflow/pull/6486",
        read=READ,
        refused=_config(_variant(), _variant()),
        accepted=_config(_variant(), _variant("challenger")),
    ),
    Rule(
        id="serverless-or-instances",
        operations=_CONFIG,
        says="A variant is serverless or has instances, one of the two.",
        breaks=lambda request, _: any(
            ("ServerlessConfig" in variant) == ("InstanceType" in variant)
            for variant in request["ProductionVariants"]
        ),
        error="ValidationException",
        message="A variant needs either ServerlessConfig or InstanceType, and not both.",
        source=api(_REFERENCE, "API_ProductionVariant"),
        read=READ,
        refused=_config({**_variant(), **_serverless()}),
        accepted=_config(_serverless()),
    ),
    Rule(
        id="serverless-memory",
        operations=_CONFIG,
        says="Serverless memory is 1 to 6 GB in whole gigabytes.",
        breaks=lambda request, _: any(
            variant.get("ServerlessConfig", {}).get("MemorySizeInMB", 1024) % 1024
            for variant in request["ProductionVariants"]
        ),
        error="ValidationException",
        message="MemorySizeInMB must be one of 1024, 2048, 3072, 4096, 5120, 6144.",
        source=api(_REFERENCE, "API_ProductionVariantServerlessConfig"),
        read=API_READ,
        refused=_config(_serverless(1500)),
        accepted=_config(_serverless(3072)),
    ),
    Rule(
        id="serverless-exclusions",
        operations=_CONFIG,
        says="Serverless endpoints have one variant and no data capture.",
        breaks=lambda request, _: (
            any("ServerlessConfig" in variant for variant in request["ProductionVariants"])
            and (
                len(request["ProductionVariants"]) > 1
                or request.get("DataCaptureConfig", {}).get("EnableCapture", False)
            )
        ),
        error="ValidationException",
        message="Serverless endpoints do not support multiple variants or data capture.",
        source=api(_GUIDE, "serverless-endpoints"),
        read=READ,
        refused=_config(_serverless(), DataCaptureConfig=_CAPTURE),
        accepted=_config(_serverless()),
    ),
    Rule(
        id="serverless-model",
        operations=_CONFIG,
        says="The model of a serverless endpoint is in no VPC, is not isolated, and is one"
        " container.",
        breaks=lambda request, state: any(
            _beyond_serverless(state.get("models", {}).get(variant["ModelName"], {}))
            for variant in request["ProductionVariants"]
            if "ServerlessConfig" in variant
        ),
        error="ValidationException",
        message="Serverless endpoints do not support VPC configuration, network isolation or"
        " inference pipelines.",
        source=api(_GUIDE, "serverless-endpoints"),
        read=READ,
        refused=_config(_serverless()),
        accepted=_config(),
        state={"models": {"model": {"VpcConfig": {"Subnets": ["subnet-1"]}}}},
    ),
    Rule(
        id="serverless-conversion",
        operations=_UPDATE,
        says="An endpoint on instances is not turned into a serverless one, nor the reverse.",
        breaks=lambda request, state: (
            request["EndpointName"] in state.get("endpoints", {})
            and _serverless_config(state, request["EndpointConfigName"])
            != _serverless_config(
                state, state["endpoints"][request["EndpointName"]]["EndpointConfigName"]
            )
        ),
        error="ValidationException",
        message="An instance-based endpoint cannot be converted to a serverless endpoint.",
        source=api(_GUIDE, "serverless-endpoints"),
        read=READ,
        refused={"EndpointName": "endpoint", "EndpointConfigName": "serverless"},
        accepted={"EndpointName": "endpoint", "EndpointConfigName": "new"},
        state={
            **_STATE,
            "endpoint_configs": {
                "old": _OLD,
                "new": _OLD,
                "serverless": {"ProductionVariants": [_serverless()]},
            },
        },
    ),
    Rule(
        id="linear-step",
        operations=_UPDATE,
        says="A linear roll-out moves 10 to 50 % of the instances at a time.",
        breaks=lambda request, _: _percent(request, "LinearStepSize", 10, 50),
        error="ValidationException",
        message="LinearStepSize must be 10-50% of the variant's total instance count.",
        source=api(_REFERENCE, "API_TrafficRoutingConfig"),
        read=API_READ,
        refused=_update("LINEAR", 5, wait=60),
        accepted=_update("LINEAR", 20, wait=60),
        state=_STATE,
    ),
    Rule(
        id="canary-size",
        operations=_UPDATE,
        says="A canary is at most half of the instances.",
        breaks=lambda request, _: _percent(request, "CanarySize", 1, 50),
        error="ValidationException",
        message="CanarySize must be less than or equal to 50% of the variant's total instances.",
        source=api(_REFERENCE, "API_TrafficRoutingConfig"),
        read=API_READ,
        refused=_update(percent=60),
        accepted=_update(percent=50),
        state=_STATE,
    ),
    Rule(
        id="rolling-batch",
        operations=_UPDATE,
        says="A rolling update replaces 5 to 50 % of the instances at a time.",
        breaks=lambda request, _: _percent(request, "MaximumBatchSize", 5, 50),
        error="ValidationException",
        message="MaximumBatchSize must be between 5% to 50% of the variant's total instances.",
        source=api(_REFERENCE, "API_RollingUpdatePolicy"),
        read=API_READ,
        refused=_rolling_update(60),
        accepted=_rolling_update(50),
        state=_STATE,
    ),
    Rule(
        id="roll-out-timeout",
        operations=_UPDATE,
        says="The longest time of a roll-out is longer than all that it waits.",
        breaks=_exceeds_timeout,
        error="ValidationException",
        message="MaximumExecutionTimeoutInSeconds must be larger than the total waiting time"
        " specified in TerminationWaitInSeconds and WaitIntervalInSeconds.",
        source=api(_REFERENCE, "API_BlueGreenUpdatePolicy"),
        read=API_READ,
        refused=_update(wait=3000),
        accepted=_update(wait=2999),
        state=_STATE,
    ),
    Rule(
        id="same-variants",
        operations=_UPDATE,
        says="A blue/green roll-out keeps the variants: none is added, none removed.",
        breaks=_other_variants,
        error="ValidationException",
        message="The new endpoint configuration must have the same variant names as the old one"
        " when a deployment configuration is specified.",
        source=api(_GUIDE, "deployment-guardrails-exclusions"),
        read="2026-11-29",
        refused=_update(),
        accepted={"EndpointName": "endpoint", "EndpointConfigName": "new"},
        state={**_STATE, "endpoint_configs": {"old": _OLD, "new": _TWO}},
    ),
]
