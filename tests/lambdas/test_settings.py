"""Each function reads the environment variables that its stack sets, and no others."""

import importlib
from dataclasses import fields
from pathlib import Path

import pytest

from repository import ROOT
from stacks.catalogue import ARCHITECTURES
from tests.conftest import Templates

# Functions that share a bundle are packages of one folder.
FUNCTIONS = sorted(
    handler.parent
    for manifest in ARCHITECTURES.values()
    for handler in (ROOT / "lambdas" / manifest.folder).rglob("handler.py")
)


# Settings without which a function is not deployed.
OF_ALL_FUNCTIONS = {
    "language_chain": [("language_chain.vocabulary", "true")],
    "ml_platform": [
        ("ml_training.experiment_tracking", "true"),
        ("ml_training.oldest_model_days", "15"),
    ],
}


def handler_of(folder: Path) -> str:
    """The handler that the stack names, as Lambda imports it from the bundle."""
    return ".".join([*folder.relative_to(ROOT / "lambdas").parts[1:], "handler", "handler"])


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda folder: folder.name)
def test_the_variables_are_those_of_the_stack(synthesise: Templates, folder: Path) -> None:
    module = ".".join([*folder.relative_to(ROOT).parts, "settings"])
    settings = importlib.import_module(module).Settings
    extra = OF_ALL_FUNCTIONS.get(folder.relative_to(ROOT / "lambdas").parts[0], [])
    (variables,) = [
        resource["Properties"]["Environment"]["Variables"]
        for template in synthesise("sandbox", *extra).values()
        for resource in template["Resources"].values()
        if resource["Properties"].get("Handler") == handler_of(folder)
    ]
    names = {name for name in variables if not name.startswith("POWERTOOLS_")}
    assert {field.name.upper() for field in fields(settings)} == names


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda folder: folder.name)
def test_a_missing_variable_is_named(folder: Path) -> None:
    module = ".".join([*folder.relative_to(ROOT).parts, "settings"])
    settings = importlib.import_module(module).Settings
    first = fields(settings)[0].name.upper()
    with pytest.raises(KeyError, match=first):
        settings.from_environment({})


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda folder: folder.name)
def test_nothing_else_reads_the_environment(folder: Path) -> None:
    for file in folder.glob("*.py"):
        if file.name != "settings.py":
            source = file.read_text()
            assert "os.environ" not in source, file
            assert "getenv" not in source, file
