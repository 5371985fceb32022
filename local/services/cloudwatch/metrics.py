"""CloudWatch for workflow tasks: metrics that a workflow publishes.

The call is root's: what a workflow's role needs was asked for before (local/services/iam).
"""

from functools import partial
from typing import Any

from local.runtime.emulator import Emulator
from local.services.task import Arguments, Table


def table(emulator: Emulator) -> Table:
    """The stand-in of CloudWatch's integration."""
    return {"cloudwatch:putMetricData": partial(_put, emulator.client("cloudwatch"))}


def _put(cloudwatch: Any, request: Arguments) -> Arguments:
    cloudwatch.put_metric_data(**request)
    return {}
