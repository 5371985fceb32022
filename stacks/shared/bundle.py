"""What travels to AWS: a folder of our code, the schemas, and hash-locked dependencies.

uv installs wheels for the target's Python and processor, so no Docker is needed. A bundle is built
once for each content and kept in `.build/bundles/`.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import uv

from repository import ROOT
from stacks.environments import LambdaTarget

BUNDLES = ROOT / ".build" / "bundles"
_IGNORED = shutil.ignore_patterns("__pycache__", "requirements.*", "*.dqdl")


def lambda_bundle(folder: str, target: LambdaTarget) -> Path:
    """The directory to deploy for `lambdas/<folder>`: the package, `schemas` and dependencies.

    Raises RuntimeError, with uv's own words, if a dependency cannot be had for the target.
    """
    return _bundle(ROOT / "lambdas" / folder, target)


def spark_bundle(folder: str) -> Path:
    """The directory to deploy for `spark_jobs/<folder>`: the package and `schemas`."""
    return _bundle(ROOT / "spark_jobs" / folder, None)


def model_bundle(folder: str) -> Path:
    """`models/<folder>` as the `sourcedir.tar.gz` that SageMaker's containers unpack."""
    return _packed(folder, "sourcedir.tar.gz", below="")


def artefact_bundle(folder: str) -> Path:
    """`models/<folder>` as the `model.tar.gz` of a container that serves code without a model."""
    return _packed(folder, "model.tar.gz", below="code/")


def _packed(folder: str, name: str, *, below: str) -> Path:
    """The same sources give the same bytes, so that an unchanged model changes no template."""
    package = ROOT / "models" / folder
    bundle = BUNDLES / f"{package.name}-{_digest([package], None)}" / name
    if not bundle.exists():
        bundle.parent.mkdir(parents=True, exist_ok=True)
        building = bundle.with_name(f"{bundle.name}.{os.getpid()}")
        # Without the time of packing, which both formats would write down.
        with (
            building.open("wb") as raw,
            gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            # Not requirements.txt: the container would install it, and has no way to the internet.
            for file in sorted(package.glob("*.py")):
                archive.add(file, f"{below}{file.name}", filter=_anonymous)
        building.rename(bundle)
    return bundle


def kernel_bundle(folder: str, requirements: Path) -> Path:
    """`models/<folder>` beside the packages of `requirements` alone, for a notebook's kernel.

    What those packages need is in the notebook's image already. Raises RuntimeError as above.
    """
    target = LambdaTarget(python_version="3.12", architecture="x86_64")
    package = ROOT / "models" / folder
    bundle = BUNDLES / f"kernel-{_digest([package, requirements.parent], target)}"
    if not bundle.exists():
        building = bundle.with_name(f"{bundle.name}.{os.getpid()}")
        shutil.copytree(package, building / package.name, ignore=_IGNORED)
        _install(requirements, building, target, "--no-deps")
        building.rename(bundle)
    return bundle


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o644
    return entry


def _bundle(package: Path, target: LambdaTarget | None) -> Path:
    sources = [package, ROOT / "schemas"]
    bundle = BUNDLES / f"{package.name}-{_digest(sources, target)}"
    if bundle.exists():
        return bundle
    # Built beside its place and moved there whole: two synths at once, or one that is stopped half
    # way, never leave half a bundle.
    building = bundle.with_name(f"{bundle.name}.{os.getpid()}")
    shutil.rmtree(building, ignore_errors=True)
    for source in sources:
        shutil.copytree(source, building / source.name, ignore=_IGNORED)
    try:
        if target:
            _install(package / "requirements.txt", building, target)
    except RuntimeError:
        shutil.rmtree(building)
        raise
    try:
        building.rename(bundle)
    except OSError:  # another synth was faster, with the same content
        shutil.rmtree(building)
    return bundle


def _install(requirements: Path, into: Path, target: LambdaTarget, *options: str) -> None:
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--require-hashes"]
    command += ["--requirement", str(requirements), "--target", str(into), "--only-binary", ":all:"]
    command += ["--python-version", target.python_version, *options]
    if not target.native:
        processor = "aarch64" if target.architecture == "arm64" else "x86_64"
        command += ["--python-platform", f"{processor}-manylinux_2_28"]
    # Bytecode of this machine's Python would only add weight.
    settings = {**os.environ, "UV_COMPILE_BYTECODE": "0"}
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)  # noqa: S603 -- our own arguments
    if done.returncode:
        raise RuntimeError(f"cannot bundle {requirements.parent.name}:\n{done.stderr}")
    # What uv leaves for itself, and command lines that no function runs.
    shutil.rmtree(into / "bin", ignore_errors=True)
    (into / ".lock").unlink(missing_ok=True)


def _digest(sources: list[Path], target: LambdaTarget | None) -> str:
    digest = hashlib.sha256(repr(target).encode())
    for source in sources:
        for file in sorted(source.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(source.parent)).encode() + file.read_bytes())
    return digest.hexdigest()[:16]
