"""ministack's StartJobRun reports SUCCEEDED for a Spark job, and runs nothing.

Its CreateTable ignores OpenTableFormatInput: here it writes the metadata of an Iceberg table to S3,
and points the table at it.

Here the job runs on local Spark, and EventBridge learns how it ended, as Glue tells it:
https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html (read
2026-11-28).
"""

import json
import os
from collections.abc import Callable
from typing import Any

import requests
from ministack.services import eventbridge, glue, s3

from local.runtime.wrapping import wrap
from local.services.glue.iceberg_metadata import first_metadata
from local.services.s3.uri import split_uri

_TIMEOUT_SECONDS = 3600
_SEVERITIES = {"SUCCEEDED": "INFO", "FAILED": "ERROR"}


def close() -> None:
    """Run Spark jobs, and make Iceberg tables."""
    wrap(glue, "_create_table", _create_table)
    # A Spark job would be started in Docker, or be reported as done.
    wrap(glue, "_is_spark_job", lambda _original, _job: False)
    wrap(glue, "_execute_subprocess", _run)


def _create_table(original: Callable[..., Any], data: dict[str, Any]) -> Any:
    iceberg = data.get("OpenTableFormatInput", {}).get("IcebergInput")
    if iceberg is None:
        return original(data)
    table_input = data["TableInput"]
    location, metadata = first_metadata(table_input, iceberg.get("Version", "2"))
    parameters = {"table_type": "ICEBERG", "metadata_location": location}
    response = original({**data, "TableInput": {**table_input, "Parameters": parameters}})
    if response[0] == 200:
        bucket, key = split_uri(location)
        s3._put_object(bucket, key, metadata.encode(), {"content-type": "application/json"})
    return response


def _run(
    _original: Callable[..., Any],
    run: dict[str, Any],
    _job: dict[str, Any],
    _arguments: dict[str, Any],
    _script: str,
) -> None:
    url = f"http://127.0.0.1:{os.environ['LOCAL_TASKS_PORT']}/glue-jobs"
    request = {"job": run["JobName"], "arguments": run["Arguments"]}
    error = requests.post(url, json=request, timeout=_TIMEOUT_SECONDS).json().get("error", "")
    run["JobRunState"] = "FAILED" if error else "SUCCEEDED"
    run["ErrorMessage"] = error
    detail = {
        "jobName": run["JobName"],
        "jobRunId": run["Id"],
        "severity": _SEVERITIES[run["JobRunState"]],
        "state": run["JobRunState"],
        "message": error or "Job run succeeded",
    }
    event = {
        "Source": "aws.glue",
        "DetailType": "Glue Job State Change",
        "Detail": json.dumps(detail),
    }
    # Users cannot put events whose source is AWS on a bus.
    eventbridge._put_events({"Entries": [event]}, allow_aws_source=True)
