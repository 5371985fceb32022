"""Every task of every workflow fails in every way that it retries or catches, and what follows.

The definitions run in the embedded Step Functions with the stacks' own settings filled in; AWS is
a script (`scripted_aws.py`), the ways through them are in `paths.py`. Counted at the end: every
state was entered, and every retried and every caught error was thrown.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest

from local.runtime import emulator
from local.runtime.emulator import Emulator
from local.runtime.processes import stop
from local.runtime.workspace import Workspace
from repository import ROOT
from tests.conftest import Templates, resources
from tests.step_functions.paths import FAILURE, WAYS, Way
from tests.step_functions.scripted_aws import Run, ScriptedAws, Throw

pytestmark = pytest.mark.local
WORKFLOWS = {
    "train_model": ("MlTraining", "Training/Workflow"),
    "deploy_model": ("MlEndpoint", "Deployment/Workflow"),
    "transform_batch": ("MlEndpoint", "Batch/Workflow"),
    "language_chain": ("LanguageChain", "Chain/Workflow"),
    "language_part": ("LanguageChain", "Part/Workflow"),
    "translate_collection": ("LanguageChain", "Collections/Workflow"),
}
# Its errors are its caller's.
CALLED = {"language_part"}
State = dict[str, Any]
# What stands for a name that means many errors. States.TaskFailed is all but the timeout.
ANY = {"States.TaskFailed": FAILURE, "States.ALL": "States.Timeout"}


@dataclass(frozen=True)
class Task:
    """A Task state, and the Map that it is in."""

    name: str
    state: State
    map_name: str = ""
    map_state: State = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where the history sees it."""
        return self.map_name or self.name

    def caught(self, error: str) -> tuple[str, bool]:
        """Where an error leads, and whether that is inside the Map."""
        for catchers, inside in ((self.state, bool(self.map_name)), (self.map_state, False)):
            for catcher in catchers.get("Catch", []):
                if {"States.ALL", error} & set(catcher["ErrorEquals"]):
                    return catcher["Next"], inside
        raise AssertionError(f"nobody catches {error} of {self.name}")


class Bench:
    """Runs ways through workflows; a definition is created once for each of its settings."""

    def __init__(self, aws: ScriptedAws, running: Emulator, synthesise: Templates) -> None:
        self._aws = aws
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}
        role = running.client("iam").create_role(
            RoleName="workflows", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
        )["Role"]["Arn"]
        client = running.client("stepfunctions")

        @cache
        def machine(workflow: str, settings: tuple[tuple[str, str], ...]) -> str:
            stack, path = WORKFLOWS[workflow]
            template = synthesise("local", *settings)[stack]
            made = resources(template, "AWS::StepFunctions::StateMachine")[path]["Properties"]
            text = (ROOT / "step_functions" / f"{workflow}.asl.json").read_text()
            for name, value in made["DefinitionSubstitutions"].items():
                filled = value if isinstance(value, str) else f"arn:of-the-template:{name}"
                text = text.replace(f"${{{name}}}", filled)
            arn: str = client.create_state_machine(
                name=f"{workflow}-{abs(hash(settings))}",
                definition=text,
                roleArn=role,
            )["stateMachineArn"]
            return arn

        self._machine = machine

    @property
    def invalid(self) -> dict[str, str]:
        """What AWS would have refused so far."""
        return self._aws.invalid

    def run(self, way: Way, **errors: list[str]) -> Run:
        """Go a way; each state of `errors` fails that often first."""
        return self._aws.run(
            self._machine(way.workflow, way.settings), way.given, way.answers, errors
        )


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, synthesise: Templates) -> Iterator[Bench]:
    workspace = Workspace(tmp_path_factory.mktemp("errors"))
    try:
        variables = {"LOCAL_TASKS": ".*", "SFN_WAIT_SCALE": "0"}
        running = emulator.start(workspace, variables)
        aws = ScriptedAws(running)
        yield Bench(aws, running, synthesise)
        aws.close()
    finally:
        stop(workspace)


def definition(workflow: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (ROOT / "step_functions" / f"{workflow}.asl.json").read_text()
    )
    return found


def tasks(workflow: str) -> list[Task]:
    found = []
    for name, state in definition(workflow)["States"].items():
        if state["Type"] == "Task":
            found.append(Task(name, state))
        for inner, inside in state.get("ItemProcessor", {}).get("States", {}).items():
            if inside["Type"] == "Task":
                found.append(Task(inner, inside, name, state))
    return found


