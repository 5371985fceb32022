"""The endpoint in the template, by setting, and the settings that SageMaker would refuse."""

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


def only(template: Template, kind: str) -> dict[str, Any]:
    (resource,) = resources(template, kind).values()
    properties: dict[str, Any] = readable(template, resource["Properties"])
    return properties


def test_without_a_package_there_is_no_endpoint_in_the_template(synthesise: Templates) -> None:
    template = synthesise("sandbox")["MlEndpoint"]
    assert not resources(template, "AWS::SageMaker::Endpoint")


def test_the_model_is_isolated_in_the_vpc_and_captured_under_the_key(
    synthesise: Templates,
) -> None:
    template = endpoint(synthesise)
    model = only(template, "AWS::SageMaker::Model")
    assert model["EnableNetworkIsolation"] is True
    assert len(model["VpcConfig"]["Subnets"]) == 2
    assert model["PrimaryContainer"] == {"ModelPackageName": PACKAGE}
    configuration = only(template, "AWS::SageMaker::EndpointConfig")
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
def test_traffic_moves_as_the_setting_says(
    synthesise: Templates, roll_out: str, kind: str, size: str | None
) -> None:
    template = endpoint(synthesise, ("ml_endpoint.roll_out", roll_out))
    policy = only(template, "AWS::SageMaker::Endpoint")["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    routing = policy["TrafficRoutingConfiguration"]
    assert routing["Type"] == kind
    sizes = set(routing) & {"CanarySize", "LinearStepSize"}
    assert sizes == ({size} if size else set())
    # The old fleet stands as long as the new one bakes, or there is nothing to roll back to.
    assert policy["TerminationWaitInSeconds"] == routing["WaitIntervalInSeconds"] == 300


def test_it_scales_by_calls_for_each_instance(synthesise: Templates) -> None:
    template = endpoint(synthesise)
    target = only(template, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 2)
    assert target["ResourceId"] == "endpoint/flight-delay/variant/champion"
    tracked = only(template, "AWS::ApplicationAutoScaling::ScalingPolicy")[
        "TargetTrackingScalingPolicyConfiguration"
    ]
    assert tracked["TargetValue"] == 1000
    metric = tracked["PredefinedMetricSpecification"]["PredefinedMetricType"]
    assert metric == "SageMakerVariantInvocationsPerInstance"


def test_serverless_has_no_instances_no_vpc_and_no_scaling(synthesise: Templates) -> None:
    template = endpoint(synthesise, *SERVERLESS)
    (variant,) = only(template, "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    assert "InstanceType" not in variant
    assert "VpcConfig" not in only(template, "AWS::SageMaker::Model")
    assert not resources(template, "AWS::ApplicationAutoScaling::ScalableTarget")


def test_asynchronous_answers_into_the_bucket_under_the_key(synthesise: Templates) -> None:
    template = endpoint(synthesise, ("ml_endpoint.serving", "asynchronous"))
    output = only(template, "AWS::SageMaker::EndpointConfig")["AsyncInferenceConfig"][
        "OutputConfig"
    ]
    assert output["S3OutputPath"].endswith("/transform/answers")
    assert "KmsKeyId" in output


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"in_vpc": "true"}, "serving=serverless needs in_vpc=false"),
        ({"data_capture_percent": "10"}, "serving=serverless needs data_capture_percent=0"),
        ({"challenger_weight": "0.5"}, "serving=serverless needs challenger_weight=0"),
        ({"pipeline": "true"}, "serving=serverless needs pipeline=false"),
        ({"roll_out": "shadow"}, "serving=serverless needs roll_out other than shadow"),
        ({"serving": "real-time"}, "serving=real-time needs in_vpc=true"),
        ({"serving": "asynchronous"}, "serving=asynchronous needs in_vpc=true"),
        ({"maximum_instances": "1", "minimum_instances": "2"}, "minimum_instances=2 is more than"),
    ],
)
def test_what_the_service_would_refuse_is_refused_at_synth(
    changed: dict[str, str], sentence: str
) -> None:
    typed = dict(SERVERLESS) | {f"ml_endpoint.{key}": value for key, value in changed.items()}
    with pytest.raises(SettingsError) as refusal:
        environment_from(typed)
    assert str(refusal.value).startswith(f"-c ml_endpoint.*: {sentence}")
