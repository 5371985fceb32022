"""Roles that only a service assumes allow what its documentation asks for, and nothing beside.

No code of ours calls under these roles, and no emulator asks for all of their rights: what is
missing would be seen in an account only. S3's rights on objects below prefixes, and those on keys,
differ from AWS's examples by design; tests/local takes them away one by one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from tools.assembly import Assembly, synthesise

_GUIDE = "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html"
_JOB = {
    "cloudwatch:PutMetricData",
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
}
_IN_A_VPC = {
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
}


@dataclass(frozen=True)
class Documented:
    """The actions that a page of AWS names for a role."""

    source: str
    """Read on 2026-11-29, in the stored copy that there was."""
    actions: frozenset[str]
    without: tuple[str, ...] = ("kms:",)
    """Beginnings of actions that are not compared."""


def _documented(source: str, *groups: Iterable[str], without: tuple[str, ...]) -> Documented:
    return Documented(source, frozenset().union(*groups), without)


_OBJECTS = ("kms:", "s3:")
ROLES = {
    "MlTraining/Roles/Training": _documented(_GUIDE, _JOB, _IN_A_VPC, without=_OBJECTS),
    "MlTraining/Roles/Evaluation": _documented(_GUIDE, _JOB, _IN_A_VPC, without=_OBJECTS),
    # Of the alarms that roll a deployment back.
    "MlEndpoint/Role": _documented(
        _GUIDE, _JOB, _IN_A_VPC, {"cloudwatch:DescribeAlarms"}, without=_OBJECTS
    ),
    # AWS's policy also reads objects, which a delivery of records never does.
    "StreamingLake/Delivery/Role": _documented(
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/"
        "AWSDiscoveryContinuousExportFirehosePolicy.html",
        {"s3:AbortMultipartUpload", "s3:PutObject", "logs:PutLogEvents"},
        {"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"},
        without=("kms:", "kinesis:", "lambda:", "glue:"),
    ),
    "StreamingLake/Maintenance/Role": _documented(
        "https://docs.aws.amazon.com/glue/latest/dg/optimization-prerequisites.html",
        {"s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"},
        {"glue:GetTable", "glue:UpdateTable"},
        {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"},
        without=("kms:",),
    ),
}


@pytest.fixture(scope="module")
def assembly() -> Assembly:
    return synthesise("sandbox", gated=False)


@pytest.mark.parametrize("place", ROLES)
def test_a_role_of_a_service_allows_what_its_documentation_names(
    assembly: Assembly, place: str
) -> None:
    documented = ROLES[place]
    allowed = {
        action
        for action, _ in assembly.roles[place].allowed()
        if not action.startswith(documented.without)
    }
    assert allowed == documented.actions, documented.source


@pytest.mark.parametrize("place", [place for place in ROLES if place.startswith("Ml")])
def test_a_job_reads_and_writes_objects_of_buckets_that_it_may_list(
    assembly: Assembly, place: str
) -> None:
    """SageMaker lists a prefix before it downloads it, and fails the job if it may not."""
    allowed = list(assembly.roles[place].allowed())
    listed = {resource for action, resource in allowed if action == "s3:ListBucket"}
    read = {
        resource.partition("/")[0] if resource.startswith("arn:") else resource.split("}/")[0] + "}"
        for action, resource in allowed
        if action == "s3:GetObject"
    }
    assert read
    assert read <= listed


def test_the_notebook_may_read_what_its_start_downloads(assembly: Assembly) -> None:
    (lifecycle,) = assembly.of_type("AWS::SageMaker::NotebookInstanceLifecycleConfig")
    (hook,) = lifecycle.properties["OnStart"]
    downloads = re.findall(r"aws s3 cp .*?\"s3://([^\"]+)\"", hook["Content"]["Fn::Base64"])
    assert downloads
    allowed = {
        resource
        for action, resource in assembly.roles["MlNotebook/Role"].allowed()
        if action == "s3:GetObject"
    }
    missing = {f"arn:{{AWS::Partition}}:s3:::{path}" for path in downloads} - allowed
    assert missing == set(), "an instance that cannot download its kernel does not start"
