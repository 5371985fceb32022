"""The differences of two sets of templates, computed by `cdk diff`'s own library, with types."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass as read

from repository import ROOT
from tools.assembly import Templates
from tools.assembly.resources import Template
from tools.plan.errors import PlanError

Impact = Literal[
    "WILL_CREATE",
    "WILL_UPDATE",
    "WILL_REPLACE",
    "MAY_REPLACE",
    "WILL_DESTROY",
    "WILL_ORPHAN",
    "WILL_IMPORT",
    "NO_CHANGE",
]


@read(frozen=True)
class Property:
    """A property, or an attribute like DeletionPolicy, before and after."""

    name: str
    impact: Impact
    old: Any
    new: Any


@read(frozen=True)
class Change:
    """A resource that differs."""

    logical_id: str
    impact: Impact
    properties: list[Property]
    attributes: list[Property]


@read(frozen=True)
class OtherChange:
    """A difference outside the resources: an output, a mapping."""

    name: str
    old: Any
    new: Any


@read(frozen=True)
class Targets:
    """The principals, actions or resources of a statement, or all but these."""

    values: list[str]
    negated: bool = False


@read(frozen=True)
class Statement:
    """A statement of a policy, of an identity or of a resource."""

    added: bool
    effect: str
    principals: Targets
    actions: Targets
    resources: Targets
    condition: Any


@read(frozen=True)
class ManagedPolicy:
    """A managed policy that was attached to an identity, or detached."""

    added: bool
    identity: str
    policy: str


@read(frozen=True)
class NetworkRule:
    """A rule of a security group."""

    added: bool
    direction: Literal["in", "out"]
    group: str
    protocol: str
    peer: str


@read(frozen=True)
class Difference:
    """The differences of one stack."""

    resources: list[Change]
    parts: list[OtherChange]
    statements: list[Statement]
    managed_policies: list[ManagedPolicy]
    rules: list[NetworkRule]


@dataclass(frozen=True)
class StackChange:
    """One stack before and after, and the differences."""

    name: str
    old: Template
    new: Template
    difference: Difference


_EMPTY: Template = {"Resources": {}}


def changes(old: Templates, new: Templates) -> list[StackChange]:
    """The stacks of both sides with their differences. Raises PlanError."""
    differences = TypeAdapter(dict[str, Difference]).validate_python(_compared(old, new))
    return [
        StackChange(name, old.get(name, _EMPTY), new.get(name, _EMPTY), difference)
        for name, difference in differences.items()
    ]


def _compared(old: Templates, new: Templates) -> Any:
    with tempfile.TemporaryDirectory(prefix="plan-") as name:
        files = [Path(name) / "old.json", Path(name) / "new.json"]
        for file, templates in zip(files, (old, new), strict=True):
            file.write_text(json.dumps(dict(templates)))
        process = subprocess.run(
            [f"{sys.prefix}/bin/node", str(ROOT / "tools/plan/difference.mjs"), *map(str, files)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if process.returncode != 0:
        raise PlanError(f"the templates could not be compared: {process.stderr.strip()}")
    return json.loads(process.stdout)
