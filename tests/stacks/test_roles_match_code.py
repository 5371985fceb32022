"""A role allows what its code calls: a call without its right fails here, so does a spare right."""

import ast
import shutil
from pathlib import Path
from typing import Any

import pytest

from stacks.shared.bundle import ROOT
from tests.conftest import Templates, resources

# What IAM calls each call of a boto3 client; no other client method may be used without a line.
ACTIONS = {
    "batch_create_partition": {"glue:BatchCreatePartition"},
    "batch_update_partition": {"glue:BatchUpdatePartition"},
    "delete_objects": {"s3:DeleteObject"},
    "get_object": {"s3:GetObject"},
    "get_partitions": {"glue:GetPartitions"},
    "get_table": {"glue:GetTable"},
    "list_objects_v2": {"s3:ListBucket"},
    "put_object": {"s3:PutObject"},
    "put_records": {"kinesis:PutRecords"},
}
CLIENTS = {"s3", "kinesis", "glue", "_glue"}
# Not calls of an API, but parts of a client.
PARTS = {"get_paginator", "exceptions"}
SPARK = "pyspark"

# The services' own housekeeping, which no line of our code calls.
HOUSEKEEPING = {
    "logs:CreateLogStream": "Lambda and Glue write a run's logs",
    "logs:PutLogEvents": "Lambda and Glue write a run's logs",
    "logs:CreateLogGroup": "Glue makes its log groups when a job first runs",
    "logs:AssociateKmsKey": "Glue encrypts the log groups it makes",
    "glue:GetSecurityConfiguration": "Glue reads a job's security configuration as it starts",
    "cloudwatch:PutMetricData": "Glue publishes a job's metrics",
    "kms:Decrypt": "S3 and Kinesis use the key on the caller's behalf",
    "kms:GenerateDataKey": "S3 and Kinesis use the key on the caller's behalf",
}

ROLES = [
    ("lambdas/transform_flight_events", "TransformRole/DefaultPolicy"),
    ("spark_jobs/curate_flights", "Curation/Role/DefaultPolicy"),
]


def called(package: Path) -> set[str]:
    """The IAM actions that the code of a package needs."""
    needed: set[str] = set()
    for file in package.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and _name(node.value) in CLIENTS:
                if node.attr not in PARTS:
                    needed |= ACTIONS[node.attr]
            elif isinstance(node, ast.Call) and _name(node.func) == "get_paginator":
                (operation,) = node.args
                assert isinstance(operation, ast.Constant), "a paginator's name must be a literal"
                needed |= ACTIONS[str(operation.value)]
            elif isinstance(node, ast.Attribute) and node.attr == "parquet":
                needed |= _SPARK_FILES[_verb(node)]
    return needed


# Spark reads and writes files by itself, and lists what it reads.
_SPARK_FILES = {
    "read": {"s3:GetObject", "s3:ListBucket"},
    "write": {"s3:PutObject", "s3:ListBucket"},
}


def _verb(node: ast.Attribute) -> str:
    return "write" if "writer" in ast.unparse(node.value) else "read"


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def granted(template: dict[str, Any], policy: str) -> set[str]:
    """The actions of a role's inline policy, housekeeping apart."""
    statements = resources(template, "AWS::IAM::Policy")[policy]["Properties"]["PolicyDocument"]
    actions: set[str] = set()
    for statement in statements["Statement"]:
        action = statement["Action"]
        actions |= {action} if isinstance(action, str) else set(action)
    return actions - set(HOUSEKEEPING)


@pytest.fixture(scope="module")
def template(synthesise: Templates) -> dict[str, Any]:
    lake: dict[str, Any] = synthesise("production")["StreamingLake"]
    return lake


@pytest.mark.parametrize(("folder", "policy"), ROLES)
def test_a_role_allows_what_its_code_calls_and_nothing_else(
    template: dict[str, Any], folder: str, policy: str
) -> None:
    assert granted(template, policy) == called(ROOT / folder)


@pytest.mark.parametrize(("folder", "policy"), ROLES)
def test_a_new_call_in_the_code_is_missed_in_the_role(
    template: dict[str, Any], tmp_path: Path, folder: str, policy: str
) -> None:
    doctored = doctor(folder, tmp_path, "\n\ndef new(s3): s3.delete_objects()\n")
    doctored_more = "\n\ndef newer(kinesis): kinesis.put_records()\n"
    doctor_more = doctor(folder, tmp_path / "more", doctored_more)
    assert granted(template, policy) != called(doctored) | called(doctor_more)


@pytest.mark.parametrize(("folder", "policy"), ROLES)
def test_a_call_that_nobody_makes_is_too_much_in_the_role(
    template: dict[str, Any], tmp_path: Path, folder: str, policy: str
) -> None:
    doctored = shutil.copytree(ROOT / folder, tmp_path / "doctored")
    for file in doctored.rglob("*.py"):
        text = file.read_text()
        file.write_text(text.replace(".put_records(", "(").replace(".delete_objects(", "("))
    spare = granted(template, policy) - called(doctored)
    assert len(spare) == 1


def test_a_call_without_a_line_in_the_map_is_not_overlooked(tmp_path: Path) -> None:
    doctored = doctor(ROLES[0][0], tmp_path, "\n\ndef new(s3): s3.copy_object()\n")
    with pytest.raises(KeyError, match="copy_object"):
        called(doctored)


def doctor(folder: str, into: Path, addition: str) -> Path:
    """A copy of the code with `addition` behind its first file."""
    copy = shutil.copytree(ROOT / folder, into / "doctored")
    file = sorted(copy.rglob("*.py"))[0]
    file.write_text(file.read_text() + addition)
    return copy
