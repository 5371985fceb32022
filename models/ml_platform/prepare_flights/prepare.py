"""Prepare flights as a feed has them for the model behind, in an inference pipeline (DP-04).

The four functions that SageMaker's scikit-learn container calls. A flight of `application/json` may
say `scheduled_departure`, the local time there, instead of month, weekday and hour; codes may be
in small letters or stand between blanks. Everything else goes on as it came: it is the model that
refuses what is wrong, in its own words, and nobody has to keep two lists of what is allowed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_JSON = "application/json"
_CODES = ("carrier", "origin", "destination")


@dataclass(frozen=True)
class Request:
    """The body of a request and its content type."""

    body: str | bytes
    content_type: str


def model_fn(model_dir: str) -> None:
    """There is no model to load: the preparation is not learnt from data."""


def input_fn(body: str | bytes, content_type: str | None) -> Request:
    """The request as it came."""
    return Request(body, content_type or _JSON)


def predict_fn(request: Request, model: None) -> Request:  # noqa: ARG001 -- the container's own name
    """The request with its flights prepared, or unchanged if it holds no JSON flights."""
    if request.content_type.partition(";")[0].strip().lower() != _JSON:
        return request
    try:
        request_body = json.loads(request.body)
    except (ValueError, RecursionError):
        return request
    if not isinstance(request_body, dict) or not isinstance(request_body.get("flights"), list):
        return request
    flights = [
        prepared(flight) if isinstance(flight, dict) else flight
        for flight in request_body["flights"]
    ]
    return Request(json.dumps({**request_body, "flights": flights}), request.content_type)


def output_fn(request: Request, accept: str | None) -> tuple[str | bytes, str]:  # noqa: ARG001
    """The prepared request for the model, with the content type of the original."""
    return request.body, request.content_type


def prepared(flight: dict[str, Any]) -> dict[str, Any]:
    """The flight with the model's features in the place of the feed's fields."""
    complete = {**flight}
    for name in _CODES:
        if isinstance(complete.get(name), str):
            complete[name] = complete[name].strip().upper()
    try:
        departure = datetime.fromisoformat(complete["scheduled_departure"])
    except (KeyError, TypeError, ValueError):
        return complete
    del complete["scheduled_departure"]
    # Monday is 1, as in the training set.
    derived = {"month": departure.month, "weekday": departure.isoweekday(), "hour": departure.hour}
    return {**derived, **complete}
