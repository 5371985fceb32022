"""Bundles hold the right files for their target, stay small, and are reproducible."""

import os
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from aws_cdk import FileSystem

from repository import ROOT
from stacks.catalogue import ENVIRONMENTS
from stacks.environments import LambdaTarget
from stacks.shared import bundle

AWS = ENVIRONMENTS["sandbox"].lambda_target


def test_a_lambda_bundle_holds_package_schemas_and_wheels_for_its_architecture() -> None:
    folder = bundle.lambda_bundle("streaming_lake/transform_flight_events", AWS)
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    assert {"transform_flight_events/handler.py", "schemas/airport.schema.json"} <= names
    compiled = [name for name in names if name.endswith(".so")]
    assert compiled
    assert all("cpython-313-aarch64-linux" in name for name in compiled)
    assert not [name for name in names if "__pycache__" in name]


def test_a_bundle_is_below_five_megabytes() -> None:
    folder = bundle.lambda_bundle("streaming_lake/transform_flight_events", AWS)
    archive_file = BytesIO()
    with zipfile.ZipFile(archive_file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    assert archive_file.tell() < 5_000_000


def test_an_unchanged_bundle_is_not_built_again() -> None:
    folder = bundle.spark_bundle("streaming_lake/curate_flights")
    built_at = folder.stat().st_mtime_ns
    assert bundle.spark_bundle("streaming_lake/curate_flights") == folder
    assert folder.stat().st_mtime_ns == built_at
    assert (folder / "schemas" / "__init__.py").exists()


def test_a_bundle_with_an_unavailable_dependency_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "lambdas" / "broken"
    package.mkdir(parents=True)
    (tmp_path / "schemas").mkdir()
    (package / "requirements.txt").write_text("no-such-package-of-ours==1.0 --hash=sha256:00\n")
    monkeypatch.setattr(bundle, "ROOT", tmp_path)
    monkeypatch.setattr(bundle, "BUNDLES", tmp_path / "bundles")
    target = LambdaTarget(python_version="3.13", architecture="arm64")
    with pytest.raises(RuntimeError, match="cannot bundle broken"):
        bundle.lambda_bundle("broken", target)
    assert not list((tmp_path / "bundles").glob("broken-????????????????"))


Checkout = Callable[[str], list[Path]]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """Builds bundles of every kind from a checkout whose files have the given line end."""

    def bundles(line_end: str) -> list[Path]:
        root = tmp_path / f"checkout-{os.umask(os.umask(0)):o}-{line_end.encode().hex()}"
        for folder in ("lambdas/ml_platform/predict_delay", "schemas", "spark_jobs", "models"):
            for source in sorted((ROOT / folder).rglob("*")):
                if source.is_file() and "__pycache__" not in source.parts:
                    file = root / source.relative_to(ROOT)
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(source.read_text(), newline=line_end)
        monkeypatch.setattr(bundle, "ROOT", root)
        monkeypatch.setattr(bundle, "BUNDLES", root / "bundles")
        vocabulary = root / "models" / "language_chain" / "word_lists" / "vocabulary.txt"
        return [
            bundle.lambda_bundle("ml_platform/predict_delay", AWS),
            bundle.spark_bundle("streaming_lake/curate_flights"),
            bundle.model_bundle("ml_platform/flight_delay"),
            bundle.artefact_bundle("ml_platform/prepare_flights"),
            bundle.source_file(vocabulary),
        ]

    return bundles


def test_umask_and_line_ends_do_not_change_a_bundle(checkout: Checkout) -> None:
    expected = [FileSystem.fingerprint(str(path)) for path in checkout("\n")]
    previous = os.umask(0o077)
    try:
        paths = checkout("\r\n")
    finally:
        os.umask(previous)
    assert [FileSystem.fingerprint(str(path)) for path in paths] == expected
    for path in paths:
        for file in [path, *path.rglob("*")]:
            # All can read it, only the owner change it, and no source becomes a program.
            modes = (
                {0o755} if file.is_dir() else {0o644} if file.suffix == ".py" else {0o644, 0o755}
            )
            assert file.stat().st_mode & 0o777 in modes, file
            assert file.suffix != ".py" or b"\r" not in file.read_bytes(), file