def all_states(workflow: str) -> set[str]:
    found = set()
    for name, state in definition(workflow)["States"].items():
        found |= {name, *state.get("ItemProcessor", {}).get("States", {})}
    return found


@pytest.fixture(scope="module")
def clean(bench: Bench) -> dict[str, Run]:
    """Every way, without errors but its own."""
    return {f"{way.workflow}/{way.name}": bench.run(way) for way in WAYS}


def way_to(task: Task, workflow: str, clean: dict[str, Run]) -> tuple[Way, Run]:
    """The first way on which a task is called and answers."""
    for way in WAYS:
        run = clean[f"{way.workflow}/{way.name}"]
        answers = not isinstance(way.answers.get(task.name), Throw)
        if way.workflow == workflow and run.called(task.name) and answers:
            return way, run
    raise AssertionError(f"no way leads to {task.name}")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.workflow}-{way.name}")
def test_each_way_ends_as_it_should(way: Way, clean: dict[str, Run]) -> None:
    run = clean[f"{way.workflow}/{way.name}"]
    ended = run.status if run.status == "SUCCEEDED" else run.error
    assert ended == way.ends, run.cause
    if ended != "SUCCEEDED" and way.workflow not in CALLED:
        assert run.cause.startswith("Failed while ")
        assert run.called("Say what failed") == 1


def given_to(run: Run, state: str) -> dict[str, Any]:
    """What the task of a state was last called with."""
    return [arguments for name, arguments in run.calls if name == state][-1]


@pytest.mark.parametrize(
    ("way", "starts", "stops", "name"),
    [
        ("train_model/training fails", "Train", "Stop training", "TrainingJobName"),
        ("train_model/evaluating fails", "Evaluate", "Stop evaluating", "ProcessingJobName"),
        (
            "train_model/the search fails",
            "Tune",
            "Stop tuning",
            "HyperParameterTuningJobName",
        ),
        (
            "transform_batch/transforming fails",
            "Transform",
            "Stop transforming",
            "TransformJobName",
        ),
        ("transform_batch/transforming fails", "Create the model", "Remove the model", "ModelName"),
        ("transform_batch/by the newest", "Create the model", "Remove the model", "ModelName"),
        (
            "deploy_model/rolled back by the alarms",
            "Create the configuration",
            "Remove the new configuration",
            "EndpointConfigName",
        ),
        (
            "deploy_model/the first one fails",
            "Create the endpoint",
            "Remove the endpoint",
            "EndpointName",
        ),
        (
            "deploy_model/rolled back by the alarms",
            "Create the model",
            "Remove the new model",
            "ModelName",
        ),
    ],
)
def test_what_was_started_is_stopped_or_removed(
    way: str, starts: str, stops: str, name: str, clean: dict[str, Run]
) -> None:
    assert given_to(clean[way], starts)[name] == given_to(clean[way], stops)[name]


def test_an_endpoint_that_was_there_before_is_never_removed(clean: dict[str, Run]) -> None:
    removed = {way for way, run in clean.items() if run.called("Remove the endpoint")}
    assert removed == {"deploy_model/the first one fails"}


def test_a_job_that_is_tried_again_has_another_name(bench: Bench) -> None:
    (way,) = (each for each in WAYS if each.name == "training fails")
    limit = Throw("SageMaker.ResourceLimitExceededException")
    way = replace(way, answers={**way.answers, "Train": limit})
    run = bench.run(way)
    names = [arguments["TrainingJobName"] for name, arguments in run.calls if name == "Train"]
    assert len(set(names)) == len(names) == 5
    assert given_to(run, "Stop training")["TrainingJobName"] == names[-1]


def test_a_job_without_capacity_is_tried_again_later_under_another_name(
    clean: dict[str, Run],
) -> None:
    for way, state in (
        ("train_model/no capacity to train", "Train"),
        ("train_model/no capacity to search", "Tune"),
        ("train_model/no capacity to evaluate", "Evaluate"),
        ("transform_batch/no capacity", "Transform"),
    ):
        run = clean[way]
        names = [next(iter(given.values())) for name, given in run.calls if name == state]
        assert len(set(names)) == len(names) == 3, way
        assert run.states.count("Wait for capacity") == 2
    assert clean["train_model/no capacity at all"].states.count("Wait for capacity") == 4


