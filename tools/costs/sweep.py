"""A rule that comes round by itself and sends a message to a function: what that costs a month."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tools.assembly import Resource, Templates
from tools.costs.assumptions import IDLE
from tools.costs.lines import Charge
from tools.costs.prices import PriceError
from tools.costs.schedules import runs_a_month


def charges(resource: Resource, templates: Templates) -> Iterator[Charge]:
    """What a rule costs a month. One that waits for events of AWS costs nothing.

    Raises PriceError for a schedule whose target is no queue that a function reads.
    """
    schedule = resource.properties.get("ScheduleExpression")
    if schedule is None:
        return
    template = templates[resource.stack]
    runs = runs_a_month(schedule)
    for target in resource.properties["Targets"]:
        function = _reader(template, target["Arn"])
        if function is None:
            raise PriceError(
                f"{resource.stack}/{resource.path}: a schedule whose target is no queue that a"
                " function reads has no price yet: add it to tools/costs/sweep.py."
            )
        yield from _run(function, runs)
        names = _metrics(template, function)
        yield Charge("custom metrics that the sweep writes", "cloudwatch_metric_month", len(names))


def _run(function: dict[str, Any], runs: float) -> Iterator[Charge]:
    seconds = runs * IDLE.sweep_seconds * function["MemorySize"] / 1024
    key = f"lambda_{function['Architectures'][0].replace('x86_64', 'x86')}_gb_second"
    yield Charge("GB seconds of the sweep's function", key, seconds)
    yield Charge("million calls of the sweep's function", "lambda_requests_million", runs / 1e6)
    # It is sent and deleted; reading it is priced as polling.
    yield Charge("million messages of the sweep", "sqs_standard_million", 2 * runs / 1e6)
    requests = runs * IDLE.sweep_key_requests / 1e4
    yield Charge("10,000 requests of the sweep to its key", "kms_requests_10k", requests)
    reads = runs * IDLE.sweep_reads / 1e6
    yield Charge("million read units of the sweep", "dynamodb_rru_million", reads)
    logged = runs * IDLE.sweep_log_bytes / 1e9
    yield Charge("GB that the sweep logs", "cloudwatch_logs_ingest_gb", logged)


def _reader(template: dict[str, Any], queue: Any) -> dict[str, Any] | None:
    """The function that reads a queue."""
    for each in template["Resources"].values():
        properties = each.get("Properties", {})
        is_mapping = each["Type"] == "AWS::Lambda::EventSourceMapping"
        if is_mapping and properties["EventSourceArn"] == queue:
            logical_id = next(iter(properties["FunctionName"].values()))
            name = logical_id if isinstance(logical_id, str) else logical_id[0]
            found: dict[str, Any] = template["Resources"][name]["Properties"]
            return found
    return None


def _metrics(template: dict[str, Any], function: dict[str, Any]) -> set[str]:
    """The metrics of the function's own namespace, as the dashboard shows them."""
    namespace = function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
    shown = json.dumps(
        [
            each["Properties"]["DashboardBody"]
            for each in template["Resources"].values()
            if each["Type"] == "AWS::CloudWatch::Dashboard"
        ]
    ).replace("\\", "")
    return set(re.findall(rf'"{namespace}","(\w+)"', shown))
