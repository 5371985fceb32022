"""Runs of Glue jobs, waited for."""

import time
from typing import Any

from local.runtime.workspace import LocalError


def run_job(glue: Any, job_name: str, poll_seconds: float = 0.5) -> dict[str, Any]:
    """Start a job and wait; returns its run as GetJobRun does. Raises LocalError if it fails."""
    run_id = glue.start_job_run(JobName=job_name)["JobRunId"]
    while True:
        run: dict[str, Any] = glue.get_job_run(JobName=job_name, RunId=run_id)["JobRun"]
        if run["JobRunState"] == "SUCCEEDED":
            return run
        if run["JobRunState"] in ("FAILED", "ERROR", "TIMEOUT", "STOPPED", "EXPIRED"):
            message = run.get("ErrorMessage", "")
            raise LocalError(f"The job {job_name} ended {run['JobRunState']}: {message}")
        time.sleep(poll_seconds)
