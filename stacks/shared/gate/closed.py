"""Services, runtimes and instance families of `closed.toml`, which new customers cannot use."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from stacks.shared.gate import jsonata_check
from stacks.shared.gate.findings import Finding
from stacks.shared.gate.resolved import Resolved, Resource

_TABLE = Path(__file__).with_name("closed.toml")
_NOTICE = timedelta(days=365)
_BEST_RUNTIMES = "python3.13 or nodejs24.x"


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
    resolved = Resolved(template)
    for resource in resolved.resources.values():
        kind, properties = resource.type, resource.properties
        sentences = [*_types(kind), *_values(resolved, resource)]
        if kind == "AWS::Lambda::Function":
            sentences += _runtimes(resolved.texts(properties.get("Runtime")), today)
        for rule, sentence in dict.fromkeys(sentences):
            yield Finding(rule, sentence, resource.logical_id)


def _types(kind: str) -> Iterator[tuple[str, str]]:
    for row in table()["types"]:
        if re.fullmatch(row["match"], kind):
            yield row["rule"], _sentence(kind, row)


def _values(template: Resolved, resource: Resource) -> Iterator[tuple[str, str]]:
    kind, properties = resource.type, resource.properties
    rows = [row for row in table()["values"] if re.fullmatch(row.get("on", ".*"), kind)]
    leaves = list(_leaves(template, resource))
    for row in rows:
        for name, value in leaves:
            if re.fullmatch(row["property"], name) and re.fullmatch(row["match"], value):
                yield row["rule"], _sentence(f"{name} {value}", row)
        # A property that is closed whatever its value may hold an object.
        if row["match"] == ".*" and isinstance(properties.get(row["property"]), dict):
            yield row["rule"], _sentence(row["property"], row)


def _sentence(subject: str, row: dict[str, Any]) -> str:
    since = f" since {row['since']}" if "since" in row else ""
    return f"{subject} is closed to new customers{since}. Use {row['instead']}."


def _runtimes(names: list[str], today: date) -> Iterator[tuple[str, str]]:
    # All that it may be: the CDK looks up those of its helper functions by Region.
    for name in sorted(set(names)):
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


def _leaves(template: Resolved, resource: Resource) -> Iterator[tuple[str, str]]:
    """Every property and its text, at any depth, those inside JSON and JSONata too."""
    for name, value in template.parts(resource):
        if isinstance(value, str):
            yield name, value
            # A definition whose numbers are substitutions is no JSON yet.
            if value.lstrip().startswith("{"):
                yield from re.findall(r'"(\w+)"\s*:\s*"([^"]*)"', value)
            if "{%" in value:
                for key, literal in jsonata_check.literals(value):
                    yield key or name, literal
