"""Each statement of the ML platform's roles is needed: without it, their work fails."""

import json
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import requests

from local.demos.prediction_api import PredictionApi
from tests.local.conftest import Platform, statement_ids, without

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed platform")]

TRAINING, EVALUATION = "MlTraining-RolesTraining", "MlTraining-RolesEvaluation"
SERVING = "MlEndpoint-Role"
PREDICT, DETECT = "PredictRole", "DetectRole"
TRAINS = ["FindTheSet", "ReadTheSet", "FindItsCheckpoints", "KeepCheckpoints", "WriteTheModel"]
EVALUATES = ["FindTheSet", "ReadTheSet", "FindTheModel", "ReadTheModel", "WriteTheReport"]
EVERY_JOB = ["UseTheKey", "ReadItsCode", "FindItsCode"]
TRANSFORMS = ["ReadTheModel", "ReadThePreparation", "FindTheSet", "ReadTheSet", "UseTheKey"]
TRANSFORMS += ["WriteWhatItAnswered"]
SMOKE_TESTS = ["FindTheSample", "ReadTheSample", "WriteWhatItAnswered"]
OWN_TRANSFORMS = ["FindWhatToTransform", "ReadWhatToTransform"]
DETECTS = ["FindCapturesAndCounts", "ReadCapturesAndStatistics", "KeepCounts", "UseTheKey"]
DETECTS += ["PublishShift"]
# The local AWS has no images, network or volumes, and writes logs under no role.
NOT_TESTABLE = ["WriteItsLogs", "PublishItsMetrics", "PullItsImage", "SignInToTheRegistry"]
NOT_TESTABLE += ["StandInTheVpc", "EncryptItsVolumes"]
FLIGHT = {"carrier": "UA", "origin": "EWR", "destination": "IAH", "month": 1, "weekday": 2}
FLIGHT |= {"hour": 22, "distance_miles": 1400}


@pytest.mark.parametrize(
    ("role", "tested", "not_testable"),
    [
        (TRAINING, [*TRAINS, *EVERY_JOB], NOT_TESTABLE),
        (EVALUATION, [*EVALUATES, *EVERY_JOB], NOT_TESTABLE),
        # SageMaker lists the model's prefix; the stand-in reads the object by its key.
        # What a deployment needs of this role is tested with the workflow's (test_workflow_roles).
        (
            SERVING,
            [*TRANSFORMS, *OWN_TRANSFORMS, *SMOKE_TESTS[:2], "WatchTheRollOut"],
            [*NOT_TESTABLE, "FindTheModel"],
        ),
        (PREDICT, ["AskTheEndpoint"], ["WriteItsLogs", "StandInTheVpc"]),
        (DETECT, DETECTS, ["WriteItsLogs"]),
    ],
)
def test_every_statement_is_tested(
    platform: Platform, role: str, tested: list[str], not_testable: list[str]
) -> None:
    assert statement_ids(platform.emulator, role) == sorted([*tested, *not_testable])


def run_again(platform: Platform, kind: str, saying: str = "") -> dict[str, Any]:
    """Run the newest job of a kind again, as the workflow's task does; its error and cause, if any.

    `saying`: what the job's request must contain. A whole execution would train before each
    evaluation, and try to stop each job that failed.
    """
    files = [
        file
        for file in platform.workspace.folder.glob(f"jobs/{kind}-*.json")
        if saying in file.read_text()
    ]
    newest = json.loads(max(files, key=lambda file: file.stat().st_mtime).read_text())
    task = {
        "resource": f"arn:aws:states:::sagemaker:create{kind}Job.sync",
        "arguments": {**newest, f"{kind}JobName": f"again-{uuid4()}"},
        "role": "",
    }
    url = f"http://127.0.0.1:{platform.emulator.tasks_port}/tasks"
    answer: dict[str, Any] = requests.post(url, json=task, timeout=300).json()
    return answer


