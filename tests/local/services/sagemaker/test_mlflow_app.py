"""The stand-in of a managed MLflow app, over HTTP as MLflow's client calls it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.services.sagemaker.mlflow_app import MlflowApps, MlflowCall

ROOT_URI = "s3://bucket/mlflow"


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowApps]:
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "logs").mkdir()
    started = MlflowApps(folder)
    yield started
    started.stop()


def call(apps: MlflowApps, method: str, path: str, **fields: Any) -> tuple[int, dict[str, Any]]:
    body = json.dumps(fields).encode()
    answer = apps.answer(MlflowCall(method, f"/api/2.0/mlflow/{path}", body, ROOT_URI))
    return answer.status_code, answer.json()


@pytest.fixture(scope="module")
def experiment_id(apps: MlflowApps) -> str:
    status, answer = call(apps, "POST", "experiments/create", name="flight-delay")
    assert status == 200
    return str(answer["experiment_id"])


def test_artefacts_of_an_experiment_are_below_those_of_the_app(
    apps: MlflowApps, experiment_id: str
) -> None:
    status, answer = call(apps, "GET", "experiments/get-by-name?experiment_name=flight-delay")
    assert status == 200
    assert answer["experiment"]["artifact_location"] == f"{ROOT_URI}/{experiment_id}"


def test_an_experiment_has_its_name_once(apps: MlflowApps, experiment_id: str) -> None:
    assert experiment_id
    status, answer = call(apps, "POST", "experiments/create", name="flight-delay")
    assert (status, answer["error_code"]) == (400, "RESOURCE_ALREADY_EXISTS")


def test_an_experiment_that_is_not_there_is_not_found(apps: MlflowApps) -> None:
    status, answer = call(apps, "GET", "experiments/get-by-name?experiment_name=nobody")
    assert (status, answer["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_a_run_is_found_by_its_tag_with_what_was_logged(
    apps: MlflowApps, experiment_id: str
) -> None:
    tag = {"key": "execution_arn", "value": "arn:monday"}
    fields = {"experiment_id": experiment_id, "start_time": 1_000, "tags": [tag]}
    for name in ("monday", "tuesday"):
        status, created = call(apps, "POST", "runs/create", run_name=name, **fields)
        assert status == 200
        fields["tags"] = []
    run_id = created["run"]["info"]["run_id"]
    metric = {"key": "roc_auc", "value": 0.7, "timestamp": 2_000, "step": 0}
    parameter = {"key": "eta", "value": "0.1"}
    assert call(
        apps, "POST", "runs/log-batch", run_id=run_id, metrics=[metric], params=[parameter]
    ) == (200, {})
    call(apps, "POST", "runs/update", run_id=run_id, status="FINISHED", end_time=3_000)
    _, tuesday = call(apps, "GET", f"runs/get?run_id={run_id}")
    assert tuesday["run"]["data"]["metrics"][0]["value"] == 0.7
    assert tuesday["run"]["data"]["params"] == [parameter]
    assert tuesday["run"]["info"]["status"] == "FINISHED"
    search = {"experiment_ids": [experiment_id], "filter": "tags.execution_arn = 'arn:monday'"}
    _, matches = call(apps, "POST", "runs/search", **search)
    assert [run["info"]["run_name"] for run in matches["runs"]] == ["monday"]


def test_a_parameter_cannot_be_changed(apps: MlflowApps, experiment_id: str) -> None:
    _, created = call(apps, "POST", "runs/create", experiment_id=experiment_id, start_time=1)
    run_id = created["run"]["info"]["run_id"]
    answers = [
        call(apps, "POST", "runs/log-batch", run_id=run_id, params=[{"key": "eta", "value": eta}])
        for eta in ("0.1", "0.1", "0.2")
    ]
    assert [status == 200 for status, _ in answers] == [True, True, False]


def test_what_has_no_stand_in_is_refused(apps: MlflowApps) -> None:
    status, answer = call(apps, "POST", "traces/search")
    assert (status, answer["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    assert "POST /api/2.0/mlflow/traces/search" in answer["message"]
