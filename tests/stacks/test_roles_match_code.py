"""A role allows exactly the actions that its code calls."""

import ast
from pathlib import Path
from typing import Any

import pytest

from repository import ROOT
from tests.conftest import Templates, resources

# boto3 method -> IAM action.
ACTIONS = {
    "list_objects_v2": "s3:ListBucket",
    "list_object_versions": "s3:ListBucketVersions",
    "delete_objects": "s3:DeleteObject",
    "get_object": "s3:GetObject",
    "head_object": "s3:GetObject",
    "put_object": "s3:PutObject",
    "put_records": "kinesis:PutRecords",
    "batch_get_item": "dynamodb:BatchGetItem",
    "get_item": "dynamodb:GetItem",
    "put_item": "dynamodb:PutItem",
    "update_item": "dynamodb:UpdateItem",
    "query": "dynamodb:Query",
    "start_execution": "states:StartExecution",
    "describe_execution": "states:DescribeExecution",
    "delete_object": "s3:DeleteObject",
    "describe_training_job": "sagemaker:DescribeTrainingJob",
    "list_model_packages": "sagemaker:ListModelPackages",
    "describe_model_package_group": "sagemaker:DescribeModelPackageGroup",
}
# Services that AWS calls under the role beside the code, for logs, keys and metrics.
SERVICES_BESIDE_CODE = {"logs", "kms", "cloudwatch", "sqs"}
# Glue needs the first for itself, and GetObject with a version the second.
ACTIONS_BESIDE_CODE = {"glue:GetSecurityConfiguration", "s3:GetObjectVersion"}
# Iceberg commits to the table, removes what it has replaced, and aborts uploads of failed tasks.
ACTIONS_OF_ICEBERG = {
    "glue:GetTable",
    "glue:UpdateTable",
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
}
# MLflow's client writes artefacts itself.
ACTIONS_OF_MLFLOW = {"s3:PutObject", "sagemaker:CallMlflowAppApi"}
ACTIONS_OF_LIBRARIES = {
    "Curation/Role": ACTIONS_OF_ICEBERG,
    "Experiments/RecordRole": ACTIONS_OF_MLFLOW,
    # Without it, S3 answers "denied" for an upload that is gone.
    "Intake/AdmitRole": {"s3:ListBucket"},
}
_TRANSFORM = ROOT / "lambdas" / "streaming_lake" / "transform_flight_events"
CODE = {
    "TransformRole": ("StreamingLake", _TRANSFORM),
    "ReplayRole": ("StreamingLake", _TRANSFORM / "replay"),
    "Drift/DetectRole": ("MlEndpoint", ROOT / "lambdas" / "ml_platform" / "detect_drift"),
    "ModelAge/MeasureRole": ("MlTraining", ROOT / "lambdas" / "ml_platform" / "measure_model_age"),
    "Curation/Role": ("StreamingLake", ROOT / "spark_jobs" / "streaming_lake" / "curate_flights"),
    "Intake/AdmitRole": ("LanguageChain", ROOT / "lambdas" / "language_chain" / "admit_documents"),
    "Read/SplitRole": ("LanguageChain", ROOT / "lambdas" / "language_chain" / "split_document"),
    "Read/MergeRole": ("LanguageChain", ROOT / "lambdas" / "language_chain" / "merge_results"),
    "Experiments/RecordRole": (
        "MlTraining",
        ROOT / "lambdas" / "ml_platform" / "record_experiment",
    ),
}
# Settings without which a stack lacks a role.
SETTINGS = {"MlTraining": [("ml_training.experiment_tracking", "true")]}


def called_actions(sources: list[str]) -> set[str]:
    """The IAM actions of the boto3 methods and paginators that Python sources call."""
    actions = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                names = [node.func.attr]
                if node.func.attr == "get_paginator" and isinstance(node.args[0], ast.Constant):
                    names = [str(node.args[0].value)]
                actions |= {ACTIONS[name] for name in names if name in ACTIONS}
    return actions


def granted_actions(template: dict[str, Any], role: str) -> set[str]:
    """The actions that a role allows, without those that AWS needs beside the code."""
    policy = resources(template, "AWS::IAM::Policy")[f"{role}/DefaultPolicy"]["Properties"]
    actions: set[str] = set()
    for statement in policy["PolicyDocument"]["Statement"]:
        statement_actions = statement["Action"]
        actions |= set(
            statement_actions if isinstance(statement_actions, list) else [statement_actions]
        )
    return {
        action
        for action in actions - ACTIONS_BESIDE_CODE
        if action.partition(":")[0] not in SERVICES_BESIDE_CODE
    }


def sources(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.glob("*.py")]


@pytest.mark.parametrize("role", CODE)
def test_a_role_allows_exactly_the_actions_of_its_code(synthesise: Templates, role: str) -> None:
    stack, folder = CODE[role]
    expected = called_actions(sources(folder)) | ACTIONS_OF_LIBRARIES.get(role, set())
    template = synthesise("production", *SETTINGS.get(stack, []))[stack]
    assert granted_actions(template, role) == expected


def test_an_added_or_removed_call_changes_the_called_actions() -> None:
    texts = sources(CODE["Curation/Role"][1])
    expected = called_actions(texts) | {"kinesis:PutRecords"}
    assert called_actions([*texts, "kinesis.put_records()"]) == expected
    texts_without_put = [text.replace("put_object", "forget") for text in texts]
    assert called_actions(texts_without_put) == called_actions(texts) - {"s3:PutObject"}
