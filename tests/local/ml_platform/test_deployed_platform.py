"""The platform in the embedded AWS: a training under its own role, a roll-out, and calls."""

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.demos.ml_platform.prediction_api import PredictionApi
from tests.local.conftest import Platform

pytestmark = pytest.mark.sandbox


def test_a_model_is_trained_judged_and_registered(trained: dict[str, Any]) -> None:
    assert trained["status"] == "SUCCEEDED", trained.get("cause")
    output = json.loads(trained["output"])
    assert output["registered"] is True
    assert output["report"]["gain"] > 0.01


def test_its_approval_rolls_it_out_and_the_api_answers(
    platform: Platform, trained: dict[str, Any]
) -> None:
    assert json.loads(trained["output"])["registered"]
    states = platform.emulator.client("stepfunctions")
    machine = platform.endpoint["StateMachineArn"]
    (started,) = states.list_executions(stateMachineArn=machine)["executions"]
    assert started["status"] == "SUCCEEDED"
    api = PredictionApi(platform.emulator, platform.endpoint["ApiUrl"])
    flight = {"carrier": "UA", "origin": "EWR", "destination": "IAH", "month": 1, "weekday": 2}
    flight |= {"hour": 22, "distance_miles": 1400}
    answer = api.ask([flight], x_correlation_id="test-1")
    assert answer.status_code == 200
    assert answer.headers["x-correlation-id"] == "test-1"
    assert answer.json()["model_variant"] == "champion"
    assert 0 < answer.json()["predictions"][0]["probability"] < 1
    assert api.ask([{**flight, "hour": 24}]).status_code == 400
    assert api.ask([flight], x_target_variant="nobody").status_code == 400


def test_the_container_in_front_prepares_what_a_feed_has(
    platform: Platform, trained: dict[str, Any]
) -> None:
    assert json.loads(trained["output"])["registered"]
    runtime = platform.emulator.client("sagemaker-runtime")
    known = {"destination": "IAH", "distance_miles": 1400}
    feed = {"carrier": " ua", "origin": "ewr", "scheduled_departure": "2013-01-01T22:15:00"}
    model = {"carrier": "UA", "origin": "EWR", "month": 1, "weekday": 2, "hour": 22}
    answers = [
        json.loads(
            runtime.invoke_endpoint(
                EndpointName=platform.endpoint["EndpointName"],
                ContentType="application/json",
                Body=json.dumps({"flights": [{**known, **each}]}),
            )["Body"].read()
        )
        for each in (feed, model)
    ]
    assert answers[0] == answers[1]
    with pytest.raises(ClientError, match="ModelError") as refusal:
        runtime.invoke_endpoint(
            EndpointName=platform.endpoint["EndpointName"],
            ContentType="application/json",
            Body=json.dumps({"flights": [{**known, "scheduled": "now"}]}),
        )
    said: dict[str, Any] = {**refusal.value.response}
    assert "'scheduled' is no feature" in said["OriginalMessage"]


def test_a_package_that_serves_already_is_left_alone(
    platform: Platform, trained: dict[str, Any]
) -> None:
    package = json.loads(trained["output"])["model_package_arn"]
    again = platform.execute(platform.endpoint["StateMachineArn"], {"model_package_arn": package})
    assert json.loads(again["output"])["deployed"] is False


def test_a_set_without_data_fails_in_plain_words(platform: Platform) -> None:
    nothing = f"s3://{platform.training['BucketName']}/training/nothing/"
    failed = platform.execute(platform.training["StateMachineArn"], {"training_data": nothing})
    assert (failed["status"], failed["error"]) == ("FAILED", "NoData")
    assert "holds nothing of: train, validation, test" in failed["cause"]


def test_the_buckets_refuse_jobs_that_come_from_outside_the_vpc(platform: Platform) -> None:
    (role,) = [
        each["Arn"]
        for each in platform.emulator.client("iam").list_roles()["Roles"]
        if "MlTraining-RolesTraining" in each["RoleName"]
    ]
    outside = platform.emulator.client("s3", platform.emulator.assume(role, "sagemaker"))
    key = "training/split=train/part-0"
    with pytest.raises(Exception, match=r"AccessDenied|not authorized|Access Denied"):
        outside.get_object(Bucket=platform.training["BucketName"], Key=key)


def test_a_batch_comes_back_with_a_probability_behind_each_line(
    platform: Platform, trained: dict[str, Any]
) -> None:
    assert json.loads(trained["output"])["registered"]
    bucket, prefix = platform.training["BucketName"], "training/split=test/"
    done = platform.execute(
        platform.endpoint["BatchStateMachineArn"], {"flights": f"s3://{bucket}/{prefix}"}
    )
    assert done["status"] == "SUCCEEDED", done.get("cause")
    said = json.loads(done["output"])["predictions"]
    s3 = platform.emulator.client("s3")
    given = s3.get_object(Bucket=bucket, Key=f"{prefix}part-0")["Body"].read().decode()
    target, _, folder = said.removeprefix("s3://").partition("/")
    answer = s3.get_object(Bucket=target, Key=f"{folder}part-0.out")["Body"].read().decode()
    pairs = list(zip(given.splitlines(), answer.splitlines(), strict=True))
    assert len(pairs) > 1000
    for line, answered in pairs:
        flight, _, probability = answered.rpartition(",")
        assert flight == line
        assert 0 < float(probability) < 1


@pytest.mark.parametrize(
    ("flights", "why"),
    [
        ("s3://{bucket}/training/split=test", "must name a prefix that ends in a slash"),
        ("s3://{bucket}/transform/nothing/", "holds nothing"),
        ("s3://{bucket}/training/split=train/", "not authorized|AccessDenied|Access Denied"),
    ],
)
def test_a_batch_of_nothing_or_of_another_split_is_refused(
    platform: Platform, trained: dict[str, Any], flights: str, why: str
) -> None:
    assert json.loads(trained["output"])["registered"]
    uri = flights.format(bucket=platform.training["BucketName"])
    failed = platform.execute(platform.endpoint["BatchStateMachineArn"], {"flights": uri})
    assert failed["status"] == "FAILED"
    assert re.search(why, failed["cause"]), failed["cause"]


def test_a_roll_out_that_fails_leaves_the_old_model_serving(
    platform: Platform, trained: dict[str, Any]
) -> None:
    first = json.loads(trained["output"])
    # A search for hyperparameters gives the second model, and its approval rolls it out.
    searched = platform.execute(platform.training["StateMachineArn"], {"tune": True})
    assert searched["status"] == "SUCCEEDED", searched.get("cause")
    second = json.loads(searched["output"])
    assert second["model_package_arn"] != first["model_package_arn"]
    platform.wait_for_roll_outs()
    machine = platform.endpoint["StateMachineArn"]
    serves = platform.execute(machine, {"model_package_arn": second["model_package_arn"]})
    assert json.loads(serves["output"])["reason"].endswith("serves already")

    bucket, _, key = first["model"].removeprefix("s3://").partition("/")
    platform.emulator.client("s3").put_object(Bucket=bucket, Key=key, Body=b"not a model")
    failed = platform.execute(machine, {"model_package_arn": first["model_package_arn"]})
    assert (failed["status"], failed["error"]) == ("FAILED", "RollOutInService")
    assert "is no model.tar.gz" in failed["cause"]
    assert failed["cause"].endswith("The old model serves on.")
    again = platform.execute(machine, {"model_package_arn": second["model_package_arn"]})
    assert json.loads(again["output"])["reason"].endswith("serves already")