@pytest.mark.parametrize(
    ("kind", "role", "sids"),
    [
        ("Training", TRAINING, [*TRAINS, *EVERY_JOB]),
        ("Processing", EVALUATION, [*EVALUATES, *EVERY_JOB]),
    ],
)
def test_a_job_fails_without(
    platform: Platform, trained: dict[str, Any], kind: str, role: str, sids: list[str]
) -> None:
    assert json.loads(trained["output"])["registered"]
    assert "error" not in run_again(platform, kind)
    for sid in sids:
        with without(platform.emulator, role, sid):
            assert run_again(platform, kind).get("error") == "States.TaskFailed", sid


def test_a_smoke_test_fails_without(platform: Platform, trained: dict[str, Any]) -> None:
    assert json.loads(trained["output"])["registered"]
    assert "error" not in run_again(platform, "Transform", "smoke_test")
    for sid in SMOKE_TESTS:
        with without(platform.emulator, SERVING, sid):
            answer = run_again(platform, "Transform", "smoke_test")
        assert answer.get("error") == "States.TaskFailed", sid


def transform(platform: Platform, uri: str) -> dict[str, Any]:
    return platform.execute(platform.endpoint["BatchStateMachineArn"], {"flights": uri})


def assert_transforming_needs(platform: Platform, uri: str, sids: list[str]) -> None:
    """By executions: the workflow deletes the model of a job that has ended."""
    assert transform(platform, uri)["status"] == "SUCCEEDED"
    for sid in sids:
        with without(platform.emulator, SERVING, sid):
            failed = transform(platform, uri)
        assert failed["status"] == "FAILED", sid
        assert "Failed at Transform:" in failed["cause"], sid


def test_transforming_the_set_fails_without(platform: Platform, trained: dict[str, Any]) -> None:
    assert json.loads(trained["output"])["registered"]
    uri = f"s3://{platform.training['BucketName']}/training/split=test/"
    assert_transforming_needs(platform, uri, TRANSFORMS)


def test_transforming_its_own_prefix_fails_without(
    platform: Platform, trained: dict[str, Any]
) -> None:
    assert json.loads(trained["output"])["registered"]
    bucket = platform.endpoint["BucketName"]
    line = b"0,UA,EWR,IAH,1,2,22,1400,,,,,,,,a-flight,2013-01-01T22:00:00,2013-01-01T21:00:00\n"
    platform.emulator.client("s3").put_object(Bucket=bucket, Key="transform/in/part-0", Body=line)
    assert_transforming_needs(platform, f"s3://{bucket}/transform/in/", OWN_TRANSFORMS)


@pytest.fixture(scope="module")
def api(platform: Platform, trained: dict[str, Any]) -> PredictionApi:
    """The API of the model that was rolled out."""
    assert json.loads(trained["output"])["registered"]
    return PredictionApi(platform.emulator, platform.endpoint["ApiUrl"])


def test_the_api_answers_an_error_without(platform: Platform, api: PredictionApi) -> None:
    with without(platform.emulator, PREDICT, "AskTheEndpoint"):
        response = api.ask([FLIGHT])
    assert response.status_code >= 500
    assert "sagemaker" not in response.text.lower()
    assert api.ask([FLIGHT]).status_code == 200


def test_the_drift_check_fails_without(platform: Platform, api: PredictionApi) -> None:
    for _ in range(5):
        api.ask([FLIGHT] * 100).raise_for_status()
    lambda_ = platform.emulator.client("lambda")

    def check() -> dict[str, Any]:
        response = lambda_.invoke(
            FunctionName=platform.endpoint["DriftFunctionName"],
            Payload=json.dumps({"time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}),
        )
        figures = json.loads(response["Payload"].read())
        return {"champion": {}, **figures, "failed": "FunctionError" in response}

    deadline = time.monotonic() + 60
    while "LargestShift" not in (figures := check())["champion"]:
        assert time.monotonic() < deadline, figures
        time.sleep(0.5)
    for sid in DETECTS:
        with without(platform.emulator, DETECT, sid):
            assert check()["failed"], sid
    assert not check()["failed"]
