"""What differs between two sets of templates, by `cdk diff`'s own library, with types."""

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
class Other:
    """Something of a template that is no resource: an output, a mapping."""

    name: str
    old: Any
    new: Any


@read(frozen=True)
class Targets:
    """Whom or what a statement is about, or about all but whom."""

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
    """A managed policy that an identity has got, or has lost."""

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
    """What differs in one stack."""

    resources: list[Change]
    others: list[Other]
    statements: list[Statement]
    managed_policies: list[ManagedPolicy]
    rules: list[NetworkRule]


@dataclass(frozen=True)
class StackChange:
    """One stack before and after, and what differs."""

    name: str
    old: dict[str, Any]
    new: dict[str, Any]
    difference: Difference


_EMPTY: dict[str, Any] = {"Resources": {}}


def changes(old: Templates, new: Templates) -> list[StackChange]:
    """Every stack of either side, with what differs. Raises PlanError."""
    found = TypeAdapter(dict[str, Difference]).validate_python(_compared(old, new))
    return [
        StackChange(name, old.get(name, _EMPTY), new.get(name, _EMPTY), difference)
        for name, difference in found.items()
    ]


def _compared(old: Templates, new: Templates) -> Any:
    with tempfile.TemporaryDirectory(prefix="plan-") as name:
        files = [Path(name) / "old.json", Path(name) / "new.json"]
        for file, templates in zip(files, (old, new), strict=True):
            file.write_text(json.dumps(templates))
        done = subprocess.run(
            [f"{sys.prefix}/bin/node", str(ROOT / "tools/plan/difference.mjs"), *map(str, files)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        raise PlanError(f"the templates could not be compared: {done.stderr.strip()}")
    return json.loads(done.stdout)
