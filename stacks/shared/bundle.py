"""Directories and archives that are deployed: our code, the schemas, and hash-locked dependencies.

uv installs wheels for the target's Python and processor, so no Docker is needed. A bundle is built
once for its content and kept in `.build/bundles/`. The same sources give the same bundle on every
machine: line ends and file modes, which depend on Git's settings and the umask, are normalised.
"""

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import uv

from repository import BUILD, ROOT
from stacks.environments import LambdaTarget

BUNDLES = BUILD / "bundles"
_IGNORED = shutil.ignore_patterns("__pycache__", "requirements.*")
_READABLE, _EXECUTABLE = 0o644, 0o755
_KERNEL = LambdaTarget(python_version="3.12", architecture="x86_64")


def lambda_bundle(folder: str, target: LambdaTarget) -> Path:
    """The directory to deploy for `lambdas/<folder>`: the package, `schemas` and dependencies.

    Raises RuntimeError, with uv's own words, if a dependency is not available for the target.
    """
    package = ROOT / "lambdas" / folder
    sources = [package, ROOT / "schemas"]

    def build(directory: Path) -> None:
        _copy(sources, directory)
        _install(package / "requirements.txt", directory, target)

    return _built(package.name, _digest(sources, target), build)


def spark_bundle(folder: str) -> Path:
    """The directory to deploy for `spark_jobs/<folder>`: the package and `schemas`."""
    package = ROOT / "spark_jobs" / folder
    sources = [package, ROOT / "schemas"]
    return _built(package.name, _digest(sources, None), lambda directory: _copy(sources, directory))


def kernel_bundle(folder: str, requirements: Path) -> Path:
    """`models/<folder>` and the packages of `requirements` alone, for a notebook's kernel.

    Their dependencies are in the notebook's image already. Raises RuntimeError as above.
    """
    package = ROOT / "models" / folder

    def build(directory: Path) -> None:
        _copy([package], directory)
        _install(requirements, directory, _KERNEL)

    return _built("kernel", _digest([package, requirements.parent], _KERNEL), build)


def source_file(path: Path) -> Path:
    """A single file to deploy, such as a Glue script."""

    def build(directory: Path) -> None:
        directory.mkdir()
        (directory / path.name).write_bytes(_normalised(path))

    return _built(path.stem, _digest([path], None), build) / path.name


def model_bundle(folder: str) -> Path:
    """`models/<folder>` as the `sourcedir.tar.gz` that SageMaker's containers unpack."""
    return _packed(folder, "sourcedir.tar.gz", below="")


def artefact_bundle(folder: str) -> Path:
    """`models/<folder>` as the `model.tar.gz` of a container that serves code without a model."""
    return _packed(folder, "model.tar.gz", below="code/")


def _packed(folder: str, name: str, *, below: str) -> Path:
    """The same sources give the same bytes, so that an unchanged model changes no template."""
    package = ROOT / "models" / folder

    def build(directory: Path) -> None:
        directory.mkdir()
        # Without the time of packing, which both formats would record.
        with (
            (directory / name).open("wb") as file,
            gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            # Not requirements.txt: the container would install it, and has no internet access.
            for source in sorted(package.glob("*.py")):
                content = _normalised(source)
                entry = tarfile.TarInfo(f"{below}{source.name}")
                entry.size, entry.mode = len(content), _READABLE
                archive.addfile(entry, io.BytesIO(content))

    return (
        _built(f"{package.name}-{name.partition('.')[0]}", _digest([package], None), build) / name
    )


def _built(name: str, digest: str, build: Callable[[Path], None]) -> Path:
    """The bundle of this content; `build` fills the directory of one that is not there yet."""
    bundle = BUNDLES / f"{name}-{digest}"
    if bundle.exists():
        return bundle
    # Built beside its place and moved there whole: two synths at once, or one that is interrupted,
    # never leave half a bundle.
    building = bundle.with_name(f"{bundle.name}.{os.getpid()}")
    bundle.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(building, ignore_errors=True)
    try:
        build(building)
        _make_readable(building)
        building.rename(bundle)
    except FileExistsError:  # another synth was faster, with the same content
        pass
    except OSError as error:
        if not bundle.exists():
            raise RuntimeError(f"cannot write {bundle}: {error}") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return bundle


def _copy(sources: list[Path], directory: Path) -> None:
    for source in sources:
        shutil.copytree(source, directory / source.name, ignore=_IGNORED)
        for file in _files(directory / source.name):
            file.write_bytes(_normalised(file))


def _install(requirements: Path, into: Path, target: LambdaTarget) -> None:
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--require-hashes"]
    command += ["--requirement", str(requirements), "--target", str(into), "--only-binary", ":all:"]
    # A lock is whole: what it leaves out, the runtime has, or nothing imports.
    command += ["--python-version", target.python_version, "--no-deps"]
    # Bundles share files with uv's cache, where the file system has hard links.
    command += ["--link-mode", "hardlink"]
    if not target.native:
        processor = "aarch64" if target.architecture == "arm64" else "x86_64"
        command += ["--python-platform", f"{processor}-manylinux_2_28"]
    # Bytecode of this machine's Python would only add size.
    environment = {**os.environ, "UV_COMPILE_BYTECODE": "0"}
    process = subprocess.run(  # noqa: S603 -- our own arguments
        command, env=environment, capture_output=True, text=True, check=False
    )
    if process.returncode:
        raise RuntimeError(f"cannot bundle {requirements.parent.name}:\n{process.stderr}")
    # What uv leaves for itself, and command lines that no function runs.
    shutil.rmtree(into / "bin", ignore_errors=True)
    (into / ".lock").unlink(missing_ok=True)


def _make_readable(directory: Path) -> None:
    for path in [directory, *directory.rglob("*")]:
        status = path.stat()
        mode = _EXECUTABLE if path.is_dir() or status.st_mode & 0o100 else _READABLE
        if status.st_mode & 0o777 == mode:
            continue
        if path.is_file() and status.st_nlink > 1:  # the mode of uv's file stays
            own = path.with_name(f"{path.name}.{os.getpid()}")
            shutil.copyfile(path, own)
            own.replace(path)
        path.chmod(mode)


def _digest(sources: list[Path], target: LambdaTarget | None) -> str:
    # How a bundle is built is part of what it holds.
    digest = hashlib.sha256(repr(target).encode() + _normalised(Path(__file__)))
    for source in sources:
        for file in [source] if source.is_file() else _files(source):
            digest.update(str(file.relative_to(source.parent)).encode() + _normalised(file))
    return digest.hexdigest()[:16]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _normalised(file: Path) -> bytes:
    """The content of one of our own text files, with the line ends of Linux."""
    return file.read_bytes().replace(b"\r\n", b"\n")
