"""Evaluates the JSONata of a workflow's states, as Step Functions does."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import jsonata


def evaluate(value: Any, variables: Mapping[str, Any], states: Mapping[str, Any]) -> Any:
    """`Arguments` or `Assign` with every expression replaced by its value.

    `states` is `$states`. Fails for an expression without a value, as AWS does.
    """
    match value:
        case str() if value.startswith("{%"):
            return _evaluate(value.removeprefix("{%").removesuffix("%}"), variables, states)
        case list():
            return [evaluate(item, variables, states) for item in value]
        case Mapping():
            return {key: evaluate(item, variables, states) for key, item in value.items()}
    return value


def _evaluate(text: str, variables: Mapping[str, Any], states: Mapping[str, Any]) -> Any:
    expression = jsonata.Jsonata(text)
    expression.register_lambda("hash", _hash)
    expression.register_lambda("parse", json.loads)
    expression.register_lambda("uuid", lambda: "00000000-0000-4000-8000-000000000000")
    for name, value in {**variables, "states": states}.items():
        expression.assign(name, value)
    result = expression.evaluate(None)
    assert result is not None, f"no value: {text}"
    return result


def _hash(text: str, algorithm: str) -> str:
    """`$hash`: its algorithms are named as in `SHA-256`, Python's as in `sha256`."""
    return hashlib.new(algorithm.replace("-", ""), text.encode()).hexdigest()
