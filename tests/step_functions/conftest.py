"""One embedded Step Functions, with the definitions of all workflows."""

import json
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from local.runtime import emulator
from local.runtime.emulator import Emulator
from local.runtime.processes import stop
from local.runtime.workspace import Workspace
from tests.step_functions.scenario import Scenario, all_scenarios
from tests.step_functions.scripted_aws import Answers, Run, ScriptedAws
from tests.step_functions.workflows import WORKFLOWS, deployed

# An execution mostly waits for the emulator, which takes 0.15 s to start one.
_AT_ONCE = 12
_WORKFLOWS = {workflow.name: workflow for workflow in WORKFLOWS}
# State -> the errors that its task throws first.
Errors = dict[str, list[str]]


class Bench:
    """Runs scenarios; a definition is created once for each combination of settings."""

    def __init__(self, aws: ScriptedAws, running: Emulator) -> None:
        self._aws = aws
        self._client = running.client("stepfunctions")
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}
        iam = running.client("iam")
        self._role = iam.create_role(
            RoleName="workflows", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
        )["Role"]["Arn"]
        # The roles of the templates are tested elsewhere (tests/iam).
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        iam.put_role_policy(
            RoleName="workflows",
            PolicyName="everything",
            PolicyDocument=json.dumps({"Statement": [everything]}),
        )
        self._lock = threading.Lock()
        self._machines: dict[tuple[str, tuple[tuple[str, str], ...], str], str] = {}
        self._outcomes: dict[str, Run] = {}

    @property
    def invalid(self) -> dict[str, str]:
        """State -> why AWS would reject its request."""
        return self._aws.invalid

    def run(self, scenario: Scenario, errors: Errors | None = None) -> Run:
        """Run a scenario, in which each state of `errors` fails that often first."""
        machine = self._machine(scenario.workflow, scenario.settings, scenario.place)
        return self._aws.run(machine, scenario.input, scenario.answers, errors)

    def run_definition(self, file: Path, execution_input: dict[str, Any], answers: Answers) -> Run:
        """Run a definition of any file, as it is."""
        with self._lock:
            machine = self._client.create_state_machine(
                name=f"{file.name.partition('.')[0]}-{len(self._machines)}-{uuid4()}",
                definition=file.read_text(),
                roleArn=self._role,
            )["stateMachineArn"]
        return self._aws.run(machine, execution_input, answers)

    def run_all(self, runs: Iterable[tuple[Scenario, Errors]]) -> list[Run]:
        """Run several at a time; the results are in the same order."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda arguments: self.run(*arguments), runs))

    def outcomes(self, workflow: str | None = None) -> dict[str, Run]:
        """Scenario name -> its run without additional errors, of one workflow or all."""
        scenarios = [
            scenario for scenario in all_scenarios() if workflow in (None, scenario.workflow)
        ]
        new = [scenario for scenario in scenarios if scenario.id not in self._outcomes]
        runs = self.run_all((scenario, {}) for scenario in new)
        self._outcomes |= dict(zip((scenario.id for scenario in new), runs, strict=True))
        return {scenario.name: self._outcomes[scenario.id] for scenario in scenarios}

    def _machine(self, workflow: str, settings: tuple[tuple[str, str], ...], place: str) -> str:
        with self._lock:
            if (workflow, settings, place) not in self._machines:
                source = _WORKFLOWS[workflow]
                text = source.file.read_text()
                name = f"{workflow} at {place}" if place else workflow
                substitutions = deployed(source.architecture, *settings)[name].substitutions
                for name, value in substitutions.items():
                    text = text.replace(f"${{{name}}}", value)
                self._machines[workflow, settings, place] = self._client.create_state_machine(
                    name=f"{workflow.replace('/', '-')}-{len(self._machines)}",
                    definition=text,
                    roleArn=self._role,
                )["stateMachineArn"]
            return self._machines[workflow, settings, place]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that use the bench run in one process, which then starts one emulator."""
    for item in items:
        if "bench" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("workflows"))


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    workspace = Workspace(tmp_path_factory.mktemp("workflows"))
    try:
        variables = {"LOCAL_TASKS": ".*", "SFN_WAIT_SCALE": "0"}
        running = emulator.start(workspace, variables)
        aws = ScriptedAws(running)
        yield Bench(aws, running)
        aws.close()
    finally:
        stop(workspace)
