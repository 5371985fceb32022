"""The notebook: who may open it, what it can reach, and when it stops."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stacks.catalogue import ENVIRONMENTS, make_app
from stacks.ml_platform.notebook.lifecycle.stop_when_idle import is_idle, last_use
from tests.conftest import Templates, flat, readable, resources
from tests.iam.simulation import Request, simulate

Template = dict[str, Any]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(params=ENVIRONMENTS)
def notebook(request: pytest.FixtureRequest, synthesise: Templates) -> Template:
    template: Template = synthesise(request.param)["MlNotebook"]
    return template


def access_statements(template: Template) -> list[dict[str, Any]]:
    """The statements of the policy for people who open the notebook."""
    (policy,) = resources(template, "AWS::IAM::ManagedPolicy").values()
    policy_statements: list[dict[str, Any]] = readable(template, policy["Properties"])[
        "PolicyDocument"
    ]["Statement"]
    return policy_statements


def test_the_instance_has_no_root_and_no_internet_and_is_encrypted(notebook: Template) -> None:
    (instance,) = resources(notebook, "AWS::SageMaker::NotebookInstance").values()
    properties = instance["Properties"]
    assert properties["PlatformIdentifier"] == "notebook-al2023-v1"
    assert properties["RootAccess"] == "Disabled"
    assert properties["DirectInternetAccess"] == "Disabled"
    metadata = properties["InstanceMetadataServiceConfiguration"]
    assert metadata == {"MinimumInstanceMetadataServiceVersion": "2"}
    assert "MlNetwork:ExportsOutputRefKey" in flat(properties["KmsKeyId"])
    assert "MlNetwork:ExportsOutputRefNetworkVpcIsolated" in flat(properties["SubnetId"])
    assert len(properties["SecurityGroupIds"]) == 1


def test_the_lifecycle_script_needs_only_s3_and_fits_the_size_limit(notebook: Template) -> None:
    (lifecycle,) = resources(notebook, "AWS::SageMaker::NotebookInstanceLifecycleConfig").values()
    (hook,) = lifecycle["Properties"]["OnStart"]
    script = "".join(map(str, readable(notebook, hook["Content"]["Fn::Base64"])))
    assert "aws s3 cp" in script
    download_commands = ("pip install", "conda install", "curl", "http:")
    assert not [command for command in download_commands if command in script]
    placeholders = ("KernelUri", "StopWhenIdle", "IdleMinutes")
    assert not [name for name in placeholders if f"${{{name}}}" in script]
    # SageMaker accepts at most 16,384 characters of base64.
    assert len(script) * 4 / 3 < 16_000


def test_only_the_owner_may_open_it_from_the_vpc_or_a_listed_address(synthesise: Templates) -> None:
    template = synthesise("sandbox", ("ml_notebook.source_addresses", "192.0.2.0/24"))["MlNotebook"]
    from_vpc, from_addresses = access_statements(template)[::2]
    assert "InterfaceEndpointsSagemakerApi" in flat(
        from_vpc["Condition"]["StringEquals"]["aws:SourceVpce"]
    )
    assert from_addresses["Condition"]["IpAddress"] == {"aws:SourceIp": ["192.0.2.0/24"]}


ACTION = "sagemaker:CreatePresignedNotebookInstanceUrl"
NOTEBOOK = "arn:aws:sagemaker:us-east-1:000000000000:notebook-instance/one"
OWN = {
    "aws:ResourceTag/owner": "ada",
    "aws:ResourceTag/architecture": "ml-platform",
    "aws:SourceIp": "192.0.2.7",
}
SESSION = {**OWN, "aws:userid": "AROAEXAMPLE:ada"}
USER = {**OWN, "aws:userid": "AIDAEXAMPLE", "aws:username": "ada"}


@pytest.mark.parametrize(
    ("context", "opens"),
    [
        (USER, True),
        (SESSION, True),
        ({**USER, "aws:username": "bob"}, False),
        ({**SESSION, "aws:userid": "AROAEXAMPLE:bob"}, False),
        ({**SESSION, "aws:userid": "AROAEXAMPLE:not-ada"}, False),
        ({**SESSION, "aws:SourceIp": "198.51.100.1"}, False),
        ({**USER, "aws:ResourceTag/architecture": "another"}, False),
    ],
)
def test_users_and_sessions_of_roles_open_what_is_tagged_with_their_name(
    synthesise: Templates, context: dict[str, str], opens: bool
) -> None:
    template = synthesise("sandbox", ("ml_notebook.source_addresses", "192.0.2.0/24"))["MlNotebook"]
    statements = [
        {**statement, "Resource": "*"}
        for statement in access_statements(template)
        if "IpAddress" in statement["Condition"]
    ]
    principal = "arn:aws:sts::000000000000:assumed-role/people/ada"
    request = Request("open", principal, ACTION, NOTEBOOK, context, ["own"])
    policies = {"own": {"Version": "2012-10-17", "Statement": statements}}
    assert simulate(policies, [request]).allows("open") is opens


def test_the_endpoint_that_issues_the_url_lets_the_call_pass(synthesise: Templates) -> None:
    template = synthesise("sandbox")["MlNetwork"]
    (endpoint,) = (
        resource
        for path, resource in resources(template, "AWS::EC2::VPCEndpoint").items()
        if path.endswith("SagemakerApi")
    )
    (statement,) = endpoint["Properties"]["PolicyDocument"]["Statement"]
    assert ACTION in statement["Action"]


def test_a_notebook_that_nobody_can_open_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Nobody could open the notebook: add sagemaker.api"):
        make_app({"env": "sandbox", "ml_network.interface_endpoints": "kms"}, tmp_path)


def test_it_is_tagged_with_its_owner(synthesise: Templates) -> None:
    template = synthesise("sandbox", ("ml_notebook.owner", "ada"))["MlNotebook"]
    (instance,) = resources(template, "AWS::SageMaker::NotebookInstance").values()
    assert {"Key": "owner", "Value": "ada"} in instance["Properties"]["Tags"]


def test_studio_reaches_the_vpc_only_and_leaves_nothing_in_it(synthesise: Templates) -> None:
    template = synthesise("sandbox", ("ml_notebook.studio", "true"))["MlNotebook"]
    (domain,) = resources(template, "AWS::SageMaker::Domain").values()
    assert domain["Properties"]["AppNetworkAccessType"] == "VpcOnly"
    assert "KmsKeyId" in domain["Properties"]
    # The file system and its security groups would outlive the domain, and hold the VPC.
    assert domain["Properties"]["HomeEfsFileSystemCreation"] == "Disabled"
    assert not resources(template, "AWS::SageMaker::UserProfile")


@pytest.mark.parametrize(("minutes", "expected"), [("10", 60), ("90", 90)])
def test_apps_of_studio_stop_when_idle(synthesise: Templates, minutes: str, expected: int) -> None:
    settings = [("ml_notebook.studio", "true"), ("ml_notebook.idle_minutes", minutes)]
    template = synthesise("sandbox", *settings)["MlNotebook"]
    (domain,) = resources(template, "AWS::SageMaker::Domain").values()
    defaults = domain["Properties"]["DefaultUserSettings"]
    for kind in ("JupyterLabAppSettings", "CodeEditorAppSettings"):
        idle = defaults[kind]["AppLifecycleManagement"]["IdleSettings"]
        assert idle == {"LifecycleManagement": "ENABLED", "IdleTimeoutInMinutes": expected}


@pytest.mark.parametrize(
    ("session", "owner", "opens"), [("ada", "ada", True), ("bob", "ada", False)]
)
def test_only_its_owner_opens_a_profile(
    synthesise: Templates, session: str, owner: str, opens: bool
) -> None:
    settings = [("ml_notebook.studio", "true"), ("ml_notebook.owner", owner)]
    template = synthesise("sandbox", *settings)["MlNotebook"]
    (profile,) = resources(template, "AWS::SageMaker::UserProfile").values()
    assert {"Key": "owner", "Value": owner} in profile["Properties"]["Tags"]
    policy = resources(template, "AWS::IAM::ManagedPolicy")["Studio/OpenOwnStudio"]["Properties"]
    statements = readable(template, policy)["PolicyDocument"]["Statement"]
    profile_arn = "arn:aws:sagemaker:us-east-1:000000000000:user-profile/d-1/ada"
    for statement in statements:
        statement["Resource"] = profile_arn.rpartition("/")[0] + "/*"
    context = {"aws:ResourceTag/owner": owner, "aws:userid": f"AROA:{session}"}
    principal = f"arn:aws:sts::000000000000:assumed-role/people/{session}"
    action = "sagemaker:CreatePresignedDomainUrl"
    request = Request("open", principal, action, profile_arn, context, ["own"])
    policies = {"own": {"Version": "2012-10-17", "Statement": statements}}
    assert simulate(policies, [request]).allows("open") is opens


@pytest.mark.parametrize(
    ("kernels", "idle"),
    [
        ([], True),
        ([{"execution_state": "busy", "last_activity": "2026-11-20T01:00:00Z"}], False),
        ([{"execution_state": "idle", "last_activity": "2026-11-20T11:30:00.5Z"}], False),
        ([{"execution_state": "idle", "last_activity": "2026-11-20T10:59:59Z"}], True),
    ],
)
def test_the_notebook_is_idle_an_hour_after_its_last_use(
    kernels: list[dict[str, str]], idle: bool
) -> None:
    started = NOON - timedelta(hours=5)
    now = datetime.now(UTC) if kernels and kernels[0]["execution_state"] == "busy" else NOON
    assert is_idle(last_use(kernels, [], started), 60, now) is idle


def test_terminals_and_the_start_count_as_use() -> None:
    terminal = {"last_activity": "2026-11-20T11:45:00Z"}
    assert not is_idle(last_use([], [terminal], NOON - timedelta(hours=5)), 60, NOON)
    assert not is_idle(last_use([], [], NOON - timedelta(minutes=59)), 60, NOON)
