"""A role that may use a resource under a customer-managed key may use the key, through the service.

Without it, every call that the role's statements allow is denied by KMS. Pages of each service on
its encryption, read 2026-11-29: writing asks for kms:GenerateDataKey, reading for kms:Decrypt;
DynamoDB asks for kms:Decrypt whatever is done.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from tests.iam.concrete import Deployed
from tests.iam.needs import SETTINGS, assembly_of, deployed
from tools.assembly import as_list
from tools.assembly.roles import Role

# Action -> the service, and what it asks of the key.
NEEDS = {
    "dynamodb:GetItem": ("dynamodb", "Decrypt"),
    "dynamodb:PutItem": ("dynamodb", "Decrypt"),
    "dynamodb:UpdateItem": ("dynamodb", "Decrypt"),
    "kinesis:GetRecords": ("kinesis", "Decrypt"),
    "kinesis:PutRecord": ("kinesis", "GenerateDataKey"),
    "kinesis:PutRecords": ("kinesis", "GenerateDataKey"),
    "s3:GetObject": ("s3", "Decrypt"),
    "s3:GetObjectVersion": ("s3", "Decrypt"),
    "s3:PutObject": ("s3", "GenerateDataKey"),
    "sns:Publish": ("sns", "GenerateDataKey"),
    "sqs:ReceiveMessage": ("sqs", "Decrypt"),
    "sqs:SendMessage": ("sqs", "GenerateDataKey"),
}


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_role_may_use_the_keys_of_what_it_may_use(settings: str) -> None:
    account = deployed(settings)
    lacking = [
        f"{place}: {action} on {arn} needs kms:{use} through {service}"
        for place, role in assembly_of(settings).roles.items()
        for action, arn, key in _uses(role, account)
        for service, use in [NEEDS[action]]
        if not _may(role, account, f"kms:{use}", key, service)
    ]
    assert not lacking, "\n".join(sorted(set(lacking)))


def _uses(role: Role, account: Deployed) -> Iterator[tuple[str, str, str]]:
    """What the role may do with resources under a key: action, ARN of the resource, of the key."""
    for action, resource in role.allowed():
        arn = account.concrete(resource)
        if action.startswith("s3:"):
            arn = arn.partition("/")[0]
        if action in NEEDS and (key := account.key_of(arn)):
            yield action, arn, key


def _may(role: Role, account: Deployed, action: str, key: str, service: str) -> bool:
    for statement in role.statements:
        if statement["Effect"] != "Allow" or action not in as_list(statement["Action"]):
            continue
        if not any(
            fnmatchcase(key, account.concrete(str(resource)))
            for resource in as_list(statement["Resource"])
        ):
            continue
        conditions = account.concrete(statement.get("Condition", {}))
        services = conditions.get("StringEquals", {}).get("kms:ViaService")
        if services is None or any(name.startswith(f"{service}.") for name in as_list(services)):
            return True
    return False
