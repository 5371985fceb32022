"""What travels to AWS: built for Lambda's Python and processor, small, and only once."""

import os
import zipfile
from pathlib import Path

import pytest

from environments import ENVIRONMENTS, LambdaTarget
from stacks.shared import bundle
from stacks.shared.bundle import ROOT, lambda_bundle, spark_bundle

TRANSFORM = "transform_flight_events"
ARM64 = ENVIRONMENTS["production"].lambda_target
MEGABYTE = 1_000_000


def names(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def built() -> Path:
    """As `cdk synth` has it: from the cache, if this content was built before."""
    return lambda_bundle(TRANSFORM, ARM64)


def test_a_lambda_bundle_has_our_package_and_the_schemas(built: Path) -> None:
    ours = {f"{TRANSFORM}/{file.name}" for file in (ROOT / "lambdas" / TRANSFORM).glob("*.py")}
    shared = {f"schemas/{file.name}" for file in (ROOT / "schemas").glob("*.*")}
    assert ours | shared <= names(built)


def test_a_lambda_bundle_has_dependencies_compiled_for_its_python_and_processor(
    built: Path,
) -> None:
    assert (ARM64.python_version, ARM64.architecture) == ("3.13", "arm64")
    compiled = {Path(name).name for name in names(built) if name.endswith(".so")}
    assert compiled
    for library in compiled:
        assert "cpython-313-aarch64-linux-gnu" in library
    assert {"msgspec/__init__.py", "aws_lambda_powertools/__init__.py"} <= names(built)


def test_a_bundle_has_nothing_that_only_this_machine_needs(built: Path) -> None:
    for name in names(built) | names(spark_bundle("curate_flights")):
        assert "__pycache__" not in name
        assert not name.endswith((".pyc", "requirements.txt", "requirements.in", ".dqdl"))


def test_a_lambda_bundle_stays_below_five_megabytes(built: Path, tmp_path: Path) -> None:
    archive = tmp_path / "bundle.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names(built):
            file.write(built / name, name)
    assert archive.stat().st_size < 5 * MEGABYTE


def test_a_spark_bundle_has_our_package_and_the_schemas_and_no_dependencies() -> None:
    top = {entry.name for entry in spark_bundle("curate_flights").iterdir()}
    assert top == {"curate_flights", "schemas"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one function that depends on nothing."""
    function = tmp_path / "lambdas" / "greet"
    function.mkdir(parents=True)
    (function / "handler.py").write_text("def handler(event, context): return 'hello'\n")
    (function / "requirements.txt").write_text("")
    (tmp_path / "schemas").mkdir()
    monkeypatch.setattr(bundle, "ROOT", tmp_path)
    monkeypatch.setattr(bundle, "BUNDLES", tmp_path / "bundles")
    return function


def test_the_same_content_is_built_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = lambda_bundle("greet", ARM64)
    monkeypatch.setattr(bundle, "_install", None)  # calling it now would fail
    assert lambda_bundle("greet", ARM64) == first


def test_another_content_or_target_is_another_bundle(project: Path) -> None:
    first = lambda_bundle("greet", ARM64)
    elsewhere = lambda_bundle("greet", LambdaTarget(python_version="3.13", architecture="x86_64"))
    (project / "handler.py").write_text("def handler(event, context): return 'goodbye'\n")
    changed = lambda_bundle("greet", ARM64)
    assert len({first, elsewhere, changed}) == 3


def test_what_python_leaves_behind_does_not_change_a_bundle(project: Path) -> None:
    first = lambda_bundle("greet", ARM64)
    (project / "__pycache__").mkdir()
    (project / "__pycache__" / "handler.cpython-313.pyc").write_bytes(b"bytecode")
    assert lambda_bundle("greet", ARM64) == first


def test_a_requirement_without_a_hash_is_refused_and_leaves_no_bundle(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    (project / "requirements.txt").write_text("msgspec==0.22.0\n")
    with pytest.raises(RuntimeError, match=r"^cannot bundle greet:\n(.|\n)*msgspec"):
        lambda_bundle("greet", ARM64)
    finished = [path for path in bundle.BUNDLES.iterdir() if path.suffix != f".{os.getpid()}"]
    assert not finished


def test_a_synth_that_stopped_half_way_does_not_disturb_the_next(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    (project / "requirements.txt").write_text("nowhere-to-be-had\n")
    with pytest.raises(RuntimeError, match="cannot bundle greet"):
        lambda_bundle("greet", ARM64)
    (project / "requirements.txt").write_text("")
    assert "greet/handler.py" in names(lambda_bundle("greet", ARM64))
