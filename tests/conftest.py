"""One synth for each environment, shared by every test that reads a template."""

import json
import os
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

# A synth copies 200 MB of assets that no template test reads: minutes and gigabytes in all.
os.environ["CDK_CONTEXT_JSON"] = '{"aws:cdk:disable-asset-staging": true}'

import assembly
from assembly import paths, readable

__all__ = ["Templates", "flat", "paths", "readable", "resources"]

Templates = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def synthesise() -> Templates:
    """Stack name -> template, of one environment and settings; each is synthesised once."""

    @cache
    def once(env: str, *settings: tuple[str, str]) -> dict[str, Any]:
        return assembly.synthesise(env, dict(settings))

    return once


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest file first, or one worker is still at it when the other has nothing to do."""
    items.sort(key=lambda item: item.path.name != "test_readme.py")


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
