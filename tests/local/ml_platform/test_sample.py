"""`make produce ARCH=ml-platform`, where the bucket does not admit the caller."""

from pathlib import Path
from typing import Any, cast

import pytest
from botocore.stub import ANY
from rich.console import Console

from local.demos.ml_platform import sample
from local.demos.verification import Account
from local.runtime.progress import Steps
from local.runtime.workspace import LocalError
from tests.tools.account import stubs

OUTPUTS = {"MlTraining": {"BucketName": "platform", "TrainCommand": "aws ..."}}
STEPS = Steps(Console(quiet=True))
ROLE = "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/Admins"


@pytest.fixture
def account() -> stubs.Account:
    """An account whose bucket refuses objects, and whose caller is a role of Identity Center."""
    account = stubs.Account()
    account.expect("s3", "put_object", "AccessDenied")
    session = "arn:aws:sts::111111111111:assumed-role/Admins/jane"
    account.expect("sts", "get_caller_identity", {"Arn": session})
    return account


def refusal(account: stubs.Account) -> str:
    with pytest.raises(LocalError) as error:
        sample.fill(cast("Account", account), OUTPUTS, STEPS, 2_000)
    return str(error.value)


def test_it_names_the_setting_with_the_arn_of_the_role_and_its_path(account: stubs.Account) -> None:
    role: dict[str, Any] = {
        "Role": {
            "Path": "/",
            "RoleName": "Admins",
            "RoleId": "A" * 16,
            "Arn": ROLE,
            "CreateDate": 0,
        }
    }
    account.expect("iam", "get_role", role, {"RoleName": "Admins"})
    assert f'SETTINGS="ml_training.data_administrators={ROLE}"' in refusal(account)


def test_it_names_the_role_if_it_may_not_be_looked_up(account: stubs.Account) -> None:
    account.expect("iam", "get_role", "AccessDenied", {"RoleName": ANY})
    assert "<the ARN of your role Admins>" in refusal(account)


def test_a_file_of_events_is_refused_and_says_where_a_set_goes(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="s3://platform/training/"):
        sample.send_file(cast("Account", stubs.Account()), OUTPUTS, STEPS, tmp_path / "events")


def test_an_account_that_trains_nothing_says_where_to_fill_it(account: stubs.Account) -> None:
    with pytest.raises(LocalError, match=r"ml_endpoint\.registry_account"):
        sample.fill(cast("Account", account), {"MlEndpoint": {}}, STEPS, 2_000)
