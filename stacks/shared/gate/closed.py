"""Services, runtimes and instance families of `closed.toml`, which new customers cannot use."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).with_name("closed.toml")
_NOTICE = timedelta(days=365)
_BEST_RUNTIMES = "python3.13 or nodejs24.x"


@dataclass(frozen=True)
class Finding:
    """One closed thing in a template."""

    rule: str
    logical_id: str
    sentence: str


@cache
def table() -> dict[str, Any]:
    """The closed list as data."""
    return tomllib.loads(_TABLE.read_text())


def rules() -> set[str]:
    """The name of every rule."""
    rows = table()["types"] + table()["values"]
    return {row["rule"] for row in rows} | {"LAMBDA_RUNTIME"}


def findings(template: dict[str, Any], today: date) -> Iterator[Finding]:
    """Everything in a template that is closed, or a runtime that ends within a year of `today`."""
    for logical_id, resource in template.get("Resources", {}).items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        sentences = [*_types(kind), *_values(kind, properties)]
        if kind == "AWS::Lambda::Function":
            sentences += _runtimes(properties.get("Runtime"), template.get("Mappings", {}), today)
        for rule, sentence in dict.fromkeys(sentences):
            yield Finding(rule, logical_id, sentence)


def _types(kind: str) -> Iterator[tuple[str, str]]:
    for row in table()["types"]:
        if re.fullmatch(row["match"], kind):
            yield row["rule"], _sentence(kind, row)


def _values(kind: str, properties: Any) -> Iterator[tuple[str, str]]:
    leaves = list(_leaves(properties))
    for row in table()["values"]:
        if not re.fullmatch(row.get("on", ".*"), kind):
            continue
        for name, value in leaves:
            if re.fullmatch(row["property"], name) and re.fullmatch(row["match"], value):
                yield row["rule"], _sentence(f"{name} {value}", row)
        # A property that is closed whatever its value may hold an object.
        if row["match"] == ".*" and isinstance(properties.get(row["property"]), dict):
            yield row["rule"], _sentence(row["property"], row)


def _sentence(subject: str, row: dict[str, Any]) -> str:
    since = f" since {row['since']}" if "since" in row else ""
    return f"{subject} is closed to new customers{since}. Use {row['instead']}."


def _runtimes(runtime: Any, mappings: dict[str, Any], today: date) -> Iterator[tuple[str, str]]:
    for name in _possible(runtime, mappings):
        end = table()["runtimes"].get(name)
        if end is None:
            fate = "has ended, or is not in the table of runtimes"
        elif end <= today:
            fate = f"has had no patches since {end}"
        elif end <= today + _NOTICE:
            fate = f"has no patches from {end} on, in less than a year"
        else:
            continue
        yield "LAMBDA_RUNTIME", f"The runtime {name} {fate}. Use {_BEST_RUNTIMES}."


def _possible(runtime: Any, mappings: dict[str, Any]) -> Iterator[str]:
    """Every value of a runtime: the CDK looks up those of its helper functions by Region."""
    if isinstance(runtime, str):
        yield runtime
    elif isinstance(runtime, dict) and isinstance(lookup := runtime.get("Fn::FindInMap"), list):
        yield from sorted({value for _, value in _leaves(mappings.get(lookup[0], {}))})


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every property and its text, at any depth."""
    if isinstance(value, dict):
        if isinstance(joined := value.get("Fn::Join"), list):
            value = {name: "".join(part if isinstance(part, str) else "-" for part in joined[1])}
        for key, item in value.items():
            yield from _leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, name)
    elif isinstance(value, str):
        yield name, value
        # The definition of a state machine is a string of JSON.
        if value.lstrip().startswith("{"):
            yield from re.findall(r'"(\w+)"\s*:\s*"([^"]*)"', value)
