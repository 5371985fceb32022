"""One synth for each environment, shared by every test that reads a template."""

import json
import os
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

# A synth copies 200 MB of assets that no template test reads: minutes and gigabytes in all.
os.environ["CDK_CONTEXT_JSON"] = '{"aws:cdk:disable-asset-staging": true}'

from hypothesis import settings

from tools import assembly
from tools.assembly import paths, readable

__all__ = ["Templates", "flat", "paths", "readable", "resources"]

# The same examples in every run; HYPOTHESIS_PROFILE=fresh looks for new ones.
settings.register_profile("reproducible", deadline=None, derandomize=True)
settings.register_profile("fresh", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "reproducible"))

Templates = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def synthesise() -> Templates:
    """Stack name -> template, of one environment and settings; each is synthesised once."""

    @cache
    def once(env: str, *settings: tuple[str, str]) -> dict[str, Any]:
        return assembly.synthesise(env, dict(settings))

    return once


# Longest first, or one worker is still at it when the others have nothing to do.
_LONG = (
    "test_readme.py",
    "test_site.py",
    "test_errors.py",
    "test_platform_roles.py",
    "test_language_chain.py",
    "test_command_line.py",
    "test_runs.py",
    "test_deployed_lake.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, in the order of `_LONG`."""
    order = {name: number for number, name in enumerate(_LONG)}
    items.sort(key=lambda item: order.get(item.path.name, len(_LONG)))


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
