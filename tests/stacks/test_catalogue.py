"""The catalogue lists the architectures, creates the chosen ones, and validates their settings."""

import json
from pathlib import Path

import pytest

from repository import ROOT
from stacks import catalogue
from stacks.catalogue import ARCHITECTURES, make_app, with_needs
from stacks.environments import SettingsError


def stack_ids(*only: str, **context: object) -> list[str]:
    app = make_app({"aws:cdk:disable-asset-staging": True, **context}, only=only, gated=False)
    return [stack.stack_name for stack in app.synth().stacks]


def test_every_folder_with_a_stack_has_a_manifest() -> None:
    folders = {
        path.relative_to(ROOT / "stacks").parts[0] for path in ROOT.glob("stacks/**/stack.py")
    }
    assert {manifest.folder for manifest in ARCHITECTURES.values()} == folders


def test_the_manifest_lists_the_stacks_that_are_created() -> None:
    for name, manifest in ARCHITECTURES.items():
        expected = {
            stack_name
            for required in with_needs([manifest], catalogue.ENVIRONMENTS["production"])
            for stack_name in required.stack_names
        }
        assert set(stack_ids(name, env="production")) == expected


def test_only_the_chosen_architectures_are_created() -> None:
    assert stack_ids("language-chain") == ["LanguageChain"]
    assert set(stack_ids(arch="streaming-lake,language-chain")) == {
        "StreamingLake",
        "LanguageChain",
    }


def test_an_architecture_is_created_with_its_dependencies() -> None:
    assert "StreamingLake" not in stack_ids("ml-platform")
    with_lake = stack_ids("ml-platform", **{"ml_training.from_lake": "true"})
    assert with_lake.index("StreamingLake") < with_lake.index("MlTraining")


def test_an_unknown_architecture_is_reported_with_the_known_ones() -> None:
    with pytest.raises(
        SettingsError, match=r"ARCH=nope: no such architecture. Use language-chain,"
    ):
        make_app({"arch": "nope"})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a company's ~/.cdk.json, and a cdk.context.json beside cdk.json."""
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    (tmp_path / "home").mkdir()
    (tmp_path / "cdk.json").write_text((ROOT / "cdk.json").read_text())
    (tmp_path / "home" / ".cdk.json").write_text(json.dumps({"context": {"team": "search"}}))
    (tmp_path / "cdk.context.json").write_text(json.dumps({"acknowledged-issue-numbers": [19179]}))
    return tmp_path


def test_context_from_files_is_not_validated(home: Path) -> None:
    file_context = {
        "team": "search",
        "acknowledged-issue-numbers": [19179],
        "availability-zones:account=123456789012:region=eu-central-1": ["eu-central-1a"],
    }
    assert stack_ids("language-chain", **file_context) == ["LanguageChain"]


def test_a_mistyped_setting_is_reported_despite_context_from_files(home: Path) -> None:
    with pytest.raises(SettingsError, match=r"-c teem: no such setting"):
        stack_ids("language-chain", team="search", teem="search")


def test_a_setting_in_the_home_folder_is_applied(home: Path) -> None:
    (home / "home" / ".cdk.json").write_text('{"context": {"name_prefix": "Blue-"}}')
    assert stack_ids("language-chain", name_prefix="Blue-") == ["Blue-LanguageChain"]


def test_an_invalid_context_file_is_reported(home: Path) -> None:
    (home / "home" / ".cdk.json").write_text("{")
    with pytest.raises(SettingsError, match=r"\.cdk\.json is not valid JSON"):
        stack_ids("language-chain")
