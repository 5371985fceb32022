"""The deployed platform: training under its own role, roll-outs, predictions, batches."""

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.demos.ml_platform.experiments import MlflowApp, card_of
from local.demos.prediction_api import PredictionApi
from tests.local.conftest import Platform

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed platform")]


def test_a_model_is_trained_evaluated_and_registered(trained: dict[str, Any]) -> None:
    assert trained["status"] == "SUCCEEDED", trained.get("cause")
    output = json.loads(trained["output"])
    assert output["registered"] is True
    assert output["report"]["gain"] > 0.01


def test_mlflow_has_its_run_with_the_figure_of_its_model_card(
    platform: Platform, trained: dict[str, Any]
) -> None:
    output = json.loads(trained["output"])
    app = MlflowApp(platform.emulator, platform.training["MlflowAppArn"])
    runs = {run.name: run for run in app.runs("flight-delay", 1)}
    run = runs[trained["name"]]
    card = card_of(platform.emulator.client("sagemaker"), output["model_package_arn"])
    assert run.metrics["roc_auc"] == pytest.approx(card["roc_auc"])
    assert run.tags["model_package_arn"] == output["model_package_arn"]
    assert run.parameters["max_depth"] == "6"
    assert {"evaluation.json", "plots/roc_curve.png"} <= set(run.artefacts)


def test_mlflow_answers_nobody_without_the_right_to_call_it(platform: Platform) -> None:
    (role_arn,) = [
        role["Arn"]
        for role in platform.emulator.client("iam").list_roles()["Roles"]
        if "MlTraining-RolesTraining" in role["RoleName"]
    ]
    session = platform.emulator.assume(role_arn, "sagemaker")
    app = MlflowApp(platform.emulator, platform.training["MlflowAppArn"], session)
    status, answer = app.call("POST", "experiments/create", {"name": "mine"})
    assert status == 403
    assert "sagemaker:CallMlflowAppApi" in answer["Message"]


def test_its_approval_rolls_it_out_and_the_api_answers(
    platform: Platform, trained: dict[str, Any]
) -> None:
    assert json.loads(trained["output"])["registered"]
    states = platform.emulator.client("stepfunctions")
    machine = platform.endpoint["StateMachineArn"]
    (roll_out,) = states.list_executions(stateMachineArn=machine)["executions"]
    assert roll_out["status"] == "SUCCEEDED"
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


def test_the_first_container_prepares_raw_flights(
    platform: Platform, trained: dict[str, Any]
) -> None:
    assert json.loads(trained["output"])["registered"]
    runtime = platform.emulator.client("sagemaker-runtime")
    common = {"destination": "IAH", "distance_miles": 1400}
    raw = {"carrier": " ua", "origin": "ewr", "scheduled_departure": "2013-01-01T22:15:00"}
    prepared = {"carrier": "UA", "origin": "EWR", "month": 1, "weekday": 2, "hour": 22}
    answers = [
        json.loads(
            runtime.invoke_endpoint(
                EndpointName=platform.endpoint["EndpointName"],
                ContentType="application/json",
                Body=json.dumps({"flights": [{**common, **flight}]}),
            )["Body"].read()
        )
        for flight in (raw, prepared)
    ]
    assert answers[0] == answers[1]
    with pytest.raises(ClientError, match="ModelError") as refusal:
        runtime.invoke_endpoint(
            EndpointName=platform.endpoint["EndpointName"],
            ContentType="application/json",
            Body=json.dumps({"flights": [{**common, "scheduled": "now"}]}),
        )
    response: dict[str, Any] = {**refusal.value.response}
    assert "'scheduled' is no feature" in response["OriginalMessage"]


def test_a_package_that_already_serves_is_not_rolled_out_again(
    platform: Platform, trained: dict[str, Any]
) -> None:
    package = json.loads(trained["output"])["model_package_arn"]
    again = platform.execute(platform.endpoint["StateMachineArn"], {"model_package_arn": package})
    assert json.loads(again["output"])["deployed"] is False


def test_a_set_without_data_fails_with_the_missing_splits(platform: Platform) -> None:
    empty_set = f"s3://{platform.training['BucketName']}/training/nothing/"
    failed = platform.execute(platform.training["StateMachineArn"], {"training_data": empty_set})
    assert (failed["status"], failed["error"]) == ("FAILED", "NoData")
    assert "holds nothing of: train, validation, test" in failed["cause"]


