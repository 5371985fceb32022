"""One synth for each environment, shared by every test that reads a template."""

import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

# A synth copies 200 MB of assets that no template test reads: minutes and gigabytes in all.
os.environ["CDK_CONTEXT_JSON"] = '{"aws:cdk:disable-asset-staging": true}'

from app import make_app  # first: it sets what jsii reads when aws_cdk is imported
from stacks.shared import gate

Templates = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def synthesise(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Stack name -> template, of one environment and settings; each is synthesised once."""

    @cache
    def once(env: str, *settings: tuple[str, str]) -> dict[str, Any]:
        outdir: Path = tmp_path_factory.mktemp(f"cdk-{env}")
        given = {"env": env, "aws:cdk:enable-path-metadata": True, **dict(settings)}
        assembly = gate.synthesise(make_app(given, outdir))
        return {stack.stack_name: stack.template for stack in assembly.stacks}

    return once


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest file first, or one worker is still at it when the other has nothing to do."""
    items.sort(key=lambda item: item.path.name != "test_readme.py")


def paths(template: dict[str, Any]) -> dict[str, str]:
    """Logical id -> construct path below its stack, `/Resource` left out."""
    found = {}
    for logical_id, resource in template["Resources"].items():
        path = resource.get("Metadata", {}).get("aws:cdk:path", logical_id)
        below = path.partition("/")[2].removesuffix("/Resource").removesuffix("/Table")
        found[logical_id] = below or path
    return found


def readable(template: dict[str, Any], value: Any) -> Any:
    """A value of a template with intrinsics spelt out: `{Storage/Lake.Arn}/events/*`."""
    names = paths(template)
    if isinstance(value, list):
        return [readable(template, item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        return f"{{{names.get(value['Ref'], value['Ref'])}}}"
    if set(value) == {"Fn::GetAtt"}:
        logical_id, attribute = value["Fn::GetAtt"]
        return f"{{{names[logical_id]}.{attribute}}}"
    if set(value) == {"Fn::Join"}:
        return "".join(map(str, readable(template, value["Fn::Join"][1])))
    return {key: readable(template, item) for key, item in value.items()}


def resources(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Construct path -> resource, of one type."""
    names = paths(template)
    return {
        names[logical_id]: resource
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def flat(text: Any) -> str:
    """Any part of a template as one string, to search in."""
    return json.dumps(text, sort_keys=True)
