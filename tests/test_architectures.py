"""Every architecture has what an architecture has; each missing place is named with its purpose."""

from pathlib import Path

import pytest

from repository import ROOT
from stacks.architecture import Architecture
from stacks.catalogue import ARCHITECTURES, setting_names
from tools.new.scaffold import readme_row

pytestmark = pytest.mark.lint

# Path -> why an architecture has it.
PLACES = {
    "stacks/{folder}/settings.py": "its settings, with their values in each environment",
    "local/demos/{folder}/__init__.py": "its demo on the local AWS: expose the class as DEMO",
    "local/demos/{folder}/requirements.txt": "the packages of its demo, locked by hash",
    "tools/costs/architectures/{folder}.py": "which settings change its costs, and units of work",
    "docs/architectures/{name}.md.j2": "when to choose it, and how to deploy it",
    "tests/stacks/{folder}": "tests of its templates",
    "tests/local/{folder}": "tests of its deployment on the local AWS",
}
# Below these, a folder belongs to the architecture of its name.
OWNED = (
    "lambdas",
    "step_functions",
    "pipelines",
    "models",
    "spark_jobs",
    "sql",
    "local/demos",
    "tests/local",
)
NO_ARCHITECTURE = {"runtime", "services", "shared", "__pycache__"}


def missing(manifest: Architecture, root: Path = ROOT) -> list[str]:
    """A sentence for each place that an architecture lacks."""
    names = {"folder": manifest.folder, "name": manifest.name}
    sentences = [
        f"{manifest.name} lacks {path.format(**names)}: {purpose}"
        for path, purpose in PLACES.items()
        if not (root / path.format(**names)).exists()
    ]
    if (root / "lambdas" / manifest.folder).exists():
        for function in sorted((root / "lambdas" / manifest.folder).glob("*/handler.py")):
            sentences += [
                f"{manifest.name} lacks {function.parent.name}/{file}"
                for file in ("settings.py", "requirements.txt")
                if not (function.parent / file).exists()
            ]
        if not (root / "tests" / "lambdas" / manifest.folder).exists():
            sentences.append(f"{manifest.name} lacks tests/lambdas/{manifest.folder}")
    if manifest.budget not in setting_names():
        sentences.append(f"{manifest.name}: its budget {manifest.budget} is no setting")
    row = readme_row(manifest.name, manifest.summary, list(manifest.stack_names))
    if row not in (root / "README.md").read_text():
        sentences.append(f"{manifest.name} lacks its row in README.md: {row}")
    changelog = (root / "CHANGELOG.md").read_text()
    if not any(f"`{stack}`" in changelog for stack in manifest.stack_names):
        sentences.append(f"{manifest.name} lacks a line in CHANGELOG.md that names a stack of it")
    return sentences


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_lacks_nothing(name: str) -> None:
    assert missing(ARCHITECTURES[name]) == []


@pytest.mark.parametrize("parent", OWNED)
def test_a_folder_belongs_to_an_architecture(parent: str) -> None:
    folders = {path.name for path in (ROOT / parent).iterdir() if path.is_dir()}
    owners = {manifest.folder for manifest in ARCHITECTURES.values()}
    assert folders - owners - NO_ARCHITECTURE == set()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_missing_place_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "README.md").touch()
    (tmp_path / "CHANGELOG.md").touch()
    sentences = missing(ARCHITECTURES[name], tmp_path)
    assert len(sentences) == len(PLACES) + 2
    assert f"lacks local/demos/{ARCHITECTURES[name].folder}/__init__.py: its demo" in sentences[1]
