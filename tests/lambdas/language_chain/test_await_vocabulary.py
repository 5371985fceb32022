"""A deployment waits for the vocabulary, and fails with Transcribe's reason if there is none."""

import importlib
import json
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from botocore.stub import Stubber

NAME = "LanguageChainWords"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_REGION": "eu-central-1",
    "AWS_SECRET_ACCESS_KEY": "testing",  # pragma: allowlist secret -- of no account
    "VOCABULARY_NAME": NAME,
}
CONTEXT = SimpleNamespace(
    aws_request_id="request",
    log_stream_name="stream",
    get_remaining_time_in_millis=lambda: 900_000,
)
MISSING = "NotFoundException"


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    module = importlib.import_module("lambdas.language_chain.await_vocabulary.handler")
    monkeypatch.setattr("botocore.waiter.time.sleep", lambda _: None)
    return importlib.reload(module)


def answer(
    handler: ModuleType, monkeypatch: pytest.MonkeyPatch, request_type: str, states: list[str]
) -> dict[str, Any]:
    """What CloudFormation is told, if Transcribe reports `states` one after the other."""
    connection = MagicMock()
    monkeypatch.setattr("crhelper.utils.HTTPSConnection", connection)
    request = {
        "RequestType": request_type,
        "RequestId": "request",
        "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/LanguageChain/1",
        "LogicalResourceId": "VocabularyReady",
        "PhysicalResourceId": NAME,
        "ResponseURL": "https://cloudformation.example/answer",
        "ResourceProperties": {"VocabularyFileUri": "s3://assets/vocabulary.txt"},
    }
    with Stubber(handler.transcribe) as stubber:
        for state in states:
            if state == MISSING:
                stubber.add_client_error("get_vocabulary", MISSING)
                continue
            response = {"VocabularyName": NAME, "VocabularyState": state}
            if state == "FAILED":
                response["FailureReason"] = "a phrase has a digit"
            stubber.add_response("get_vocabulary", response, {"VocabularyName": NAME})
        handler.handler(request, CONTEXT)
        stubber.assert_no_pending_responses()
    connection.return_value.request.assert_called_once()
    body: dict[str, Any] = json.loads(connection.return_value.request.call_args.kwargs["body"])
    return body


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_the_resource_is_complete_when_the_vocabulary_is_ready(
    handler: ModuleType, monkeypatch: pytest.MonkeyPatch, request_type: str
) -> None:
    response = answer(handler, monkeypatch, request_type, ["PENDING", "PENDING", "READY"])
    assert (response["Status"], response["PhysicalResourceId"]) == ("SUCCESS", NAME)


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_a_vocabulary_that_cannot_be_built_fails_the_deployment(
    handler: ModuleType, monkeypatch: pytest.MonkeyPatch, request_type: str
) -> None:
    response = answer(handler, monkeypatch, request_type, ["PENDING", "FAILED"])
    assert response["Status"] == "FAILED"
    assert "a phrase has a digit" in response["Reason"]
    assert "word_lists/vocabulary.txt" in response["Reason"]


@pytest.mark.parametrize("last_state", ["READY", "FAILED", MISSING])
def test_a_deletion_waits_until_transcribe_is_done_with_it(
    handler: ModuleType, monkeypatch: pytest.MonkeyPatch, last_state: str
) -> None:
    response = answer(handler, monkeypatch, "Delete", ["PENDING", last_state])
    assert response["Status"] == "SUCCESS"


@pytest.mark.parametrize("request_type", ["Create", "Delete"])
def test_one_that_is_never_ready_fails_before_the_function_ends(
    handler: ModuleType, monkeypatch: pytest.MonkeyPatch, request_type: str
) -> None:
    response = answer(handler, monkeypatch, request_type, ["PENDING"] * handler.ATTEMPTS)
    assert response["Status"] == "FAILED"
