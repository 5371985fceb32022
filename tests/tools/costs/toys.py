"""A toy architecture: a manifest, an app of one stack, and maybe a declaration of its costs."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from aws_cdk import App, Stack

from stacks.architecture import Architecture
from stacks.catalogue import ARCHITECTURES
from tools.assembly import Assembly
from tools.costs import architectures
from tools.costs.declaration import ArchitectureCosts


class Anomalies(Stack):
    """The stack of the toy architecture."""


MANIFEST = Architecture(
    name="toy-anomalies",
    summary="finds anomalies",
    stacks=(Anomalies,),
    settings=(),
    budget="toy_anomalies.budget_usd",
)


def register(monkeypatch: pytest.MonkeyPatch, costs: ArchitectureCosts | None = None) -> None:
    """Let the catalogue know the toy architecture, and what it declares about its costs."""
    monkeypatch.setitem(ARCHITECTURES, MANIFEST.name, MANIFEST)
    if costs:
        module: Any = ModuleType(f"{architectures.__name__}.{MANIFEST.folder}")
        module.COSTS, module.__spec__ = costs, sys.__spec__
        monkeypatch.setitem(sys.modules, module.__name__, module)
    architectures.costs_of.cache_clear()


def synthesised(build: Callable[[Stack], object]) -> Assembly:
    """The assembly of an app whose one stack `build` fills."""
    app = App(context={"aws:cdk:enable-path-metadata": True})
    build(Anomalies(app, "Anomalies"))
    return Assembly({stack.stack_name: stack.template for stack in app.synth().stacks})
