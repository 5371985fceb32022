"""`make settings`: every setting has a description, its values, and what it takes."""

import json
import subprocess
import sys
from typing import Any

import pytest
from pydantic import TypeAdapter

from repository import ROOT
from stacks.catalogue import ARCHITECTURES, ENVIRONMENTS, SETTINGS_GROUPS, setting_names
from stacks.environments import CommonSettings
from tools.settings import Setting, groups, written

SETTINGS = [setting for group in groups(SETTINGS_GROUPS) for setting in group.settings]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.settings", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={"COLUMNS": "200", "PATH": "/usr/bin"},
    )  # fmt: skip


def test_every_setting_is_there() -> None:
    assert [setting.key for setting in SETTINGS] == setting_names()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_every_setting_has_a_description_and_a_value_in_each_environment(
    setting: Setting,
) -> None:
    assert setting.description.endswith((".", ")"))
    assert set(setting.values) == set(ENVIRONMENTS)


def test_every_group_has_a_description() -> None:
    assert all(group.description for group in groups(SETTINGS_GROUPS))


def test_values_are_written_as_the_command_line_takes_them() -> None:
    values = [None, (), True, ("a", "b"), 0.5, "x"]
    assert list(map(written, values)) == ["none", "none", "true", "a,b", "0.5", "x"]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_command_prints_the_settings_of_an_architecture(name: str) -> None:
    process = _run(name)
    assert process.returncode == 0, process.stderr
    for group in ARCHITECTURES[name].settings:
        assert f"{group.name}.budget_usd" in process.stdout or group.name in process.stdout
    assert "name_prefix" in process.stdout


def test_an_unknown_architecture_is_one_sentence() -> None:
    process = _run("lake")
    assert process.returncode == 1
    assert process.stderr.startswith("Error: ARCH=lake: no such architecture")
    assert process.stderr.count("\n") == 1


def test_no_setting_shows_people_a_regular_expression() -> None:
    kinds: list[type[Any]] = [CommonSettings, *(group.kind for group in SETTINGS_GROUPS)]
    for kind in kinds:
        assert '"pattern"' not in json.dumps(TypeAdapter(kind).json_schema()), kind
