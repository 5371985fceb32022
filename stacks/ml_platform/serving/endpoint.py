"""The endpoint that workflows, alarms, API and drift check have in common."""

from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from stacks.ml_platform.serving.roll_back_alarms import RollBackAlarms


@dataclass(frozen=True)
class Endpoint:
    """The endpoint by its name, which callers and alarms use before a workflow has created it."""

    name: str
    # Captured requests, transformed flights and drift statistics.
    bucket: s3.IBucket
    # The execution role of the models that it serves.
    role: iam.IRole
    # SageMaker rolls a deployment back when one of these goes off.
    roll_back_alarms: RollBackAlarms
