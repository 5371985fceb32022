"""Imports run one way: tools -> stacks -> files; local and what runs on AWS know none of them."""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import permutations
from pathlib import Path

import pytest

from repository import ROOT
from stacks.catalogue import ARCHITECTURES

# Folder -> modules that it must not import.
FORBIDDEN = {
    "stacks": ["app", "tools", "local"],
    "tools": ["app"],
    # It sees the stacks through the CDK CLI, stack outputs and AWS APIs only.
    "local": ["app", "stacks", "tools"],
    "lambdas": ["app", "stacks", "tools", "local", "repository"],
    "spark_jobs": ["app", "stacks", "tools", "local", "repository"],
    "models": ["app", "stacks", "tools", "local", "repository"],
    "schemas": ["app", "stacks", "tools", "local", "repository"],
}
# Below these, one folder per architecture.
DIVIDED = ["stacks", "lambdas", "spark_jobs", "models", "local/demos"]

pytestmark = pytest.mark.lint


@cache
def imports(file: Path) -> frozenset[str]:
    """The modules that a file imports, absolute: `a.b` of `from a.b import c`, and `a.b.c`."""
    package = file.relative_to(ROOT).parent.parts
    modules: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            modules |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return frozenset(modules)


def code(folder: str) -> Iterator[Path]:
    return (path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


def violations(importing_folder: str, imported_module: str) -> list[str]:
    return [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in code(importing_folder)
        for module in imports(file)
        if module == imported_module or module.startswith(f"{imported_module}.")
    ]


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_a_folder_imports_nothing_above_it(folder: str) -> None:
    assert list(code(folder))
    assert [line for module in FORBIDDEN[folder] for line in violations(folder, module)] == []


@pytest.mark.parametrize("folder", DIVIDED)
def test_architectures_do_not_import_each_other(folder: str) -> None:
    names = [manifest.folder for manifest in ARCHITECTURES.values()]
    for importing, imported in permutations(names, 2):
        assert violations(f"{folder}/{importing}", f"{folder}/{imported}".replace("/", ".")) == []
