"""`make doctor`: holds an account against what templates need, before anything is deployed."""

import os
from collections.abc import Iterator, Mapping

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from stacks.catalogue import environment_from
from stacks.shared.gate import GateError
from tools.account import checks
from tools.account.findings import Clients, Finding
from tools.assembly import Assembly, architecture_of, synthesise
from tools.costs.idle import monthly
from tools.costs.lines import total


def examine(
    environment: str, architecture: str, settings: Mapping[str, str], session: boto3.Session
) -> Iterator[Finding]:
    """Every finding, credentials first. Reads only. Raises SettingsError."""
    region = session.region_name
    if region is None:
        yield Finding("Region", "none", "type: export AWS_REGION=us-east-1, or name a profile's")
        return
    try:
        identity = session.client("sts").get_caller_identity()
    except (ClientError, BotoCoreError) as error:
        yield Finding("credentials", str(error), "sign in: aws sso login, or export AWS_PROFILE=…")
        return
    account = identity["Account"]
    yield Finding("credentials", f"{identity['Arn']} in account {account}, {region}")
    # The gate holds the templates against what this Region has.
    os.environ.update(CDK_DEFAULT_REGION=region, CDK_DEFAULT_ACCOUNT=account)
    only = [architecture] if architecture else []
    try:
        assembly = synthesise(environment, settings, only=only)
    except GateError as error:
        yield Finding("templates", f"refused for {region}", str(error))
        return
    yield Finding("templates", ", ".join(assembly.templates))
    yield checks.alarm_address(environment_from({"env": environment, **settings}))
    yield from requirements(assembly, clients(session), region, account)
    yield idle_month(assembly, architecture)


def clients(session: boto3.Session) -> Clients:
    """Clients of a session, by the name of their service."""
    return session.client  # type: ignore[return-value]  # the overloads want a literal


def requirements(
    assembly: Assembly, clients: Clients, region: str, account: str
) -> Iterator[Finding]:
    """What the templates need, held against the account."""
    yield from checks.bootstrap(clients, region)
    yield from checks.instance_quotas(clients, assembly)
    yield from checks.lambda_concurrency(clients, assembly)
    yield from checks.api_gateway_logs(clients, assembly)
    yield from checks.availability_zones(clients, region, assembly)
    yield from checks.budgets(clients, account, assembly)


def idle_month(assembly: Assembly, architecture: str) -> Finding:
    """What the stacks cost a month while nobody uses them."""
    chosen = assembly.of(architecture) if architecture else assembly
    lines = monthly(chosen)
    parts = {
        name: total(line for line in lines if architecture_of(line.stack) == name)
        for name in sorted({architecture_of(line.stack) or "" for line in lines})
    }
    detail = ", ".join(f"{usd:.2f} USD for {name}" for name, usd in parts.items())
    return Finding("a month idle", f"{detail} (list prices of us-east-1)")
