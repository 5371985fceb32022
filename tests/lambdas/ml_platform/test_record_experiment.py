"""Training runs in MLflow: what is kept, once, and completed if a call broke off."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from repository import ROOT

# MLflow's client is in the virtual environment of the SageMaker SDK: it is used by one function.
_PYTHON = ROOT / ".venv-sagemaker-sdk" / "bin" / "python"
_ENVIRONMENT = {
    "PYTHONPATH": str(ROOT / "lambdas" / "ml_platform"),
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
_RECORD = """
import json, sys
from datetime import UTC, datetime
from mlflow.tracking import MlflowClient
from record_experiment.run import record, training_run

folder, calls = sys.argv[1], json.loads(sys.argv[2])
client = MlflowClient(tracking_uri=f"file:{folder}")
for call in calls:
    execution = {
        "arn": call["arn"], "name": call["name"],
        "started": datetime(2026, 11, 29, 4, tzinfo=UTC),
        "ended": datetime(2026, 11, 29, 5, tzinfo=UTC),
    }
    files = {name: text.encode() for name, text in call["files"].items()}
    run = training_run(execution, call["output"], call["job"], files, call["report"])
    if call.get("breaks_off"):
        client.log_artifact = lambda *_: sys.exit("broken off")
        try:
            record(client, "flight-delay", run)
        except SystemExit:
            del client.log_artifact
        continue
    record(client, "flight-delay", run)
experiment = client.get_experiment_by_name("flight-delay")
print(json.dumps([
    {
        "name": run.info.run_name,
        "status": run.info.status,
        "seconds": (run.info.end_time - run.info.start_time) / 1000,
        "tags": run.data.tags,
        "parameters": run.data.params,
        "metrics": run.data.metrics,
        "files": sorted(
            item.path
            for folder in (None, "plots")
            for item in client.list_artifacts(run.info.run_id, folder)
            if not item.is_dir
        ),
    }
    for run in client.search_runs([experiment.experiment_id])
]))
"""
CALL: dict[str, Any] = {
    "arn": "arn:aws:states:us-east-1:000000000000:execution:train:monday",
    "name": "monday",
    "output": {
        "registered": True,
        "training_data": "s3://lake/training/1/",
        "snapshot_id": "3776207205136740581",
        "model": "s3://bucket/models/job/output/model.tar.gz",
        "model_package_arn": "arn:aws:sagemaker:us-east-1:000000000000:model-package/f/1",
    },
    "job": {
        "HyperParameters": {"sagemaker_program": '"train.py"', "eta": "0.1", "max_depth": '"6"'},
        "FinalMetricDataList": [{"MetricName": "validation:auc", "Value": 0.71}],
        "TrainingTimeInSeconds": 300,
        "BillableTimeInSeconds": 90,
    },
    "report": {
        "roc_auc": 0.721,
        "roc_auc_interval": [0.7, 0.739],
        "rows": 84_000,
        "baselines": {"carrier_and_hour": {"roc_auc": 0.629, "gain_interval": [0.06, 0.11]}},
        "calibration": [[0.1, 0.1, 100]],
        "days": {"train": ["2013-01-01", "2013-06-30"]},
    },
    "files": {"evaluation.json": "{}", "roc_curve.png": "png"},
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def recorded(store: Path, *calls: dict[str, Any]) -> list[dict[str, Any]]:
    """The runs in a file store after the calls."""
    assert _PYTHON.exists(), "MLflow's client is not set up: run `make test` once"
    process = subprocess.run(
        [_PYTHON, "-c", _RECORD, store, json.dumps(calls)],
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    runs: list[dict[str, Any]] = json.loads(process.stdout)
    return runs


_HANDLE = """
import io, json, sys
import boto3
from datetime import UTC, datetime
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from mlflow.tracking import MlflowClient

event, execution, contents, job = (json.loads(argument) for argument in sys.argv[1:])
from record_experiment import handler as module

folder = "evaluation/monday/"
s3, sagemaker = Stubber(module._s3), Stubber(module._sagemaker)
states = Stubber(module._states)
for name in ("startDate", "stopDate"):
    execution[name] = datetime.fromtimestamp(execution[name], UTC)
states.add_response(
    "describe_execution", execution, {"executionArn": event["detail"]["executionArn"]}
)
s3.add_response(
    "list_objects_v2",
    {"Contents": [{"Key": f"{folder}{name}"} for name in contents]},
    {"Bucket": "bucket", "Prefix": folder},
)
for name, text in contents.items():
    if name != "statistics.json":
        body = StreamingBody(io.BytesIO(text.encode()), len(text))
        s3.add_response("get_object", {"Body": body}, {"Bucket": "bucket", "Key": folder + name})
sagemaker.add_response("describe_training_job", job, {"TrainingJobName": "job"})
with s3, sagemaker, states:
    run_id = module.handler(event, None)["run_id"]
