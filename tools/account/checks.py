"""What is asked of an account before a deploy. Every call reads; none changes anything."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from stacks.environments import Environment, SettingsError, unread_alarms
from tools.account import needs
from tools.account.findings import Clients, Finding, unreadable
from tools.assembly import Assembly

_Errors = (ClientError, BotoCoreError)
# The version that asserts itself in every template: aws-cdk-lib 2 needs at least 6.
_BOOTSTRAP_PARAMETER, _BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version", 6
# Lambda keeps so many executions unreserved, fewer only in an account that has no more in all:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html (read 2026-11-28).
_UNRESERVED_MINIMUM = 100


def bootstrap(clients: Clients, region: str) -> Iterator[Finding]:
    """The CDK's bootstrap stack, which holds assets and the roles that deploy."""
    subject = "CDK bootstrap"
    advice = "type: make bootstrap"
    try:
        parameter = clients("ssm").get_parameter(Name=_BOOTSTRAP_PARAMETER)["Parameter"]
    except clients("ssm").exceptions.ParameterNotFound:
        yield Finding(subject, f"none in {region}", advice)
    except _Errors as error:
        yield unreadable(subject, error, "ssm:GetParameter")
    else:
        version = int(parameter["Value"])
        old = version < _BOOTSTRAP_VERSION
        yield Finding(subject, f"version {version} in {region}", advice if old else "")


def instance_quotas(clients: Clients, assembly: Assembly) -> Iterator[Finding]:
    """SageMaker's quotas for the configured instances: a new account has 0 of most types."""
    required = needs.instances(assembly)
    if not required:
        return
    try:
        quotas = _quotas(clients("service-quotas"), {need.quota_name for need in required})
    except _Errors as error:
        yield unreadable("SageMaker quotas", error, "servicequotas:ListServiceQuotas")
        return
    for need in required:
        subject = f"quota: {need.quota_name}"
        quota = quotas.get(need.quota_name)
        if quota is None:
            advice = "choose another instance type: this Region lists no such quota"
            yield Finding(subject, "unknown", advice)
            continue
        enough = quota["Value"] >= need.count
        request = (
            "type: aws service-quotas request-service-quota-increase --service-code sagemaker"
            f" --quota-code {quota['QuotaCode']} --desired-value {need.count}"
        )
        detail = f"{quota['Value']:g}, needs {need.count}"
        yield Finding(subject, detail, "" if enough else request)


def lambda_concurrency(clients: Clients, assembly: Assembly) -> Iterator[Finding]:
    """Concurrent executions: a new account has 10, and none of them can be reserved."""
    if not needs.has(assembly, "AWS::Lambda::Function"):
        return
    try:
        limits = clients("lambda").get_account_settings()["AccountLimit"]
    except _Errors as error:
        yield unreadable("Lambda concurrency", error, "lambda:GetAccountSettings")
        return
    reserved = needs.reserved_concurrency(assembly)
    unreserved = limits["UnreservedConcurrentExecutions"]
    minimum = min(_UNRESERVED_MINIMUM, limits["ConcurrentExecutions"])
    enough = unreserved - reserved >= minimum or not reserved
    detail = f"{limits['ConcurrentExecutions']} executions, {unreserved} unreserved"
    advice = (
        f"the functions reserve {reserved} and Lambda keeps {minimum} unreserved. Type: aws"
        " service-quotas request-service-quota-increase --service-code lambda --quota-code"
        f" L-B99A9384 --desired-value {reserved + _UNRESERVED_MINIMUM}"
    )
    yield Finding("Lambda concurrency", detail, "" if enough else advice)


def api_gateway_logs(clients: Clients, assembly: Assembly) -> Iterator[Finding]:
    """API Gateway logs under a role that is set once for the account and Region."""
    if not needs.writes_api_logs(assembly) or needs.has(assembly, "AWS::ApiGateway::Account"):
        return
    try:
        role = clients("apigateway").get_account().get("cloudwatchRoleArn")
    except _Errors as error:
        yield unreadable("API Gateway's log role", error, "apigateway:GET on /account")
        return
    advice = (
        "API Gateway refuses a stage that logs: let the stack set one for the whole account, with"
        " SETTINGS=ml_endpoint.api_log_role=true"
    )
    yield Finding("API Gateway's log role", role or "none", "" if role else advice)


def availability_zones(clients: Clients, region: str, assembly: Assembly) -> Iterator[Finding]:
    """The zones that subnets are placed in, and that every interface endpoint exists in them."""
    count = needs.zone_count(assembly)
    if not count:
        return
    subject, ec2 = "Availability Zones", clients("ec2")
    try:
        zones = _zones(ec2)
        endpoints = {
            service: _endpoint_zones(ec2, f"com.amazonaws.{region}.{service}")
            for service in needs.interface_services(assembly)
        }
    except _Errors as error:
        yield unreadable(subject, error, "ec2:Describe*")
        return
    used = dict(list(zones.items())[:count])
    advice = f"set -c ml_network.availability_zones={len(zones)}" if len(zones) < count else ""
    yield Finding(subject, ", ".join(used.values()), advice)
    for service, zones_of_service in endpoints.items():
        if missing := [f"{zone} ({used[zone]})" for zone in used if zone not in zones_of_service]:
            yield Finding(
                f"VPC endpoint {service}",
                f"not in {', '.join(missing)}",
                "remove it from -c ml_network.interface_endpoints, or choose another Region",
            )


def budgets(clients: Clients, account: str, assembly: Assembly) -> Iterator[Finding]:
    """Whether the caller may use AWS Budgets: an account may keep billing to its root."""
    if not needs.has(assembly, "AWS::Budgets::Budget"):
        return
    try:
        clients("budgets").describe_budgets(AccountId=account, MaxResults=1)
    except _Errors as error:
        yield unreadable("AWS Budgets", error, "budgets:ViewBudget, or set budget_usd=none")
    else:
        yield Finding("AWS Budgets", "can be read")


def alarm_address(environment: Environment) -> Finding:
    """Who reads the alarms: without an address, an alarm reaches nobody."""
    if environment.alarm_email:
        return Finding("alarms", "go to alarm_email, once that address confirms SNS's mail")
    try:
        (warning,) = [*unread_alarms(environment)] or ("go to their SNS topic alone",)
    except SettingsError as error:
        return Finding("alarms", "reach nobody", str(error))
    return Finding("alarms", warning.removeprefix("Warning: "))


def _quotas(client: Any, names: set[str]) -> dict[str, dict[str, Any]]:
    """Quota name -> the quota that applies, of those that are looked for."""
    pages = client.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    return {
        quota["QuotaName"]: quota
        for page in pages
        for quota in page["Quotas"]
        if quota["QuotaName"] in names
    }


def _zones(ec2: Any) -> dict[str, str]:
    """Zone name -> zone id, in the order of `Fn::GetAZs`."""
    zones = ec2.describe_availability_zones(
        Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}]
    )["AvailabilityZones"]
    ordered = sorted(zones, key=lambda zone: str(zone["ZoneName"]))
    return {zone["ZoneName"]: zone["ZoneId"] for zone in ordered}


def _endpoint_zones(ec2: Any, service: str) -> set[str]:
    """The zones in which a VPC endpoint service can be used; none if there is no such service."""
    try:
        services = ec2.describe_vpc_endpoint_services(ServiceNames=[service])
    except ClientError as error:
        if error.response["Error"]["Code"] == "InvalidServiceName":
            return set()
        raise
    return {zone for detail in services["ServiceDetails"] for zone in detail["AvailabilityZones"]}