def test_the_old_model_keeps_its_share_beside_the_new_one(clean: dict[str, Run]) -> None:
    run = clean["deploy_model/beside a challenger"]
    shares = {
        each["VariantName"]: (each["ModelName"], each["InitialVariantWeight"])
        for each in given_to(run, "Create the configuration")["ProductionVariants"]
    }
    new = given_to(run, "Create the model")["ModelName"]
    assert shares == {"champion": (new, 0.7), "challenger": ("old-model", 0.3)}
    scaled = [arguments["ResourceId"] for name, arguments in run.calls if name == "Register"]
    assert [each.rpartition("/")[2] for each in scaled] == ["champion", "challenger"]
    # Nobody uses the one before the old one any more.
    assert given_to(run, "Delete the model") == {"ModelName": "older-model"}
    rolled = given_to(run, "Update the endpoint")["DeploymentConfig"]
    routing = rolled["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == "CANARY"
    assert routing["CanarySize"] == {"Type": "CAPACITY_PERCENT", "Value": 10}
    assert rolled["AutoRollbackConfiguration"]["Alarms"]


def test_a_shadow_gets_copies_and_the_old_model_answers(clean: dict[str, Run]) -> None:
    run = clean["deploy_model/in the shadow"]
    made = given_to(run, "Create the configuration")
    (champion,), (shadow,) = made["ProductionVariants"], made["ShadowProductionVariants"]
    assert champion["ModelName"] == "old-model"
    assert shadow["ModelName"] == given_to(run, "Create the model")["ModelName"]
    # SageMaker takes no shadow in a blue/green update.
    assert "DeploymentConfig" not in given_to(run, "Update the endpoint")
    assert "shadow" in given_to(run, "Tell of the deployment")["Message"]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_state_is_entered_and_every_error_retried_or_caught(
    workflow: str, bench: Bench, clean: dict[str, Run]
) -> None:
    entered: set[str] = set()
    for name, run in clean.items():
        if name.startswith(f"{workflow}/"):
            entered |= {*run.states, *(state for state, _ in run.calls)}
    thrown = 0
    caught_by_maps: set[str] = set()
    for task in tasks(workflow):
        way, without = way_to(task, workflow, clean)
        for retrier in task.state["Retry"]:
            for error in retrier["ErrorEquals"]:
                run = bench.run(way, **{task.name: [ANY.get(error, error)]})
                # Tried once more, and from there on as if nothing had been.
                assert run.called(task.name) == without.called(task.name) + 1, (task.name, error)
                assert (run.status, run.error) == (without.status, without.error), task.name
                assert run.states == without.states, (task.name, error)
                thrown += 1
            named, tries = retrier["ErrorEquals"][0], retrier["MaxAttempts"] + 1
            error = ANY.get(named, named)
            run = bench.run(way, **{task.name: [error] * 100})
            if workflow in CALLED:
                assert (run.called(task.name), run.error) == (tries, error), task.name
                continue
            leads_to, inside = task.caught(error)
            # The items of a Map run out of tries each for itself.
            tried = run.called(task.name)
            assert tried >= tries if task.map_name else tried == tries, (task.name, error)
            assert inside or run.after(task.place) == leads_to, (task.name, error)
            caught_by_maps |= set() if inside else {task.map_name}
        catchers = task.state.get("Catch", [])
        listed = {name for catcher in catchers for name in catcher["ErrorEquals"]}
        if task.map_name and not catchers:
            listed = {"States.ALL"}
        for error in sorted(listed):
            injected = ANY.get(error, error)
            run = bench.run(way, **{task.name: [injected] * 100})
            leads_to, inside = task.caught(injected)
            if inside:
                # Seen from outside, the Map goes on as if nothing had been.
                assert run.states == without.states, (task.name, error)
                entered.add(leads_to)
            else:
                assert run.after(task.place) == leads_to, (task.name, error)
                caught_by_maps |= {task.map_name}
            entered |= {*run.states, *(state for state, _ in run.calls)}
            thrown += 1
    assert entered == all_states(workflow)
    maps = {
        name for name, state in definition(workflow)["States"].items() if state["Type"] == "Map"
    }
    assert caught_by_maps - {""} == maps
    listed_errors = [
        error
        for task in tasks(workflow)
        for handler in (*task.state["Retry"], *task.state.get("Catch", []))
        for error in handler["ErrorEquals"]
    ]
    by_the_map_alone = [
        task for task in tasks(workflow) if task.map_name and not task.state.get("Catch")
    ]
    assert not bench.invalid
    assert thrown == len(listed_errors) + len(by_the_map_alone)
