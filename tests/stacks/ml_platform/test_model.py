"""Manifests of models: what they declare, and what a platform of two models has."""

import json
from pathlib import Path
from typing import Any

import pytest

from stacks.catalogue import ENVIRONMENTS
from stacks.environments import SettingsError, environment_from
from stacks.ml_platform.model import FOLDER, Model, models, read
from stacks.ml_platform.settings import ML_TRAINING, MlTrainingSettings
from tests.conftest import Templates, readable, resources

MACHINE = "AWS::StepFunctions::StateMachine"


def manifest(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / name / "model.json").read_text())
    return content


def written(folder: Path, **changes: Any) -> Path:
    """The manifest of energy-demand with some fields replaced, in the folder of its name."""
    file = folder / "energy_demand" / "model.json"
    file.parent.mkdir()
    file.write_text(json.dumps({**manifest("energy_demand"), **changes}))
    return file


@pytest.mark.parametrize("model", models().values(), ids=models())
def test_a_models_programs_are_files_of_its_folder(model: Model) -> None:
    for program in (model.programs.train, model.programs.evaluate, model.programs.serve):
        assert (FOLDER.parent / model.folder / program).is_file()


def test_no_two_models_have_files_of_one_name() -> None:
    files = [
        {file.name for file in (FOLDER.parent / model.folder).glob("*.py")}
        for model in models().values()
    ]
    assert not set.intersection(*files)


@pytest.mark.parametrize("model", models().values(), ids=models())
def test_the_workflow_reads_what_the_manifest_and_the_settings_say(model: Model) -> None:
    settings = MlTrainingSettings(minimum_auc=0.7, minimum_gain_over_baseline=0.02)
    document = json.loads(model.as_text(settings).replace("`", '"'))
    assert {**document["hyperparameters"], **document["tuned_hyperparameters"]} == (
        model.hyperparameters
    )
    assert set(document["tuned_hyperparameters"]) == model.tuning.names
    (bound,) = document["gate"]["bounds"]
    assert (bound, document["gate"]["minimum_gain"]) == {
        "flight-delay": ({"figure": "roc_auc", "low": 0.7, "high": 1}, 0.02),
        "energy-demand": ({"figure": "coverage", "low": 0.75, "high": 0.85}, 0.002),
    }[model.name]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "demand"}, "not that of the folder"),
        ({"names": "a typo"}, "names"),
        ({"run_prefix": "energy demand"}, "run_prefix"),
        ({"hyperparameters": {"eta": "0.1"}}, "lack what tuning searches: ['max_depth']"),
        ({"card": {**manifest("energy_demand")["card"], "purpose": "it's"}}, "card.purpose"),
        (
            {"batch": {**manifest("energy_demand")["batch"], "folder": "transform/other/"}},
            "must be below transform/energy-demand/",
        ),
    ],
)
def test_a_manifest_that_no_workflow_could_use_is_refused(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    file = written(tmp_path, **changes)
    with pytest.raises(ValueError) as error:  # noqa: PT011 -- the words are compared below
        read(file)
    assert str(file) in str(error.value)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("flight-delay,weather", "no such model: weather"),
        ("energy-demand", "flight-delay must be one of them"),
        ("flight-delay,flight-delay", "named twice"),
    ],
)
def test_a_platform_names_models_that_there_are(names: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        environment_from({"ml_training.models": names}, [ML_TRAINING])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_the_local_platform_has_a_second_model_unasked(
    environment: str, synthesise: Templates
) -> None:
    machines = resources(synthesise(environment)["MlTraining"], MACHINE)
    assert ("EnergyDemand/Training/Workflow" in machines) is (environment == "local")


def test_roles_of_a_second_model_reach_nothing_of_the_first(synthesise: Templates) -> None:
    template = synthesise("local")["MlTraining"]
    policies = resources(template, "AWS::IAM::Policy")
    for role in ("Roles/Training", "Roles/Evaluation"):
        policy = policies[f"EnergyDemand/{role}/DefaultPolicy"]["Properties"]
        for statement in readable(template, policy["PolicyDocument"]["Statement"]):
            arns = statement["Resource"]
            for arn in arns if isinstance(arns, list) else [arns]:
                key = str(arn).partition("/")[2]
                if "s3:GetObject" in statement["Action"] and not key.endswith(".gz"):
                    assert key.startswith("energy-demand/") or "/energy-demand-" in key


def test_a_schedule_forecasts_and_may_start_nothing_else(synthesise: Templates) -> None:
    settings = ("ml_endpoint.batch_schedule", "rate(1 day)")
    template = synthesise("local", settings)["MlEndpoint"]
    (schedule,) = resources(template, "AWS::Scheduler::Schedule").values()
    target = readable(template, schedule["Properties"]["Target"])
    policies = resources(template, "AWS::IAM::Policy")
    policy = policies["EnergyDemand/Batch/ScheduleRole/DefaultPolicy"]["Properties"]
    (start,) = (
        statement
        for statement in readable(template, policy["PolicyDocument"]["Statement"])
        if statement["Action"] == "states:StartExecution"
    )
    assert start["Resource"] == target["Arn"]
    assert target["Input"] == "{}"
    assert not resources(synthesise("local")["MlEndpoint"], "AWS::Scheduler::Schedule")
