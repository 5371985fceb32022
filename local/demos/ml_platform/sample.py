"""Fills the platform's bucket with a training set, for a platform that has no lake."""

import tempfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.demos import training_set
from local.demos.sample import Sample
from local.demos.verification import Account
from local.runtime.deployment import Outputs
from local.runtime.progress import Steps
from local.runtime.workspace import LocalError

_PREFIX = "training/"


def fill(account: Account, outputs: Outputs, steps: Steps, count: int) -> str:
    """Write the set of `count` flights into the bucket, in the place of an earlier one.

    Raises LocalError if the bucket does not admit the caller, or if this account trains nothing.
    """
    training = _training(outputs)
    bucket = training["BucketName"]
    with tempfile.TemporaryDirectory() as name, steps.step(f"Write the set of {count:,} flights"):
        folder = Path(name)
        training_set.write(folder, count)
        files = [file for file in folder.rglob("*") if file.is_file()]
        s3 = account.client("s3")
        for file in files:
            key = f"{_PREFIX}{file.relative_to(folder)}"
            try:
                s3.put_object(Bucket=bucket, Key=key, Body=file.read_bytes())
            except ClientError as error:
                if error.response["Error"]["Code"] != "AccessDenied":
                    raise
                raise LocalError(_not_admitted(account, bucket)) from error
    return (
        f"{len(files)} files below s3://{bucket}/{_PREFIX}; to train on them, type:"
        f" {training['TrainCommand']}"
    )


def send_file(_account: Account, outputs: Outputs, _steps: Steps, path: Path) -> str:
    """Refuse a file of events. Raises LocalError, which says where a set of one's own goes."""
    bucket = _training(outputs)["BucketName"]
    raise LocalError(
        f"{path}: the platform takes no events. A training set of your own has one folder a split:"
        f" aws s3 cp --recursive set/ s3://{bucket}/{_PREFIX}"
    )


def _training(outputs: Outputs) -> dict[str, str]:
    """The outputs of the stack that trains."""
    if "MlTraining" not in outputs:
        raise LocalError(
            "this account serves the models of another one (ml_endpoint.registry_account) and"
            " trains nothing: type make produce there."
        )
    return outputs["MlTraining"]


def _not_admitted(account: Account, bucket: str) -> str:
    return (
        f"the bucket {bucket} takes objects from its VPC, and from outside it from"
        " ml_training.data_administrators alone, and you may write in it. Add yourself, and deploy"
        f' again: make deploy ARCH=ml-platform SETTINGS="ml_training.data_administrators='
        f'{_principal(account)}"'
    )


def _principal(account: Account) -> Any:
    """The ARN of the caller's role or user, as a bucket policy compares it."""
    arn = str(account.client("sts").get_caller_identity()["Arn"])
    if ":assumed-role/" not in arn:
        return arn
    role = arn.split("/")[1]
    try:  # the ARN of a session has no path, and a role of IAM Identity Center has one
        return account.client("iam").get_role(RoleName=role)["Role"]["Arn"]
    except ClientError:
        return f"<the ARN of your role {role}>"


SAMPLE = Sample(usd=0.01, flights=20_000, fill=fill, send_file=send_file)
