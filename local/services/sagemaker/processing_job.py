"""Runs a SageMaker processing job: its request, and a folder laid out like the container's."""

import os
import subprocess
import tempfile
from pathlib import Path

from local.runtime.workspace import LocalError
from local.services.sagemaker.training_job import PYTHON, SAGEMAKER_ROOT, Request, relocate

_LOG_CHARACTERS = 3_000


def local_folder(path: str, base: Path) -> Path:
    """Where one of the container's folders is below `base`, which replaces `/opt/ml`."""
    return base / path.removeprefix(SAGEMAKER_ROOT)


def run(request: Request, base: Path) -> str:
    """Run CreateProcessingJob on the folders of its inputs below `base`; returns its log.

    Raises LocalError with the end of the log.
    """
    # The entry point is a shell command that names paths without quotes: none may have a blank.
    with tempfile.TemporaryDirectory(prefix="processing-") as folder:
        link = Path(folder) / "ml"
        link.symlink_to(base.resolve())
        return _run(request, link)


def _run(request: Request, base: Path) -> str:
    inputs = [item["S3Input"]["LocalPath"] for item in request["ProcessingInputs"]]
    outputs = [
        item["S3Output"]["LocalPath"] for item in request["ProcessingOutputConfig"]["Outputs"]
    ]
    for path in inputs:
        if not local_folder(path, base).is_dir():
            raise LocalError(f"{path} has no folder {local_folder(path, base)}")
    application = request["AppSpecification"]
    command = [*application["ContainerEntrypoint"], *application.get("ContainerArguments", [])]
    # The script's defaults are the container's folders: options name those on this machine.
    folders = {Path(path).name: path for path in (*inputs, *outputs)}
    folders.pop("code", None)
    options = [f"--{name}={local_folder(path, base)}" for name, path in folders.items()]
    process = subprocess.run(  # noqa: S603 -- the request's own command
        _with_options([relocate(word, base) for word in command], options),
        env={"PATH": f"{PYTHON.parent}:{os.defpath}", "HOME": str(base)},
        cwd=base,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if process.returncode:
        name = request["ProcessingJobName"]
        raise LocalError(f"processing job {name} failed:\n{process.stdout[-_LOG_CHARACTERS:]}")
    return process.stdout


def _with_options(command: list[str], options: list[str]) -> list[str]:
    if command[1:2] == ["-c"]:  # a shell takes its commands as one string
        return [*command[:-1], f"{command[-1]} {' '.join(options)}"]
    return [*command, *options]
