"""What travels to AWS is built for where it runs, whole, small, and once."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from stacks.catalogue import ENVIRONMENTS
from stacks.environments import LambdaTarget
from stacks.shared import bundle

AWS = ENVIRONMENTS["sandbox"].lambda_target


def test_a_bundle_for_lambda_holds_package_schemas_and_wheels_for_its_processor() -> None:
    folder = bundle.lambda_bundle("streaming_lake/transform_flight_events", AWS)
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    assert {"transform_flight_events/handler.py", "schemas/airport.schema.json"} <= names
    compiled = [name for name in names if name.endswith(".so")]
    assert compiled
    assert all("cpython-313-aarch64-linux" in name for name in compiled)
    assert not [name for name in names if "__pycache__" in name]


def test_a_bundle_is_below_five_megabytes() -> None:
    folder = bundle.lambda_bundle("streaming_lake/transform_flight_events", AWS)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    assert packed.tell() < 5_000_000


def test_the_same_content_is_built_once() -> None:
    first = bundle.spark_bundle("streaming_lake/curate_flights")
    before = first.stat().st_mtime_ns
    assert bundle.spark_bundle("streaming_lake/curate_flights") == first
    assert first.stat().st_mtime_ns == before
    assert (first / "schemas" / "__init__.py").exists()


def test_dependencies_that_cannot_be_had_are_named(
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
