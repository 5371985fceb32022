"""The platform in a new account, whose quotas of instances are 0, and in one that is full.

The tests run in their order: each raises the quotas that the next one has.
"""

import json
import re
import shlex
import time
from collections.abc import Iterator
from typing import Any

import jmespath
import pytest
from botocore.exceptions import ClientError

from local.demos.executions import wait_for
from local.runtime.workspace import Workspace
from tests.local.conftest import Platform, running_platform
from tools.account import checks, needs
from tools.assembly import Assembly, synthesise

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("new account")]

LIMIT = "SageMaker.ResourceLimitExceededException"
TRAINING = "ml.m7i.large for training job usage"


@pytest.fixture(scope="module")
def new_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform whose quotas nobody has raised."""
    workspace = Workspace(tmp_path_factory.mktemp("new-account"))
    with running_platform(workspace, raise_quotas=False) as platform:
        yield platform


@pytest.fixture(scope="module")
def assembly() -> Assembly:
    return synthesise("local", {"ml_training.from_lake": "false"}, only=["ml-platform"])


def increase(platform: Platform, command: str) -> None:
    """Do what a command of the AWS CLI asks, the command in it included."""
    client = platform.emulator.client("service-quotas")
    if listing := re.search(r"\$\((.*)\)$", command):
        words = shlex.split(listing[1])
        pages = client.get_paginator("list_service_quotas").paginate(
            ServiceCode=words[words.index("--service-code") + 1]
        )
        query = jmespath.compile(words[words.index("--query") + 1])
        (code,) = (code for page in pages for code in query.search(page))
        command = f"{command[: listing.start()]}{code}"
    words = shlex.split(command)
    assert words[:3] == ["aws", "service-quotas", "request-service-quota-increase"]
    options = dict(zip(words[3::2], words[4::2], strict=True))
    client.request_service_quota_increase(
        ServiceCode=options["--service-code"],
        QuotaCode=options["--quota-code"],
        DesiredValue=float(options["--desired-value"]),
    )


def raise_quota(platform: Platform, name: str, value: float) -> None:
    pages = platform.emulator.client("service-quotas").get_paginator("list_service_quotas")
    (code,) = (
        quota["QuotaCode"]
        for page in pages.paginate(ServiceCode="sagemaker")
        for quota in page["Quotas"]
        if quota["QuotaName"] == name
    )
    platform.emulator.client("service-quotas").request_service_quota_increase(
        ServiceCode="sagemaker", QuotaCode=code, DesiredValue=value
    )


def command_in(cause: str) -> str:
    """What the cause of a failed execution tells to type."""
    command = re.search(r"Type: (aws .*QuotaCode'\))", cause)
    assert command, cause
    return command[1]


def failure_of(execution: dict[str, Any]) -> str:
    assert (execution["status"], execution["error"]) == ("FAILED", LIMIT), execution
    return str(execution["cause"])


def test_doctor_names_what_a_new_account_lacks(new_account: Platform, assembly: Assembly) -> None:
    findings = list(checks.instance_quotas(new_account.emulator.client, assembly))
    lacking = {finding.subject for finding in findings if finding.advice}
    assert lacking == {
        f"quota: {need.quota_name}"
        for need in needs.instances(assembly)
        if need.usage != "notebook instance usage"
    }


def test_functions_of_a_new_account_have_ten_executions(new_account: Platform) -> None:
    limits = new_account.emulator.client("lambda").get_account_settings()["AccountLimit"]
    assert limits["ConcurrentExecutions"] == 10


def test_a_quota_is_not_requested_at_the_value_that_it_has(new_account: Platform) -> None:
    with pytest.raises(ClientError, match="greater than the current quota value"):
        raise_quota(new_account, TRAINING, 0)


def test_each_job_is_refused_at_once_until_the_printed_command_is_typed(
    new_account: Platform,
) -> None:
    machine = new_account.training["StateMachineArn"]
    for step in ("Train", "Evaluate"):
        started = time.monotonic()
        cause = failure_of(new_account.execute(machine, {}))
        assert cause.startswith(f"Failed at {step}: The account-level service limit 'ml.m7i.large")
        # A Wait state of five minutes takes six seconds here.
        assert step == "Evaluate" or time.monotonic() - started < 6
        increase(new_account, command_in(cause))
    assert new_account.execute(machine, {})["status"] == "SUCCEEDED"


def test_an_endpoint_is_refused_at_once_until_the_printed_command_is_typed(
    new_account: Platform,
) -> None:
    new_account.wait_for_roll_outs()
    (roll_out,) = new_account.roll_outs()
    step_functions = new_account.emulator.client("stepfunctions")
    first = wait_for(step_functions, roll_out["executionArn"])
    machine, event = new_account.endpoint["StateMachineArn"], json.loads(first["input"])
    # The smoke test's job comes before the endpoint.
    for usage in ("transform job usage", "endpoint usage"):
        cause = failure_of(first)
        assert usage in cause
        assert cause.endswith(" There is no endpoint.")
        increase(new_account, command_in(cause))
        first = new_account.execute(machine, event)
    second = new_account.execute(machine, event)
    assert (first["status"], second["status"]) == ("SUCCEEDED", "SUCCEEDED"), first


def test_a_job_waits_while_others_use_the_quota(new_account: Platform) -> None:
    """The quota is 1 by now: two executions at once take their turns."""
    step_functions = new_account.emulator.client("stepfunctions")
    machine = new_account.training["StateMachineArn"]
    arns = [
        step_functions.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
        for _ in range(2)
    ]
    ended = [wait_for(step_functions, arn) for arn in arns]
    assert [execution["status"] for execution in ended] == ["SUCCEEDED", "SUCCEEDED"], ended
    waits = [
        event
        for arn in arns
        for page in step_functions.get_paginator("get_execution_history").paginate(executionArn=arn)
        for event in page["events"]
        if event.get("stateEnteredEventDetails", {}).get("name") == "Wait for capacity"
    ]
    assert waits


def test_doctor_finds_nothing_missing_once_the_quotas_are_raised(
    new_account: Platform, assembly: Assembly
) -> None:
    for finding in checks.instance_quotas(new_account.emulator.client, assembly):
        if finding.advice:
            increase(new_account, finding.advice.removeprefix("type: "))
    findings = list(checks.instance_quotas(new_account.emulator.client, assembly))
    assert findings
    assert [finding for finding in findings if finding.advice] == []
