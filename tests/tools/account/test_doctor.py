"""`make doctor` against accounts as AWS describes them: a new one, a ready one, and refusals."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from stacks.catalogue import environment_from
from tools.account import checks, needs
from tools.account.doctor import requirements
from tools.account.findings import Clients, Finding
from tools.assembly import Assembly, synthesise

REGION, ACCOUNT = "us-east-1", "111111111111"
Responses = Mapping[str, list[tuple[str, dict[str, Any] | str]]]
"""Service -> operations in the order of the calls, each with its response or an error code."""
MakeClients = Callable[[Responses], Clients]


@pytest.fixture(scope="module")
def platform() -> Assembly:
    return synthesise("sandbox", only=["ml-platform"], gated=False)


@pytest.fixture(scope="module")
def lake() -> Assembly:
    return synthesise("sandbox", only=["streaming-lake"], gated=False)


@pytest.fixture
def account() -> Iterator[MakeClients]:
    """Clients whose responses botocore holds against the service's model."""
    stubs = []

    def make(responses: Responses) -> Clients:
        clients = {}
        for service, calls in responses.items():
            clients[service] = boto3.client(
                service,  # type: ignore[call-overload]  # the overloads want a literal
                region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x",  # noqa: S106
            )  # fmt: skip
            stub = Stubber(clients[service])
            stubs.append(stub)
            for operation, response in calls:
                if isinstance(response, str):
                    stub.add_client_error(operation, response)
                else:
                    stub.add_response(operation, response)
            stub.activate()
        return clients.__getitem__

    yield make
    for stub in stubs:
        stub.assert_no_pending_responses()


def quota(name: str, value: float) -> dict[str, Any]:
    return {"QuotaName": name, "QuotaCode": "L-1", "Value": value}


def quotas_of(assembly: Assembly, value: float) -> dict[str, Any]:
    return {"Quotas": [quota(need.quota_name, value) for need in needs.instances(assembly)]}


def limits(concurrent: int, unreserved: int) -> dict[str, Any]:
    return {
        "AccountLimit": {
            "ConcurrentExecutions": concurrent,
            "UnreservedConcurrentExecutions": unreserved,
        }
    }


def zones(count: int) -> dict[str, Any]:
    return {
        "AvailabilityZones": [
            {"ZoneName": f"{REGION}{letter}", "ZoneId": f"use1-az{number}"}
            for number, letter in enumerate("abcdef"[:count], start=1)
        ]
    }


def endpoint_service(*letters: str) -> dict[str, Any]:
    zones = [f"{REGION}{letter}" for letter in letters]
    return {"ServiceDetails": [{"AvailabilityZones": zones}]}


def wrong(findings: Iterator[Finding]) -> dict[str, str]:
    """Subject -> advice, of what is to be put right."""
    return {finding.subject: finding.advice for finding in findings if not finding.right}


def test_an_account_that_is_ready_has_nothing_to_put_right(
    platform: Assembly, account: MakeClients
) -> None:
    services = len(needs.interface_services(platform))
    asks_for_log_role = not needs.has(platform, "AWS::ApiGateway::Account")
    clients = account(
        {
            "ssm": [("get_parameter", {"Parameter": {"Value": "31"}})],
            "service-quotas": [("list_service_quotas", quotas_of(platform, 4))],
            "lambda": [("get_account_settings", limits(1000, 1000))],
            "apigateway": [("get_account", {"cloudwatchRoleArn": "arn:aws:iam::1:role/logs"})]
            if asks_for_log_role
            else [],
            "ec2": [
                ("describe_availability_zones", zones(6)),
                *[("describe_vpc_endpoint_services", endpoint_service(*"abc"))] * services,
            ],
            "budgets": [("describe_budgets", {"Budgets": []})],
        }
    )
    assert wrong(requirements(platform, clients, REGION, ACCOUNT)) == {}


def test_a_new_account_is_told_what_to_type(platform: Assembly, account: MakeClients) -> None:
    clients = account(
        {
            "ssm": [("get_parameter", "ParameterNotFound")],
            "service-quotas": [("list_service_quotas", quotas_of(platform, 0))],
        }
    )
    assert wrong(checks.bootstrap(clients, REGION)) == {"CDK bootstrap": "type: make bootstrap"}
    findings = wrong(checks.instance_quotas(clients, platform))
    assert set(findings) == {f"quota: {need.quota_name}" for need in needs.instances(platform)}
    assert all("--quota-code L-1 --desired-value" in advice for advice in findings.values())


def test_an_old_bootstrap_stack_is_to_be_renewed(account: MakeClients) -> None:
    clients = account({"ssm": [("get_parameter", {"Parameter": {"Value": "5"}})]})
    assert wrong(checks.bootstrap(clients, REGION)) == {"CDK bootstrap": "type: make bootstrap"}


