"""The endpoint in the template for each setting, and settings that SageMaker would refuse."""

from typing import Any

import pytest

from stacks.catalogue import environment_from
from stacks.environments import SettingsError
from tests.conftest import Templates, flat, readable, resources

PACKAGE = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/flight-delay/7"
Template = dict[str, Any]
SERVERLESS = (
    ("ml_endpoint.serving", "serverless"),
    ("ml_endpoint.in_vpc", "false"),
    ("ml_endpoint.data_capture_percent", "0"),
)


def endpoint(synthesise: Templates, *settings: tuple[str, str]) -> Template:
    all_settings = (("ml_endpoint.model_package_arn", PACKAGE), *settings)
    template: Template = synthesise("sandbox", *all_settings)["MlEndpoint"]
    return template


def properties_of_only(template: Template, kind: str) -> dict[str, Any]:
    """The properties of the only resource of a type."""
    (resource,) = resources(template, kind).values()
    properties: dict[str, Any] = readable(template, resource["Properties"])
    return properties


def test_without_a_model_package_the_template_has_no_endpoint(synthesise: Templates) -> None:
    template = synthesise("sandbox")["MlEndpoint"]
    assert not resources(template, "AWS::SageMaker::Endpoint")


def test_the_model_runs_in_the_vpc_and_its_captured_data_is_encrypted(
    synthesise: Templates,
) -> None:
    template = endpoint(synthesise)
    model = properties_of_only(template, "AWS::SageMaker::Model")
    assert model["EnableNetworkIsolation"] is True
    assert len(model["VpcConfig"]["Subnets"]) == 2
    assert model["PrimaryContainer"] == {"ModelPackageName": PACKAGE}
    configuration = properties_of_only(template, "AWS::SageMaker::EndpointConfig")
    capture = configuration["DataCaptureConfig"]
    assert capture["DestinationS3Uri"].endswith("/capture")
    assert capture["KmsKeyId"] == configuration["KmsKeyId"]
    assert "Key961B73FD" in flat(configuration["KmsKeyId"])


@pytest.mark.parametrize(
    ("roll_out", "kind", "size"),
    [
        ("canary", "CANARY", "CanarySize"),
        ("linear", "LINEAR", "LinearStepSize"),
        ("all-at-once", "ALL_AT_ONCE", None),
    ],
)
def test_the_roll_out_setting_chooses_the_traffic_routing(
    synthesise: Templates, roll_out: str, kind: str, size: str | None
) -> None:
    two = ("ml_endpoint.minimum_instances", "2")
    template = endpoint(synthesise, ("ml_endpoint.roll_out", roll_out), two)
    policy = properties_of_only(template, "AWS::SageMaker::Endpoint")["DeploymentConfig"][
        "BlueGreenUpdatePolicy"
    ]
    routing = policy["TrafficRoutingConfiguration"]
    assert routing["Type"] == kind
    sizes = set(routing) & {"CanarySize", "LinearStepSize"}
    assert sizes == ({size} if size else set())
    # The old instances must stay until the wait is over, or a roll-back has no target.
    assert policy["TerminationWaitInSeconds"] == routing["WaitIntervalInSeconds"] == 300


def test_the_endpoint_scales_by_invocations_per_instance(synthesise: Templates) -> None:
    template = endpoint(synthesise)
    target = properties_of_only(template, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 2)
    assert target["ResourceId"] == "endpoint/flight-delay/variant/champion"
    scaling = properties_of_only(template, "AWS::ApplicationAutoScaling::ScalingPolicy")[
        "TargetTrackingScalingPolicyConfiguration"
    ]
    assert scaling["TargetValue"] == 1000
    metric = scaling["PredefinedMetricSpecification"]["PredefinedMetricType"]
    assert metric == "SageMakerVariantInvocationsPerInstance"


def test_a_serverless_endpoint_has_no_instances_no_vpc_and_no_scaling(
    synthesise: Templates,
) -> None:
    template = endpoint(synthesise, *SERVERLESS)
    (variant,) = properties_of_only(template, "AWS::SageMaker::EndpointConfig")[
        "ProductionVariants"
    ]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    assert "InstanceType" not in variant
    assert "VpcConfig" not in properties_of_only(template, "AWS::SageMaker::Model")
    assert not resources(template, "AWS::ApplicationAutoScaling::ScalableTarget")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"in_vpc": "true"}, "serving=serverless needs in_vpc=false"),
        ({"data_capture_percent": "10"}, "serving=serverless needs data_capture_percent=0"),
        ({"roll_out": "challenger"}, "serving=serverless needs roll_out other than challenger"),
        ({"pipeline": "true"}, "serving=serverless needs pipeline=false"),
        ({"roll_out": "shadow"}, "serving=serverless needs roll_out other than shadow"),
        ({"serving": "real-time"}, "serving=real-time needs in_vpc=true"),
        ({"maximum_instances": "1", "minimum_instances": "2"}, "minimum_instances=2 is more than"),
        (
            {"serving": "real-time", "in_vpc": "true", "roll_out": "canary"},
            "roll_out=canary moves at most half of the instances at a time, and minimum_instances",
        ),
    ],
)
def test_settings_that_sagemaker_would_refuse_fail_the_synth(
    changed: dict[str, str], sentence: str
) -> None:
    typed = dict(SERVERLESS) | {f"ml_endpoint.{key}": value for key, value in changed.items()}
    with pytest.raises(SettingsError) as refusal:
        environment_from(typed)
    assert str(refusal.value).startswith(f"-c ml_endpoint.*: {sentence}")


def test_an_asynchronous_endpoint_is_refused_with_the_ways_that_remain() -> None:
    """The API in front of it could not answer its callers."""
    with pytest.raises(SettingsError, match="answers into a bucket") as refusal:
        environment_from({"ml_endpoint.serving": "asynchronous"})
    for way in ("transform_batch", "serving=serverless"):
        assert way in str(refusal.value)