def test_the_buckets_refuse_jobs_that_come_from_outside_the_vpc(platform: Platform) -> None:
    (role_arn,) = [
        role["Arn"]
        for role in platform.emulator.client("iam").list_roles()["Roles"]
        if "MlTraining-RolesTraining" in role["RoleName"]
    ]
    outside = platform.emulator.client("s3", platform.emulator.assume(role_arn, "sagemaker"))
    key = "training/split=train/part-0"
    with pytest.raises(Exception, match=r"AccessDenied|not authorized|Access Denied"):
        outside.get_object(Bucket=platform.training["BucketName"], Key=key)


def test_a_batch_transform_appends_a_probability_to_each_line(
    platform: Platform, trained: dict[str, Any]
) -> None:
    assert json.loads(trained["output"])["registered"]
    bucket, prefix = platform.training["BucketName"], "training/split=test/"
    execution = platform.execute(
        platform.endpoint["BatchStateMachineArn"], {"flights": f"s3://{bucket}/{prefix}"}
    )
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    predictions = json.loads(execution["output"])["predictions"]
    s3 = platform.emulator.client("s3")
    source = s3.get_object(Bucket=bucket, Key=f"{prefix}part-0")["Body"].read().decode()
    target, _, folder = predictions.removeprefix("s3://").partition("/")
    output = s3.get_object(Bucket=target, Key=f"{folder}part-0.out")["Body"].read().decode()
    pairs = list(zip(source.splitlines(), output.splitlines(), strict=True))
    assert len(pairs) > 1000
    for line, output_line in pairs:
        flight, _, probability = output_line.rpartition(",")
        assert flight == line
        assert 0 < float(probability) < 1


@pytest.mark.parametrize(
    ("flights", "reason"),
    [
        ("s3://{bucket}/training/split=test", "must name a prefix that ends in a slash"),
        ("s3://{own_bucket}/transform/nothing/", "holds nothing"),
        ("s3://{bucket}/training/split=train/", "not authorized|AccessDenied|Access Denied"),
    ],
)
def test_a_batch_without_data_or_of_another_split_is_refused(
    platform: Platform, trained: dict[str, Any], flights: str, reason: str
) -> None:
    assert json.loads(trained["output"])["registered"]
    uri = flights.format(
        bucket=platform.training["BucketName"], own_bucket=platform.endpoint["BucketName"]
    )
    failed = platform.execute(platform.endpoint["BatchStateMachineArn"], {"flights": uri})
    assert failed["status"] == "FAILED"
    assert re.search(reason, failed["cause"]), failed["cause"]


def test_a_failed_roll_out_leaves_the_old_model_serving(
    platform: Platform, trained: dict[str, Any]
) -> None:
    first = json.loads(trained["output"])
    # A hyperparameter search makes the second model, and its approval rolls it out.
    search = platform.execute(platform.training["StateMachineArn"], {"tune": True})
    assert search["status"] == "SUCCEEDED", search.get("cause")
    second = json.loads(search["output"])
    assert second["model_package_arn"] != first["model_package_arn"]
    platform.wait_for_roll_outs()
    machine = platform.endpoint["StateMachineArn"]
    again = platform.execute(machine, {"model_package_arn": second["model_package_arn"]})
    assert json.loads(again["output"])["reason"].endswith("serves already")
    late = platform.execute(machine, {"model_package_arn": first["model_package_arn"]})
    assert json.loads(late["output"])["reason"].startswith("a later version")
    # Who asks for the champion gets it, whatever its version: roll back, and forth again.
    for package in (first["model_package_arn"], second["model_package_arn"]):
        asked_for = {"model_package_arn": package, "champion": True}
        assert json.loads(platform.execute(machine, asked_for)["output"])["deployed"]

    bucket, _, key = first["model"].removeprefix("s3://").partition("/")
    platform.emulator.client("s3").put_object(Bucket=bucket, Key=key, Body=b"not a model")
    asked_for = {"model_package_arn": first["model_package_arn"], "champion": True}
    failed = platform.execute(machine, asked_for)
    assert (failed["status"], failed["error"]) == ("FAILED", "States.TaskFailed")
    assert failed["cause"].startswith("Failed at Ask the new model: ")
    assert "is no model.tar.gz" in failed["cause"]
    assert failed["cause"].endswith("The old model serves on.")
    again = platform.execute(machine, {"model_package_arn": second["model_package_arn"]})
    assert json.loads(again["output"])["reason"].endswith("serves already")