client = MlflowClient(tracking_uri=module.SETTINGS.tracking_uri)
run = client.get_run(run_id)
print("RUN " + json.dumps({
    "experiment": client.get_experiment(run.info.experiment_id).name,
    "times": [run.info.start_time, run.info.end_time],
    "metrics": run.data.metrics,
    "files": sorted(
        item.path for place in (None, "plots") for item in client.list_artifacts(run_id, place)
        if not item.is_dir
    ),
}))
"""


def test_the_function_reads_what_the_workflow_has_left(store: Path) -> None:
    machine = "arn:aws:states:us-east-1:000000000000:stateMachine:train"
    output = {**CALL["output"], "evaluation": "s3://bucket/evaluation/monday/"}
    event = {
        "detail": {
            "executionArn": CALL["arn"],
            "stateMachineArn": machine,
            # As of a large output.
            "output": None,
            "outputDetails": {"included": False},
        }
    }
    execution = {
        "executionArn": CALL["arn"],
        "stateMachineArn": machine,
        "name": "monday",
        "status": "SUCCEEDED",
        "startDate": 1,
        "stopDate": 61,
        "output": json.dumps(output),
    }
    files = {"evaluation.json": json.dumps(CALL["report"]), "forecast.png": "png"}
    job = {
        "TrainingJobName": "job",
        "TrainingJobArn": "arn:aws:sagemaker:us-east-1:000000000000:training-job/job",
        "ModelArtifacts": {"S3ModelArtifacts": output["model"]},
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "ResourceConfig": {"VolumeSizeInGB": 10},
        "StoppingCondition": {},
        "CreationTime": 0,
        **CALL["job"],
    }
    arguments = [
        json.dumps(item) for item in (event, execution, files | {"statistics.json": "{}"}, job)
    ]
    process = subprocess.run(
        [_PYTHON, "-c", _HANDLE, *arguments],
        env={
            **_ENVIRONMENT,
            "TRACKING_URI": f"file:{store}",
            "EXPERIMENTS": json.dumps({machine: "flight-delay"}),
            "BUCKET_NAME": "bucket",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",  # pragma: allowlist secret -- of no account
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    (line,) = (line for line in process.stdout.splitlines() if line.startswith("RUN "))
    run = json.loads(line.removeprefix("RUN "))
    assert run["experiment"] == "flight-delay"
    assert run["times"] == [1_000, 61_000]
    assert run["metrics"]["roc_auc"] == CALL["report"]["roc_auc"]
    assert run["files"] == ["evaluation.json", "plots/forecast.png"]


def test_a_run_has_its_parameters_figures_origin_and_plots(store: Path) -> None:
    (run,) = recorded(store, CALL)
    assert (run["name"], run["status"], run["seconds"]) == ("monday", "FINISHED", 3600)
    assert run["parameters"] == {"eta": "0.1", "max_depth": "6"}
    assert run["metrics"] == {
        "roc_auc": 0.721,
        "roc_auc_low": 0.7,
        "roc_auc_high": 0.739,
        "rows": 84_000,
        "baselines_carrier_and_hour_roc_auc": 0.629,
        "baselines_carrier_and_hour_gain_low": 0.06,
        "baselines_carrier_and_hour_gain_high": 0.11,
        "validation_auc": 0.71,
        "training_seconds": 300,
        "billable_seconds": 90,
    }
    output = CALL["output"]
    for name in ("training_data", "snapshot_id", "model", "model_package_arn"):
        assert run["tags"][name] == output[name]
    assert run["tags"]["registered"] == "true"
    assert run["files"] == ["evaluation.json", "plots/roc_curve.png"]


def test_a_refused_model_is_kept_too(store: Path) -> None:
    output = {**CALL["output"], "registered": False}
    del output["model_package_arn"]
    (run,) = recorded(store, CALL | {"output": output})
    assert run["tags"]["registered"] == "false"
    assert "model_package_arn" not in run["tags"]


def test_an_event_that_comes_twice_is_one_run(store: Path) -> None:
    assert len(recorded(store, CALL, CALL)) == 1


def test_each_execution_is_a_run(store: Path) -> None:
    tuesday = CALL | {"arn": CALL["arn"].replace("monday", "tuesday"), "name": "tuesday"}
    assert {run["name"] for run in recorded(store, CALL, tuesday)} == {"monday", "tuesday"}


def test_a_call_that_broke_off_is_completed(store: Path) -> None:
    (run,) = recorded(store, CALL | {"breaks_off": True}, CALL)
    assert run["status"] == "FINISHED"
    assert run["files"] == ["evaluation.json", "plots/roc_curve.png"]


def test_the_arn_of_an_app_is_a_tracking_uri() -> None:
    script = """
from mlflow.tracking import MlflowClient
arn = "arn:aws:sagemaker:us-east-1:000000000000:mlflow-app/app-1"
store = MlflowClient(tracking_uri=arn)._tracking_client.store
print(type(store).__name__)
"""
    process = subprocess.run(
        [_PYTHON, "-c", script],
        env=_ENVIRONMENT | {"AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "SageMaker" in process.stdout, process.stderr
