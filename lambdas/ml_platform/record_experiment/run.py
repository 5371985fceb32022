"""What MLflow keeps of one training run, and how it is written there."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mlflow.entities import Metric, Param, RunTag
from mlflow.tracking import MlflowClient

# A search for a tag that MLflow shows in no other place.
_EXECUTION = "execution_arn"
_PLOTS = "plots"


@dataclass(frozen=True)
class TrainingRun:
    """One execution of the training workflow that ended with a verdict."""

    name: str
    started: datetime
    ended: datetime
    tags: Mapping[str, str]
    """Among them the ARN of the execution, which identifies the run."""
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]
    files: Mapping[str, bytes]
    """Name -> content: the report and its plots."""


def training_run(
    execution: Mapping[str, Any],
    output: Mapping[str, Any],
    job: Mapping[str, Any],
    files: Mapping[str, bytes],
    report: Mapping[str, Any],
) -> TrainingRun:
    """The run of an execution.

    `execution` has its ARN, name, start and stop as `started` and `ended`; `output` is that of the
    workflow, `job` what DescribeTrainingJob says, `report` the evaluation's. Parameters are the
    job's hyperparameters without SageMaker's own, metrics every number of the report and those of
    the job.
    """
    job_metrics = {
        metric["MetricName"].replace(":", "_"): float(metric["Value"])
        for metric in job.get("FinalMetricDataList", [])
    }
    seconds = {
        name: float(job[key])
        for name, key in (
            ("training_seconds", "TrainingTimeInSeconds"),
            # Less than the above on spot capacity.
            ("billable_seconds", "BillableTimeInSeconds"),
        )
        if key in job
    }
    return TrainingRun(
        name=str(execution["name"]),
        started=execution["started"],
        ended=execution["ended"],
        tags={
            _EXECUTION: str(execution["arn"]),
            "registered": str(output["registered"]).lower(),
            "training_data": str(output["training_data"]),
            "snapshot_id": str(output.get("snapshot_id", "none")),
            "model": str(output["model"]),
            **(
                {"model_package_arn": str(output["model_package_arn"])}
                if "model_package_arn" in output
                else {}
            ),
        },
        parameters={
            name: value.strip('"')
            for name, value in job.get("HyperParameters", {}).items()
            if not name.startswith("sagemaker_")
        },
        metrics={**_numbers(report), **job_metrics, **seconds},
        files=files,
    )


def _numbers(report: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a report by their path, intervals as `_low` and `_high`."""
    numbers: dict[str, float] = {}
    for name, value in report.items():
        if isinstance(value, bool):
            continue
        if isinstance(value, int | float):
            numbers[name] = float(value)
        elif isinstance(value, Mapping):
            numbers |= {f"{name}_{inner}": number for inner, number in _numbers(value).items()}
        elif name.endswith("_interval"):
            figure = name.removesuffix("_interval")
            numbers |= {f"{figure}_low": float(value[0]), f"{figure}_high": float(value[1])}
    return numbers


def record(client: MlflowClient, experiment: str, run: TrainingRun) -> str:
    """Write a run, once: an event may come twice. Returns MLflow's id of it.

    A run that an earlier call left half written is completed: MLflow takes the same parameters and
    metrics again.
    """
    experiment_id = _experiment_id(client, experiment)
    earlier = client.search_runs(
        [experiment_id],
        filter_string=f"tags.{_EXECUTION} = '{run.tags[_EXECUTION]}'",
        max_results=1,
    )
    if earlier and earlier[0].info.status == "FINISHED":
        return str(earlier[0].info.run_id)
    started, ended = (int(time.timestamp() * 1000) for time in (run.started, run.ended))
    if earlier:
        run_id = earlier[0].info.run_id
    else:
        created = client.create_run(
            experiment_id,
            start_time=started,
            run_name=run.name,
            tags={_EXECUTION: run.tags[_EXECUTION]},
        )
        run_id = created.info.run_id
    client.log_batch(
        run_id,
        metrics=[Metric(name, value, ended, 0) for name, value in run.metrics.items()],
        params=[Param(name, value) for name, value in run.parameters.items()],
        tags=[RunTag(name, value) for name, value in run.tags.items()],
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, content in run.files.items():
            path = Path(folder) / name
            path.write_bytes(content)
            client.log_artifact(run_id, str(path), _PLOTS if path.suffix == ".png" else None)
    client.set_terminated(run_id, "FINISHED", end_time=ended)
    return str(run_id)


def _experiment_id(client: MlflowClient, name: str) -> str:
    experiment = client.get_experiment_by_name(name)
    return str(experiment.experiment_id if experiment else client.create_experiment(name))