def test_a_call_that_is_refused_names_the_missing_right(
    platform: Assembly, account: MakeClients
) -> None:
    clients = account({"service-quotas": [("list_service_quotas", "AccessDeniedException")]})
    (advice,) = wrong(checks.instance_quotas(clients, platform)).values()
    assert "servicequotas:ListServiceQuotas" in advice


def test_an_instance_type_without_a_quota_does_not_exist_there(
    platform: Assembly, account: MakeClients
) -> None:
    clients = account({"service-quotas": [("list_service_quotas", {"Quotas": []})]})
    advice = wrong(checks.instance_quotas(clients, platform)).values()
    assert all("another instance type" in text for text in advice)


def test_a_zone_without_the_endpoint_service_is_named(
    platform: Assembly, account: MakeClients
) -> None:
    services = needs.interface_services(platform)
    clients = account(
        {
            "ec2": [
                ("describe_availability_zones", zones(6)),
                ("describe_vpc_endpoint_services", endpoint_service("a")),
                *[("describe_vpc_endpoint_services", endpoint_service(*"ab"))]
                * (len(services) - 1),
            ]
        }
    )
    findings = list(checks.availability_zones(clients, REGION, platform))
    (finding,) = (finding for finding in findings if not finding.right)
    assert (finding.subject, finding.detail) == (
        f"VPC endpoint {services[0]}",
        "not in us-east-1b (use1-az2)",
    )


def test_a_region_with_too_few_zones_names_the_setting(
    platform: Assembly, account: MakeClients
) -> None:
    services = len(needs.interface_services(platform))
    clients = account(
        {
            "ec2": [
                ("describe_availability_zones", zones(1)),
                *[("describe_vpc_endpoint_services", endpoint_service("a"))] * services,
            ]
        }
    )
    advice = wrong(checks.availability_zones(clients, REGION, platform))
    assert advice == {"Availability Zones": "set -c ml_network.availability_zones=1"}


@pytest.mark.parametrize(
    ("concurrent", "unreserved", "reserved", "right"),
    [(10, 10, 0, True), (10, 10, 1, False), (1000, 1000, 100, True), (1000, 150, 100, False)],
)
def test_reservations_leave_lambda_its_minimum(  # a parameter each
    account: MakeClients, concurrent: int, unreserved: int, reserved: int, right: bool
) -> None:
    properties = {"ReservedConcurrentExecutions": reserved}
    function = {"Type": "AWS::Lambda::Function", "Properties": properties}
    stack = Assembly({"Stack": {"Resources": {"Function": function}}})
    clients = account({"lambda": [("get_account_settings", limits(concurrent, unreserved))]})
    (finding,) = checks.lambda_concurrency(clients, stack)
    assert finding.right is right


def test_an_architecture_asks_only_for_what_its_templates_have(lake: Assembly) -> None:
    assert needs.instances(lake) == []
    assert needs.zone_count(lake) == 0
    assert not needs.writes_api_logs(lake)
    no_clients: dict[str, Any] = {}
    assert list(checks.instance_quotas(no_clients.__getitem__, lake)) == []
    assert list(checks.availability_zones(no_clients.__getitem__, REGION, lake)) == []


@pytest.mark.parametrize(
    ("environment", "address", "right", "detail"),
    [
        ("sandbox", "unset", True, "nobody reads the alarms of env=sandbox."),
        ("production", "unset", False, "reach nobody"),
        ("production", "none", True, "go to their SNS topic alone"),
        ("production", "me@example.com", True, "go to alarm_email, once that address confirms"),
    ],
)
def test_whoever_deploys_learns_who_reads_the_alarms(
    environment: str, address: str, right: bool, detail: str
) -> None:
    settings = {"env": environment, "alarm_email": address}
    finding = checks.alarm_address(environment_from(settings))
    assert finding.right is right
    assert finding.detail.startswith(detail)


def test_the_instances_of_workflows_follow_the_settings() -> None:
    def needed(**settings: str) -> dict[str, int]:
        keys = {key.replace("__", "."): value for key, value in settings.items()}
        assembly = synthesise("sandbox", keys, only=["ml-platform"], gated=False)
        return {need.quota_name: need.count for need in needs.instances(assembly)}

    assert "ml.m7i.large for spot training job usage" in needed()
    tuned = needed(ml_training__spot="false", ml_training__tune="true")
    assert tuned["ml.m7i.large for training job usage"] == 2
    serverless = needed(
        ml_endpoint__serving="serverless",
        ml_endpoint__in_vpc="false",
        ml_endpoint__data_capture_percent="0",
    )
    assert "ml.m7i.large for endpoint usage" not in serverless
