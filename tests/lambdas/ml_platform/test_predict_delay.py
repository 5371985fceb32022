"""The prediction function: any body gets a useful answer, and no log contains the body."""

import importlib
import io
import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdas.ml_platform.predict_delay.prediction import RefusedError, checked

FLIGHT = {
    "carrier": "UA",
    "origin": "EWR",
    "destination": "IAH",
    "month": 1,
    "weekday": 2,
    "hour": 10,
    "distance_miles": 1400,
    "temperature_fahrenheit": None,
}
# stacks/ml_platform/serving/prediction_api.py sets the first, and API Gateway the second.
FUNCTION_SECONDS, GATEWAY_SECONDS = 24, 29
ANYTHING = st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists)
BODY = json.dumps({"flights": [FLIGHT]})


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("ENDPOINT_NAME", "flight-delay")
    return importlib.reload(importlib.import_module("lambdas.ml_platform.predict_delay.handler"))


def event(body: str | None = BODY, **headers: str) -> dict[str, Any]:
    return {
        "body": body,
        "headers": {key.replace("_", "-"): value for key, value in headers.items()},
    }


def endpoint_response(body: bytes) -> dict[str, Any]:
    return {
        "Body": StreamingBody(io.BytesIO(body), len(body)),
        "InvokedProductionVariant": "champion",
    }


def test_a_response_has_the_variant_and_the_correlation_id(function: Any) -> None:
    body = b'{"predictions": [{"delayed": false, "probability": 0.2}]}'
    with Stubber(function._runtime) as stub:
        stub.add_response(
            "invoke_endpoint",
            endpoint_response(body),
            {
                "EndpointName": "flight-delay",
                "ContentType": "application/json",
                "Accept": "application/json",
                "InferenceId": "abc-1",
                "TargetVariant": "challenger",
                "Body": BODY.encode(),
            },
        )
        request_event = event(x_correlation_id="abc-1", x_target_variant="challenger")
        response = function.handler(request_event, None)
    assert response["statusCode"] == 200
    assert response["headers"]["x-correlation-id"] == "abc-1"
    assert json.loads(response["body"])["model_variant"] == "champion"


@pytest.mark.parametrize(
    ("code", "details", "status"),
    [
        ("ThrottlingException", {}, 429),
        ("ServiceUnavailable", {}, 503),
        ("ModelNotReadyException", {}, 503),
        ("InternalFailure", {}, 502),
        ("ValidationError", {}, 400),
        ("ModelError", {"OriginalStatusCode": 400, "OriginalMessage": "bad\ntrace"}, 422),
        ("ModelError", {"OriginalStatusCode": 500, "OriginalMessage": "trace"}, 502),
        ("SomethingNew", {}, 502),
    ],
)
def test_each_error_of_the_endpoint_has_a_status(
    function: Any, code: str, details: dict[str, Any], status: int
) -> None:
    with Stubber(function._runtime) as stub:
        # botocore's standard mode retries some of them.
        for _ in range(function.ATTEMPTS):
            stub.add_client_error("invoke_endpoint", code, modeled_fields=details)
        response = function.handler(event(), None)
    assert response["statusCode"] == status
    assert ("retry-after" in response["headers"]) is (status in (429, 503))
    assert "trace" not in response["body"]


def test_a_slow_model_is_a_504(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://runtime")

    monkeypatch.setattr(function._runtime, "invoke_endpoint", slow)
    assert function.handler(event(), None)["statusCode"] == 504


def test_retries_end_before_the_timeouts_of_function_and_gateway(function: Any) -> None:
    longest = function.ATTEMPTS * (function.CONNECT_SECONDS + function.READ_SECONDS)
    # botocore's standard mode waits at most a second before the second attempt.
    assert longest + 1 < FUNCTION_SECONDS < GATEWAY_SECONDS


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"hour": 24}, "flights[0].hour must be smaller than or equal to 23."),
        ({"carrier": "ua"}, "flights[0].carrier must match pattern"),
        ({"colour": "red"}, "flights[0] must not contain {'colour'} properties."),
    ],
)
def test_an_invalid_field_is_reported_with_the_allowed_values(
    changed: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(RefusedError) as refusal:
        checked(json.dumps({"flights": [{**FLIGHT, **changed}]}), "application/json")
    assert str(refusal.value).startswith(sentence)
    assert refusal.value.answer.status == 400


def test_an_unsupported_content_type_is_a_415(function: Any) -> None:
    assert function.handler(event(content_type="text/xml"), None)["statusCode"] == 415


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.none() | st.text() | ANYTHING.map(json.dumps))
def test_an_invalid_body_is_refused_without_calling_the_endpoint(
    function: Any, body: str | None
) -> None:
    # None of these is a request, so nothing is stubbed: a call would raise.
    with Stubber(function._runtime):
        assert function.handler(event(body), None)["statusCode"] in (400, 415)


def test_no_log_contains_the_request_body(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    log_stream = io.StringIO()
    logger = logging.getLogger("predict_delay")
    for handler in logger.handlers:
        monkeypatch.setattr(handler, "stream", log_stream)
    logger.setLevel(logging.DEBUG)
    secret = json.dumps({"flights": [{**FLIGHT, "carrier": "ZZSECRET"}]})
    assert function.handler(event(secret), None)["statusCode"] == 400
    assert "answered" in log_stream.getvalue()
    assert "ZZSECRET" not in log_stream.getvalue()
