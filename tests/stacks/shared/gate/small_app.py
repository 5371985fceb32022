"""A small app that passes the gate (small_app.yaml), in which tests plant defects."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnResource, Stack
from aws_cdk.cloudformation_include import CfnInclude

from repository import ROOT
from stacks.shared import gate

Plant = Callable[[Stack], object]


def empty_app(outdir: Path) -> App:
    """An app with the project's flags and with the gate."""
    flags = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(context=flags, outdir=str(outdir), builtin_cloud_formation_validation=False)
    gate.attach(app)
    return app


def small_app(outdir: Path, plant: Plant | None = None, region: str | None = None) -> App:
    """The app of small_app.yaml, in `region` and changed by `plant` if they are given."""
    app = empty_app(outdir)
    stack = Stack(app, "Small", env={"region": region} if region else None)
    CfnInclude(stack, "All", template_file=str(Path(__file__).with_name("small_app.yaml")))
    gate.acknowledge(
        resource(stack, "Stream"),
        {"AwsSolutions-KDS3": "the rule saves the price of a key, and the key is the point"},
    )
    if plant:
        plant(stack)
    return app


def refusal(app: App) -> str:
    """The gate's message about an app that must not pass."""
    with pytest.raises(gate.GateError) as error:
        gate.synthesise(app)
    return str(error.value)


def resource(stack: Stack, name: str) -> Any:
    """A resource of the small app, as the typed construct that cdk-nag needs."""
    child = stack.node.find_child("All").node.find_child(name)
    assert isinstance(child, CfnResource)
    return child
