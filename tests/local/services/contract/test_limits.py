"""What botocore's shapes allow passes, and what breaks a limit is refused and named."""

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.services.contract.exceptions import TABLE
from local.services.contract.limits import violations
from local.services.contract.operations import input_shape, service_model
from tests.local.services.contract.requests import Site, broken, sites, valid

OPERATIONS = [
    ("sagemaker", "CreateTrainingJob"),
    ("sagemaker", "UpdateEndpoint"),
    ("sagemaker", "CreateEndpointConfig"),
    ("translate", "StartTextTranslationJob"),
    ("application-autoscaling", "PutScalingPolicy"),
    ("dynamodb", "UpdateItem"),
    ("transcribe", "StartTranscriptionJob"),
    ("polly", "StartSpeechSynthesisTask"),
    ("comprehend", "DetectSentiment"),
    ("kinesis", "PutRecords"),
    ("athena", "StartQueryExecution"),
    ("lambda", "Invoke"),
    ("stepfunctions", "StartExecution"),
    ("sqs", "SendMessage"),
    ("sns", "Publish"),
    ("s3", "PutObject"),
]
each_operation = pytest.mark.parametrize(
    ("service", "name"), OPERATIONS, ids=[":".join(operation) for operation in OPERATIONS]
)
GENERATED = settings(
    max_examples=10,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)


@each_operation
@GENERATED
@given(data=st.data())
def test_what_the_model_allows_passes(service: str, name: str, data: st.DataObject) -> None:
    shape = input_shape(service, name)
    request = data.draw(valid(shape))
    assert violations(shape, request) == []


@each_operation
@GENERATED
@given(data=st.data())
def test_a_broken_limit_is_refused_and_named(service: str, name: str, data: st.DataObject) -> None:
    shape = input_shape(service, name)
    site: Site = data.draw(st.sampled_from(sites(shape)))
    request, path = data.draw(broken(shape, site))
    messages = [violation.message for violation in violations(shape, request)]
    assert any(path in message and site.stated in message for message in messages), messages


def test_a_request_is_checked_in_a_millisecond() -> None:
    shape = input_shape("sagemaker", "CreateTrainingJob")
    role = "arn:aws:iam::000000000000:role/training"
    channel = {
        "ChannelName": "train",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/train/"}},
    }
    request = {
        "TrainingJobName": "job",
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "RoleArn": role,
        "InputDataConfig": [{**channel, "ChannelName": f"channel-{n}"} for n in range(5)],
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/models/"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 10,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }
    assert violations(shape, request) == []
    fastest = min(_seconds(lambda: violations(shape, request)) for _ in range(20))
    assert fastest < 0.001


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


@pytest.mark.parametrize(
    ("service", "name", "member", "value"),
    [
        ("sagemaker", "CreateModelPackage", "ClientToken", "an_execution.name"),
        ("sagemaker", "DescribeEndpoint", "EndpointName", "under_score"),
        ("translate", "DescribeTextTranslationJob", "JobId", "job?"),
        ("transcribe", "GetTranscriptionJob", "TranscriptionJobName", "two words"),
        ("lambda", "Invoke", "FunctionName", "a function"),
    ],
)
def test_a_broken_pattern_is_refused_and_named(
    service: str, name: str, member: str, value: str
) -> None:
    patterns_broken = [
        violation
        for violation in violations(input_shape(service, name), {member: value})
        if violation.limit == "pattern"
    ]
    (violation,) = patterns_broken
    assert violation.path == member
    assert "Member must satisfy regular expression pattern" in violation.message


def test_an_exception_replaces_a_pattern_that_a_model_states() -> None:
    model = service_model("sagemaker")
    stated = {model.shape_for(name).metadata.get("pattern") for name in model.shape_names}
    assert {exception.stated for exception in TABLE} <= stated
    shape = input_shape("sagemaker", "CreateModelPackage")
    for key, refused in (("training_job", False), ("job?", True)):
        request = {"CustomerMetadataProperties": {key: "a job"}}
        assert bool(violations(shape, request)) is refused
