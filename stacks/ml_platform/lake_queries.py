"""What whoever asks the lake's Athena needs, beside the rights on tables and objects."""

from aws_cdk import Stack

from stacks.ml_platform.training.training_data import LakeOutputs
from stacks.shared.service_role import ServiceRole


def allow_queries(role: ServiceRole, lake: LakeOutputs) -> None:
    """Allow running queries in the lake's work group, and waiting for them.

    docs.aws.amazon.com/step-functions/latest/dg/connect-athena.html
    """
    stack = Stack.of(role)
    role.allow(
        "AskTheLake",
        [
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:StartQueryExecution",
            "athena:StopQueryExecution",
        ],
        stack.format_arn(
            service="athena", resource="workgroup", resource_name=lake.work_group_name
        ),
    )
    role.allow(
        "KnowTheCatalog",
        ["athena:GetDataCatalog"],
        stack.format_arn(service="athena", resource="datacatalog", resource_name="AwsDataCatalog"),
    )
