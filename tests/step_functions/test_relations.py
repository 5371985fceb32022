"""Numbers of workflows that must fit each other, or a limit of what they call."""

import re

import pytest

from tests.nested import values_of
from tests.step_functions.workflows import WORKFLOWS, Workflow
from tools.assembly.asl import State

each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)

# What runs longer than a request: jobs, functions and other workflows.
_RUNS = re.compile(r"\.sync(:2)?$|\.waitForTaskToken$|:lambda:invoke$|:startSyncExecution$")
_REQUEST_SECONDS = 60
"""An API answers in seconds; a connection that hangs should be noticed and tried again soon."""
# What a function and an Express workflow may take, in seconds.
_MOST_SECONDS = {":lambda:invoke": 15 * 60, ":startSyncExecution": 5 * 60}
# The container of the model, like InvokeEndpoint, takes no larger body: `MAX_CONTENT_LENGTH` of
# https://github.com/aws/sagemaker-xgboost-container (6 MB by default; read 2026-11-29).
_MOST_PAYLOAD_MEBIBYTES = 6
_MOST_SPARE_SECONDS = 10 * 60
"""A child's end is known within seconds."""
_MOST_IDLE_SECONDS = 15 * 60
"""How long an instance that nobody needs may be paid for."""


def longest_wait(task: State) -> float:
    """The seconds between the tries of a task, if each waits as long as it may."""
    seconds = 0.0
    for retrier in task.body["Retry"]:
        for number in range(retrier["MaxAttempts"]):
            delay = retrier["IntervalSeconds"] * retrier["BackoffRate"] ** number
            seconds += min(delay, retrier["MaxDelaySeconds"])
    return seconds


@each_workflow
def test_a_request_that_hangs_is_noticed_within_a_minute(workflow: Workflow) -> None:
    for task in workflow.tasks:
        if not _RUNS.search(task.body["Resource"]):
            assert task.body["TimeoutSeconds"] <= _REQUEST_SECONDS, task.name


@each_workflow
def test_a_call_is_given_up_soon_after_the_service_would(workflow: Workflow) -> None:
    for task in workflow.tasks:
        for resource, most_seconds in _MOST_SECONDS.items():
            if task.body["Resource"].endswith(resource):
                assert task.body["TimeoutSeconds"] <= most_seconds + 60, task.name


@each_workflow
def test_a_task_and_the_waits_between_its_tries_end_before_the_workflow(workflow: Workflow) -> None:
    limit = workflow.definition["TimeoutSeconds"]
    for task in workflow.tasks:
        longest = task.body["TimeoutSeconds"] + longest_wait(task)
        nested = re.search(r":startExecution\.sync", task.body["Resource"])
        # A parent has the time of its longest child, and ends it by its own limit.
        assert task.body["TimeoutSeconds"] <= limit if nested else longest < limit, task.name


@pytest.mark.parametrize("parent", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_a_parent_outwaits_its_child_by_minutes(parent: Workflow) -> None:
    """Less, and it would give up a child that ends well; more, and it would wait for nothing."""
    limits = {
        workflow.name.rpartition("/")[2]: workflow.definition["TimeoutSeconds"]
        for workflow in WORKFLOWS
    }
    for task in parent.tasks:
        if task.body["Resource"].endswith(":startExecution.sync:2"):
            child = re.fullmatch(r"\$\{(\w+)Arn\}", task.body["Arguments"]["StateMachineArn"])
            assert child, task.name
            spare = task.body["TimeoutSeconds"] - limits[child[1].lower()]
            assert 0 < spare <= _MOST_SPARE_SECONDS, task.name


@each_workflow
def test_a_job_ends_before_its_task_does(workflow: Workflow) -> None:
    for task in workflow.tasks:
        for seconds in values_of(task.body.get("Arguments"), "MaxRuntimeInSeconds"):
            if isinstance(seconds, int):
                assert seconds < task.body["TimeoutSeconds"], task.name


@each_workflow
def test_a_payload_fits_the_container(workflow: Workflow) -> None:
    for task in workflow.tasks:
        for mebibytes in values_of(task.body.get("Arguments"), "MaxPayloadInMB"):
            assert 0 < mebibytes <= _MOST_PAYLOAD_MEBIBYTES, task.name


@each_workflow
def test_instances_are_added_sooner_than_removed_and_idle_for_minutes(workflow: Workflow) -> None:
    for task in workflow.tasks:
        for policy in values_of(
            task.body.get("Arguments"), "TargetTrackingScalingPolicyConfiguration"
        ):
            out, back = policy["ScaleOutCooldown"], policy["ScaleInCooldown"]
            assert 0 < out <= back <= _MOST_IDLE_SECONDS, task.name
