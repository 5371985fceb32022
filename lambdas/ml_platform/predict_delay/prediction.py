"""What the API says to a request, whatever comes; knows the endpoint only as something to call."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import fastjsonschema

from schemas import load

# A client can wait, and try again.
_LATER = {"retry-after": "5"}
_JSON = "application/json"
_validate = fastjsonschema.compile(load("prediction_request"))
_REFUSED_BY_MODEL = "ModelError"
# What SageMaker answers -> what a client of the API is told, and can do.
_STATUS = {
    "ThrottlingException": (429, "Too many requests: wait, then try again."),
    "ServiceUnavailable": (503, "The model is not available now: try again."),
    "ModelNotReadyException": (503, "The model is being loaded: try again."),
    "InternalFailure": (502, "The prediction service failed: try again."),
    "InternalDependencyException": (502, "The prediction service failed: try again."),
}


@dataclass
class Answer:
    """Status, body and headers for the client."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """A request that cannot be answered: the answer says why."""

    def __init__(self, status: int, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.answer = Answer(status, {"message": sentence}, headers or {})


def checked(body: str | None, content_type: str | None) -> bytes:
    """The request for the endpoint. Raises RefusedError: 415 for its type, 400 for what it says."""
    kind = (content_type or _JSON).partition(";")[0].strip().lower()
    if kind != _JSON:
        raise RefusedError(415, f"{kind} is not taken: send {_JSON}.")
    try:
        request = json.loads(body or "", parse_constant=_refuse_constant)
        _validate(request)
    except fastjsonschema.JsonSchemaValueException as error:
        sentence = str(error.message).removeprefix("data.").removeprefix("data ")
        raise RefusedError(400, f"{sentence}.") from None
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, f"The body is no JSON: {error}.") from None
    return json.dumps(request).encode()


def answered(call: Callable[[], tuple[bytes, str]], correlation_id: str) -> Answer:
    """The endpoint's predictions and the variant that made them, or why there are none.

    `call` returns the body and the variant; raises EndpointError.
    """
    try:
        body, variant = call()
    except EndpointError as error:
        refusal = error.refusal().answer
        return Answer(refusal.status, refusal.body, {**refusal.headers, **_told(correlation_id)})
    return Answer(200, {**json.loads(body), "model_variant": variant}, _told(correlation_id))


def _told(correlation_id: str) -> dict[str, str]:
    return {"x-correlation-id": correlation_id}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


class EndpointError(Exception):
    """What the endpoint answered instead of predictions: SageMaker's error code, and its words."""

    def __init__(self, code: str, message: str, model_status: int = 0) -> None:
        super().__init__(message)
        self.code, self.message, self.model_status = code, message, model_status

    def refusal(self) -> RefusedError:
        """The same for a client of the API."""
        if self.code in _STATUS:
            status, sentence = _STATUS[self.code]
            return RefusedError(status, sentence, _LATER if status in (429, 503) else None)
        if self.code == "Timeout":
            return RefusedError(504, "The model took too long: try again with fewer flights.")
        if self.code == "ValidationError":
            # Of what we send, only the variant is the client's own.
            return RefusedError(400, "There is no such variant: leave x-target-variant out.")
        if self.code == _REFUSED_BY_MODEL and 400 <= self.model_status < 500:
            return RefusedError(422, f"The model does not take this: {self.message}.")
        return RefusedError(502, "The model failed on this request.")
