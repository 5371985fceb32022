"""Every task of every workflow fails in each way that it retries or catches.

The definitions run in the embedded Step Functions with the substitutions of the stacks; AWS is a
script (`scripted_aws.py`), and `<architecture>/scenarios.py` holds the paths through the workflows.
Each test counts at the end: every state was entered, every retried and every caught error thrown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import pytest

from tests.step_functions.conftest import Bench, Errors
from tests.step_functions.scenario import FAILURE, Scenario, all_scenarios
from tests.step_functions.scripted_aws import Run, Throw
from tests.step_functions.workflows import WORKFLOWS, Workflow
from tools.assembly.asl import State, successors

pytestmark = pytest.mark.local
SCENARIOS = all_scenarios()
# An error for a name that means many. States.TaskFailed is every error except the timeout.
ANY = {"States.TaskFailed": FAILURE, "States.ALL": "States.Timeout"}
FOREVER = 100


@dataclass(frozen=True)
class Injection:
    """One execution in which a task throws errors."""

    kind: str
    """`retried`: one error, then the answer. `exhausted`: errors until the retries run out.
    `caught`: an error that a catcher names."""
    task: State
    error: str
    scenario: Scenario
    undisturbed: Run
    tries: int = 0
    """How often the task may run before the error is raised, if `exhausted`."""

    @property
    def errors(self) -> Errors:
        return {self.task.name: [self.error] * (1 if self.kind == "retried" else FOREVER)}


def scenario_for(workflow: Workflow, task: State, outcomes: dict[str, Run]) -> tuple[Scenario, Run]:
    """The first scenario in which a task is called and answers."""
    for scenario in SCENARIOS:
        if scenario.workflow != workflow.name:
            continue
        run = outcomes[scenario.name]
        if run.called(task.name) and not isinstance(scenario.answers[task.name], Throw):
            return scenario, run
    raise AssertionError(f"no scenario of {workflow.name} calls {task.name}")


def injections(workflow: Workflow, outcomes: dict[str, Run]) -> Iterator[Injection]:
    """Every error of every retrier and catcher of a workflow."""
    for task in workflow.tasks:
        scenario, undisturbed = scenario_for(workflow, task, outcomes)
        for retrier in task.body["Retry"]:
            if not retrier["MaxAttempts"]:  # it keeps an error from the retriers below it
                continue
            errors = [ANY.get(error, error) for error in retrier["ErrorEquals"]]
            for error in errors:
                yield Injection("retried", task, error, scenario, undisturbed)
            tries = retrier["MaxAttempts"] + 1
            yield Injection("exhausted", task, errors[0], scenario, undisturbed, tries)
        for error in sorted(caught_errors(workflow, task)):
            yield Injection("caught", task, ANY.get(error, error), scenario, undisturbed)


def caught_errors(workflow: Workflow, task: State) -> set[str]:
    """The errors that a task's catchers name, or those of the Map around a task without any."""
    around = [task, *(workflow.states[name] for name in reversed(task.parents))]
    for state in around:
        if "Catch" in state.body:
            return {error for catcher in state.body["Catch"] for error in catcher["ErrorEquals"]}
    return set()


def catcher_of(workflow: Workflow, task: State, error: str) -> tuple[State, str] | None:
    """The state that catches an error of a task, and where it leads; None if it fails the run."""
    for state in (task, *(workflow.states[name] for name in reversed(task.parents))):
        for catcher in state.body.get("Catch", []):
            if {"States.ALL", error} & set(catcher["ErrorEquals"]):
                return state, catcher["Next"]
    return None


def check(workflow: Workflow, injection: Injection, run: Run) -> None:
    task, error, undisturbed = injection.task, injection.error, injection.undisturbed
    context = (task.name, injection.kind, error)
    if injection.kind == "retried":
        assert run.called(task.name) == undisturbed.called(task.name) + 1, context
        assert (run.status, run.error) == (undisturbed.status, undisturbed.error), context
        assert run.states == undisturbed.states, context
        return
    if injection.kind == "exhausted":
        # The items of a Map run out of retries each for itself.
        called = run.called(task.name)
        assert called >= injection.tries if task.parents else called == injection.tries, context
    catcher = catcher_of(workflow, task, error)
    if catcher is None:
        assert workflow.deployed.called, f"nobody catches {context}"
        assert (run.status, run.error) == ("FAILED", error), context
        return
    state, leads_to = catcher
    if state.parents:
        # Seen from outside, the Map goes on.
        assert run.states == undisturbed.states, context
    else:
        assert run.after(state.name) == leads_to, context


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_every_state_is_entered_and_every_error_retried_or_caught(
    workflow: Workflow, bench: Bench
) -> None:
    outcomes = bench.outcomes(workflow.name)
    planned = list(injections(workflow, outcomes))
    runs = bench.run_all((injection.scenario, injection.errors) for injection in planned)
    for injection, run in zip(planned, runs, strict=True):
        check(workflow, injection, run)
    entered = {name for run in chain(outcomes.values(), runs) for name in names_in(run)}
    catchers = {
        (state.name, leads_to)
        for injection in planned
        if injection.kind != "retried"
        and (catcher := catcher_of(workflow, injection.task, injection.error))
        for state, leads_to in [catcher]
    }
    assert catchers == {
        (state.name, catcher["Next"])
        for state in workflow.states.values()
        for catcher in state.body.get("Catch", [])
    }
    # The history leaves out states inside a Map, where `check` sees the Map go on.
    inside = {leads_to for name, leads_to in catchers if workflow.states[name].parents}
    inside |= passed_through(workflow, entered)
    assert entered | inside == set(workflow.states)
    assert bench.invalid == {}


def passed_through(workflow: Workflow, entered: set[str]) -> set[str]:
    """Pass states inside a Map that are the only way to a state that was entered."""
    passed: set[str] = set()
    nested = [state for state in workflow.states.values() if state.parents]
    for _ in nested:  # each turn goes one state back
        for state in nested:
            after = state.body.get("Next")
            ways = [other for other in nested if after in successors(other.body)]
            if state.type == "Pass" and after in entered | passed and ways == [state]:
                passed.add(state.name)
    return passed


def names_in(run: Run) -> Iterator[str]:
    yield from run.states
    yield from (state for state, _ in run.calls)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_each_scenario_ends_as_it_should(scenario: Scenario, bench: Bench) -> None:
    run = bench.outcomes(scenario.workflow)[scenario.name]
    assert (run.error or run.status) == scenario.ends, run.cause
    (workflow,) = (item for item in WORKFLOWS if item.name == scenario.workflow)
    if run.status == "FAILED" and not workflow.deployed.called:
        assert run.cause.startswith("Failed at ")
        assert run.called(workflow.reports_failures_by) == 1
