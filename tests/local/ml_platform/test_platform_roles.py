"""Taking any one statement out of a role of the ML platform makes its work fail."""

import json
import time
from typing import Any

import pytest

from local.demos.ml_platform.prediction_api import PredictionApi
from tests.local.conftest import Platform, policy_of, without

pytestmark = pytest.mark.sandbox

TRAINING, EVALUATION = "MlTraining-RolesTraining", "MlTraining-RolesEvaluation"
SERVING = "MlEndpoint-Role"
PREDICT, DETECT = "PredictRole", "DetectRole"
TRAINS = ["FindTheSet", "ReadTheSet", "FindItsCheckpoints", "KeepCheckpoints", "WriteTheModel"]
EVALUATES = ["FindTheSet", "ReadTheSet", "FindTheModel", "ReadTheModel", "WriteTheReport"]
OF_EVERY_JOB = ["UseTheKey", "ReadItsCode", "FindItsCode"]
TRANSFORMS = ["ReadTheModel", "ReadThePreparation", "FindTheSet", "ReadTheSet", "UseTheKey"]
TRANSFORMS += ["WriteWhatItAnswered"]
TRANSFORMS_OWN = ["FindWhatToTransform", "ReadWhatToTransform"]
DETECTS = ["FindCaptures", "ReadCapturesAndStatistics", "ReadUnderTheKey", "PublishShift"]
# Here are no images, no network, no volumes, and logs are written under no role.
UNSEEN = ["WriteItsLogs", "PublishItsMetrics", "PullItsImage", "SignInToTheRegistry"]
UNSEEN += ["StandInTheVpc", "EncryptItsVolumes"]
FLIGHT = {"carrier": "UA", "origin": "EWR", "destination": "IAH", "month": 1, "weekday": 2}
FLIGHT |= {"hour": 22, "distance_miles": 1400}


@pytest.mark.parametrize(
    ("part", "tried", "unseen"),
    [
        (TRAINING, [*TRAINS, *OF_EVERY_JOB], UNSEEN),
        (EVALUATION, [*EVALUATES, *OF_EVERY_JOB], UNSEEN),
        # SageMaker looks for the model below its prefix; here it is fetched by its name.
        (SERVING, [*TRANSFORMS, *TRANSFORMS_OWN], [*UNSEEN, "FindTheModel"]),
        (PREDICT, ["AskTheEndpoint"], ["WriteItsLogs", "StandInTheVpc"]),
        (DETECT, DETECTS, ["WriteItsLogs"]),
    ],
)
def test_every_statement_is_tried(
    platform: Platform, part: str, tried: list[str], unseen: list[str]
) -> None:
    _, _, document = policy_of(platform.emulator, part)
    assert sorted(each["Sid"] for each in document["Statement"]) == sorted([*tried, *unseen])


@pytest.mark.parametrize("sid", [*TRAINS, *OF_EVERY_JOB])
def test_training_fails_without(platform: Platform, sid: str) -> None:
    with without(platform.emulator, TRAINING, sid):
        failed = platform.execute(platform.training["StateMachineArn"], {})
    assert failed["status"] == "FAILED"
    assert "Failed at Train:" in failed["cause"]


@pytest.mark.parametrize("sid", [*EVALUATES, *OF_EVERY_JOB])
def test_evaluating_fails_without(platform: Platform, sid: str) -> None:
    with without(platform.emulator, EVALUATION, sid):
        failed = platform.execute(platform.training["StateMachineArn"], {})
    assert failed["status"] == "FAILED"
    assert "Failed at Evaluate:" in failed["cause"]


def transform(platform: Platform, uri: str) -> dict[str, Any]:
    return platform.execute(platform.endpoint["BatchStateMachineArn"], {"flights": uri})


@pytest.mark.parametrize("sid", TRANSFORMS)
def test_a_transform_of_the_set_fails_without(
    platform: Platform, trained: dict[str, Any], sid: str
) -> None:
    assert json.loads(trained["output"])["registered"]
    uri = f"s3://{platform.training['BucketName']}/training/split=test/"
    with without(platform.emulator, SERVING, sid):
        failed = transform(platform, uri)
    assert failed["status"] == "FAILED"
    assert "Failed at Transform:" in failed["cause"]


def test_a_transform_of_its_own_prefix_needs_its_rights(
    platform: Platform, trained: dict[str, Any]
) -> None:
    assert json.loads(trained["output"])["registered"]
    bucket = platform.endpoint["BucketName"]
    line = b"0,UA,EWR,IAH,1,2,22,1400,,,,,\n"
    platform.emulator.client("s3").put_object(Bucket=bucket, Key="transform/in/part-0", Body=line)
    assert transform(platform, f"s3://{bucket}/transform/in/")["status"] == "SUCCEEDED"
    for sid in TRANSFORMS_OWN:
        with without(platform.emulator, SERVING, sid):
            failed = transform(platform, f"s3://{bucket}/transform/in/")
        assert failed["status"] == "FAILED", sid
        assert "Failed at Transform:" in failed["cause"], sid


@pytest.fixture(scope="module")
def api(platform: Platform, trained: dict[str, Any]) -> PredictionApi:
    """The API in front of the model that was rolled out."""
    assert json.loads(trained["output"])["registered"]
    return PredictionApi(platform.emulator, platform.endpoint["ApiUrl"])


def test_the_function_cannot_ask_without(platform: Platform, api: PredictionApi) -> None:
    with without(platform.emulator, PREDICT, "AskTheEndpoint"):
        refused = api.ask([FLIGHT])
    assert refused.status_code >= 500
    assert "sagemaker" not in refused.text.lower()
    assert api.ask([FLIGHT]).status_code == 200


def test_the_drift_check_cannot_tell_without(platform: Platform, api: PredictionApi) -> None:
    api.ask([FLIGHT] * 100).raise_for_status()
    s3, lambda_ = platform.emulator.client("s3"), platform.emulator.client("lambda")
    (name,) = (
        each["FunctionName"]
        for each in lambda_.list_functions()["Functions"]
        if "Detect" in each["FunctionName"]
    )
    bucket = platform.endpoint["BucketName"]
    prefix = f"capture/{platform.endpoint['EndpointName']}/champion/"

    def check() -> dict[str, Any]:
        key = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"][0]["Key"]
        event = {"detail": {"bucket": {"name": bucket}, "object": {"key": key}}}
        answer = lambda_.invoke(FunctionName=name, Payload=json.dumps(event))
        said: dict[str, Any] = json.loads(answer["Payload"].read())
        return {**said, "failed": "FunctionError" in answer}

    deadline = time.monotonic() + 30
    while not s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents"):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    while "LargestPsi" not in (said := check()):
        assert time.monotonic() < deadline, said
        time.sleep(0.5)
    for sid in DETECTS:
        with without(platform.emulator, DETECT, sid):
            assert check()["failed"], sid
    assert not check()["failed"]
