"""Every request of a workflow, evaluated without the local AWS, is one that the service takes."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.services.contract import door
from local.services.task import TaskError
from tests.iam.needs import SETTINGS, assembly_of, deployed, machines, requests


def requests_of(settings: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Workflow and state, the task's `Resource`, and its arguments."""
    account = deployed(settings)
    for name, machine in machines(assembly_of(settings)):
        for task, arguments in requests(name, machine, account):
            yield f"{name}: {task.name}", task.body["Resource"], arguments


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_request_keeps_the_model_and_the_rules_of_its_service(settings: str) -> None:
    refusals = []
    for state, resource, arguments in requests_of(settings):
        try:
            door.check(resource, arguments)
        except TaskError as error:
            refusals.append(f"{state}: {error.error}: {error.cause}")
    assert not refusals, "\n".join(refusals)


@pytest.mark.parametrize("settings", ["everything", "defaults"])
def test_a_script_of_a_job_finds_its_folders(settings: str) -> None:
    """Scripts look for an input or output in the folder of its name."""
    paths = {
        (item[kind], item[location]["LocalPath"])
        for _, resource, arguments in requests_of(settings)
        if "createProcessingJob" in resource
        for items, kind, location in (
            (arguments["ProcessingInputs"], "InputName", "S3Input"),
            (arguments["ProcessingOutputConfig"]["Outputs"], "OutputName", "S3Output"),
        )
        for item in items
    }
    assert paths
    assert paths == {(name, f"/opt/ml/processing/{name}") for name, _ in paths}
