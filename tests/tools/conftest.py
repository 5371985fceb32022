"""Assemblies of the environments, each synthesised and read once for all tests of the tools."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Templates, once_for_all_workers
from tools import assembly
from tools.assembly import Assembly

Assemblies = Callable[..., Assembly]


@pytest.fixture(scope="session")
def assemble(synthesise: Templates) -> Assemblies:
    """The assembly of an environment and settings: `assemble("sandbox", (key, value), ...)`."""

    @cache
    def once(environment: str, *settings: tuple[str, str]) -> Assembly:
        return Assembly(synthesise(environment, *settings))

    return once


@pytest.fixture(scope="session")
def assemble_only(shared: Path) -> Assemblies:
    """One architecture, not gated: `assemble_only("ml-platform", "sandbox", (key, value), ...)`."""

    @cache
    def once(architecture: str, environment: str, *settings: tuple[str, str]) -> Assembly:
        def templates() -> dict[str, Any]:
            synthesised = assembly.synthesise(
                environment, dict(settings), only=[architecture], gated=False
            )
            return dict(synthesised.of(architecture).templates)

        key = ("ungated", architecture, environment, settings)
        return Assembly(once_for_all_workers(shared, key, templates))

    return once
