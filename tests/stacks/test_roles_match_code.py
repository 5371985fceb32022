"""A role may do what its code calls, and nothing else: one action missing or too many fails."""

import ast
from pathlib import Path
from typing import Any

import pytest

from repository import ROOT
from tests.conftest import Templates, resources

# A boto3 method is its IAM action in other letters, but for these.
ACTIONS = {
    "list_objects_v2": "s3:ListBucket",
    "delete_objects": "s3:DeleteObject",
    "get_object": "s3:GetObject",
    "put_object": "s3:PutObject",
    "put_records": "kinesis:PutRecords",
    "get_table": "glue:GetTable",
    "get_partitions": "glue:GetPartitions",
    "batch_create_partition": "glue:BatchCreatePartition",
    "batch_update_partition": "glue:BatchUpdatePartition",
    "get_item": "dynamodb:GetItem",
    "put_item": "dynamodb:PutItem",
    "update_item": "dynamodb:UpdateItem",
    "query": "dynamodb:Query",
    "start_execution": "states:StartExecution",
    "describe_execution": "states:DescribeExecution",
    "delete_object": "s3:DeleteObject",
}
# What AWS does under the role around the code: logs, keys, and Glue's own housekeeping.
AROUND = {"logs", "kms", "cloudwatch", "sqs"}
# GetObject asks for the second right when it is told a version.
HOUSEKEEPING = {"glue:GetSecurityConfiguration", "s3:GetObjectVersion"}
CODE = {
    "TransformRole": (
        "StreamingLake",
        ROOT / "lambdas" / "streaming_lake" / "transform_flight_events",
    ),
    "Curation/Role": ("StreamingLake", ROOT / "spark_jobs" / "streaming_lake" / "curate_flights"),
    "Intake/AdmitRole": ("LanguageChain", ROOT / "lambdas" / "language_chain" / "admit_documents"),
    "Read/SplitRole": ("LanguageChain", ROOT / "lambdas" / "language_chain" / "split_document"),
    "Read/MergeRole": ("LanguageChain", ROOT / "lambdas" / "language_chain" / "merge_results"),
}


def called(sources: list[str]) -> set[str]:
    """The actions that Python sources call, by method or by paginator."""
    actions = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                names = [node.func.attr]
                if node.func.attr == "get_paginator" and isinstance(node.args[0], ast.Constant):
                    names = [str(node.args[0].value)]
                actions |= {ACTIONS[name] for name in names if name in ACTIONS}
    return actions


def granted(template: dict[str, Any], role: str) -> set[str]:
    """The actions of a role, those of AWS around the code apart."""
    policy = resources(template, "AWS::IAM::Policy")[f"{role}/DefaultPolicy"]["Properties"]
    actions: set[str] = set()
    for statement in policy["PolicyDocument"]["Statement"]:
        statement_actions = statement["Action"]
        actions |= set(
            statement_actions if isinstance(statement_actions, list) else [statement_actions]
        )
    return {a for a in actions - HOUSEKEEPING if a.partition(":")[0] not in AROUND}


def sources(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.glob("*.py")]


@pytest.mark.parametrize("role", CODE)
def test_a_role_may_do_what_its_code_calls_and_nothing_else(
    synthesise: Templates, role: str
) -> None:
    stack, folder = CODE[role]
    assert granted(synthesise("sandbox")[stack], role) == called(sources(folder))


def test_a_call_too_many_or_one_less_would_be_seen() -> None:
    texts = sources(CODE["Curation/Role"][1])
    assert called([*texts, "kinesis.put_records()"]) == called(texts) | {"kinesis:PutRecords"}
    without = [text.replace("delete_objects", "forget") for text in texts]
    assert called(without) == called(texts) - {"s3:DeleteObject"}
