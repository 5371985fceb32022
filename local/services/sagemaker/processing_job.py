"""Run a SageMaker processing job here: its request, and a folder laid out like the container's."""

import os
import subprocess
from pathlib import Path

from local.runtime.workspace import LocalError
from local.services.sagemaker.training_job import PYTHON, SAGEMAKER_ROOT, Request, moved

_LAST_WORDS = 3_000


def local(path: str, base: Path) -> Path:
    """Where one of the container's folders is below `base`, which stands for `/opt/ml`."""
    return base / path.removeprefix(SAGEMAKER_ROOT)


def run(request: Request, base: Path) -> str:
    """Run CreateProcessingJob on what its inputs' folders below `base` hold; returns its log.

    Raises LocalError with its last words.
    """
    base = base.resolve()
    inputs = [each["S3Input"] for each in request["ProcessingInputs"]]
    outputs = [each["S3Output"] for each in request["ProcessingOutputConfig"]["Outputs"]]
    for each in inputs:
        if not local(each["LocalPath"], base).is_dir():
            raise LocalError(f"{each['LocalPath']} has no folder {local(each['LocalPath'], base)}")
    application = request["AppSpecification"]
    words = [*application["ContainerEntrypoint"], *application.get("ContainerArguments", [])]
    # The script's own folders are the container's: it is told where they are here.
    folders = {Path(each["LocalPath"]).name: each["LocalPath"] for each in (*inputs, *outputs)}
    folders.pop("code", None)
    given = [f"--{name}={local(path, base)}" for name, path in folders.items()]
    done = subprocess.run(  # noqa: S603 -- the request's own command
        _with_arguments([moved(word, base) for word in words], given),
        env={"PATH": f"{PYTHON.parent}:{os.defpath}", "HOME": str(base)},
        cwd=base,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        name = request["ProcessingJobName"]
        raise LocalError(f"processing job {name} failed:\n{done.stdout[-_LAST_WORDS:]}")
    return done.stdout


def _with_arguments(words: list[str], given: list[str]) -> list[str]:
    if words[1:2] == ["-c"]:  # a shell's one string of commands takes them at its end
        return [*words[:-1], f"{words[-1]} {' '.join(given)}"]
    return [*words, *given]
