"""Executions of the SageMaker pipeline: its steps, its gate, and what the service refuses."""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.services.sagemaker.pipeline_run import (
    PipelineError,
    PipelineRun,
    StepError,
    check_definition,
    parameter_values,
)
from local.services.task import Arguments
from repository import ROOT

DEFINITION = json.loads((ROOT / "pipelines" / "ml_platform" / "train_model.json").read_text())
TRAINING_SET = {"Name": "TrainingSet", "Value": "s3://lake/training/1/"}
MODEL = "s3://bucket/models/job/output/model.tar.gz"


@dataclass
class Jobs:
    """Answers the steps, and remembers what they asked for."""

    auc: float = 0.7
    gain: float = 0.05
    gain_low: float = 0.001
    failing: str = ""
    requests: dict[str, Arguments] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def run(self, operation: str, arguments: Arguments) -> Arguments:
        self.requests[operation] = arguments
        if operation == self.failing:
            raise StepError("no capacity")
        answers: dict[str, dict[str, Any]] = {
            "createTrainingJob": {"ModelArtifacts": {"S3ModelArtifacts": MODEL}},
            "createProcessingJob": {},
            "createModelPackage": {"ModelPackageArn": "arn:package/1"},
        }
        return answers[operation]

    def read_json(self, uri: str) -> Any:
        self.read.append(uri)
        compared = {"gain_over_it": self.gain, "gain_interval": [self.gain_low, 1]}
        return {"roc_auc": self.auc, "baselines": {"${Baseline}": compared}}


def executed(jobs: Jobs, **parameters: str) -> PipelineRun:
    values_of_request = [{"Name": name, "Value": value} for name, value in parameters.items()]
    values = parameter_values(DEFINITION, [TRAINING_SET, *values_of_request])
    execution = {"PipelineName": "flight-delay", "PipelineExecutionId": "abc123"}
    # JMESPath takes no dollar sign: the stack has replaced the name by that of a baseline.
    definition = json.loads(json.dumps(DEFINITION).replace(".${Baseline}.", '.\\"${Baseline}\\".'))
    run = PipelineRun(definition, values, execution)
    run.run(jobs.run, jobs.read_json)
    return run


def outcomes(run: PipelineRun) -> dict[str, str]:
    return {step["StepName"]: step["StepStatus"] for step in run.steps}


def test_a_good_model_is_registered_unapproved() -> None:
    jobs = Jobs()
    run = executed(jobs)
    assert (run.status, run.failure_reason) == ("Succeeded", "")
    assert [*outcomes(run)] == ["Train", "Evaluate", "IsItGoodEnough", "Register"]
    package = jobs.requests["createModelPackage"]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] == MODEL


def test_each_split_goes_where_it_belongs() -> None:
    jobs = Jobs()
    executed(jobs)
    training = {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]
        for channel in jobs.requests["createTrainingJob"]["InputDataConfig"]
    }
    evaluation = {
        item["InputName"]: item["S3Input"]["S3Uri"]
        for item in jobs.requests["createProcessingJob"]["ProcessingInputs"]
    }
    code = training.pop("code")
    splits = {name: f"s3://lake/training/1/split={name}/" for name in ("train", "validation")}
    assert training == splits
    test = "s3://lake/training/1/split=test/"
    assert evaluation == {"code": code, "model": MODEL, **splits, "test": test}


def test_the_gate_reads_the_report_of_its_own_execution() -> None:
    jobs = Jobs()
    executed(jobs)
    assert set(jobs.read) == {"s3://${Bucket}/evaluation/abc123/evaluation.json"}


@pytest.mark.parametrize(
    "jobs",
    [Jobs(auc=0.64), Jobs(gain=0.009), Jobs(gain_low=0.0)],
    ids=["auc", "gain", "noise"],
)
def test_a_model_that_is_not_good_enough_fails_the_execution(jobs: Jobs) -> None:
    run = executed(jobs)
    assert run.status == "Failed"
    assert outcomes(run)["Refused"] == "Failed"
    assert "Wanted: ROC AUC 0.65" in run.failure_reason
    assert "createModelPackage" not in jobs.requests


def test_a_parameter_moves_the_gate() -> None:
    assert executed(Jobs(), MinimumAuc="0.71").status == "Failed"


def test_a_job_that_fails_ends_the_execution_with_its_reason() -> None:
    run = executed(Jobs(failing="createProcessingJob"))
    assert outcomes(run) == {"Train": "Succeeded", "Evaluate": "Failed"}
    assert run.failure_reason == "Step failure: Evaluate: no capacity"


def test_names_of_jobs_are_those_of_sagemaker() -> None:
    jobs = Jobs()
    executed(jobs)
    name = jobs.requests["createTrainingJob"]["TrainingJobName"]
    assert name.startswith("pipelines-abc123-Train-")
    assert len(name) <= 63  # CreateTrainingJob


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ([], "TrainingSet has no default"),
        ([TRAINING_SET, {"Name": "MinimumAuc", "Value": "high"}], "must be of type Float: 'high'"),
        ([TRAINING_SET, {"Name": "Speed", "Value": "1"}], "Unknown parameters ['Speed']"),
    ],
)
def test_wrong_parameters_are_refused(parameters: list[Mapping[str, str]], message: str) -> None:
    with pytest.raises(PipelineError) as refusal:
        parameter_values(DEFINITION, parameters)
    assert message in str(refusal.value)


def definition_with(path: list[Any], value: Any) -> dict[str, Any]:
    definition: dict[str, Any] = deepcopy(DEFINITION)
    place: Any = definition
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return definition


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (definition_with(["Steps", 1, "Name"], "Train"), "unique"),
        (definition_with(["Steps", 0, "Type"], "Lambda"), "steps of type Lambda have no stand-in"),
        (
            definition_with(["Steps", 0, "Arguments", "RoleArn"], {"Get": "Parameters.Role"}),
            "unknown parameter Role",
        ),
        (
            definition_with(["Steps", 0, "Arguments", "RoleArn"], {"Get": "Steps.Find.Role"}),
            "unknown step Find",
        ),
    ],
    ids=["two of a name", "no stand-in", "unknown parameter", "unknown step"],
)
def test_a_wrong_definition_is_refused(definition: dict[str, Any], message: str) -> None:
    with pytest.raises(PipelineError) as refusal:
        check_definition(definition)
    assert message in str(refusal.value)


def test_steps_that_wait_for_each_other_end_the_execution() -> None:
    steps = [
        {"Name": name, "Type": "Fail", "DependsOn": [other], "Arguments": {"ErrorMessage": ""}}
        for name, other in (("A", "B"), ("B", "A"))
    ]
    run = PipelineRun({"Steps": steps}, {}, {})
    run.run(Jobs().run, Jobs().read_json)
    assert run.status == "Failed"
    assert "wait for each other" in run.failure_reason


def test_a_property_that_a_step_does_not_have_fails_it() -> None:
    definition = definition_with(
        ["Steps", 1, "Arguments", "RoleArn"], {"Get": "Steps.Train.ModelArtifacts.Nothing"}
    )
    values = parameter_values(definition, [TRAINING_SET])
    run = PipelineRun(definition, values, {"PipelineExecutionId": "abc123"})
    run.run(Jobs().run, Jobs().read_json)
    assert "Steps.Train.ModelArtifacts.Nothing: the step has no such property" in run.failure_reason
