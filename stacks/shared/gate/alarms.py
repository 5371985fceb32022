"""Alarms that can never tell anybody: refused at deploy, on no metric, without an action."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from stacks.shared.gate.findings import Finding
from stacks.shared.gate.resolved import Resolved, Resource

RULES = ("ALARM_SILENT", "ALARM_PERIOD", "ALARM_METRIC")
_TABLE = Path(__file__).with_name("metrics.toml")
_SHORT_PERIODS = {10, 20, 30}
_DAY, _WEEK = 86_400, 604_800


@cache
def metrics() -> dict[str, frozenset[str]]:
    """Namespace of AWS -> its metrics."""
    table = tomllib.loads(_TABLE.read_text())
    return {name.replace("-", "/"): frozenset(row["metrics"]) for name, row in table.items()}


def findings(template: Resolved) -> Iterator[Finding]:
    """What keeps the alarms of a template from going off or from being heard."""
    alarms = [*template.of_type("CloudWatch::Alarm", "CloudWatch::CompositeAlarm")]
    used = _referenced_elsewhere(template, alarms)
    for alarm in alarms:
        complaints = [*_metrics_of(template, alarm), *_periods_of(template, alarm)]
        if not _is_heard(template, alarm) and alarm.logical_id not in used:
            complaints.append(
                ("ALARM_SILENT", "nobody is told when it goes off: set AlarmActions, and leave"
                 " ActionsEnabled out")
            )  # fmt: skip
        for rule, sentence in dict.fromkeys(complaints):
            yield Finding(rule, f"{sentence}.", alarm.logical_id)


def _is_heard(template: Resolved, alarm: Resource) -> bool:
    enabled = template.texts(alarm.properties.get("ActionsEnabled", True))
    actions = template.texts(alarm.properties.get("AlarmActions"))
    return bool(actions) and enabled == ["true"]


def _referenced_elsewhere(template: Resolved, alarms: list[Resource]) -> set[str]:
    """Alarms that another resource reads: a composite one, a roll-back."""
    names = {alarm.logical_id for alarm in alarms}
    return {
        name
        for resource in template.resources.values()
        for name in names - {resource.logical_id}
        if resource.type != "AWS::CloudWatch::Dashboard"
        and f'"{name}"' in str(resource.properties).replace("'", '"')
    }


def _stats(template: Resolved, alarm: Resource) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Each metric with its period."""
    if "MetricName" in alarm.properties:
        yield alarm.properties, alarm.properties.get("Period")
    for stat in template.get(alarm.properties, "Metrics", "MetricStat"):
        for metric in template.get(stat, "Metric"):
            yield metric, stat.get("Period")


def _metrics_of(template: Resolved, alarm: Resource) -> Iterator[tuple[str, str]]:
    for metric, _ in _stats(template, alarm):
        for namespace in template.texts(metric.get("Namespace")):
            if not namespace.startswith("AWS/"):
                continue  # of one's own: whoever publishes it is not in the template
            published_metrics = metrics().get(namespace)
            for name in template.texts(metric.get("MetricName")):
                if published_metrics is None:
                    yield (
                        "ALARM_METRIC",
                        f"the namespace {namespace} is not in {_TABLE.name}: correct it, or add"
                        " its metrics there",
                    )
                elif name not in published_metrics:
                    yield "ALARM_METRIC", f"{namespace} has no metric {name}, so it never goes off"


def _periods_of(template: Resolved, alarm: Resource) -> Iterator[tuple[str, str]]:
    # docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html, read on
    # 2026-11-28: 10, 20, 30 or a multiple of 60; in all a day, or seven with periods of an hour.
    periods = template.texts(alarm.properties.get("EvaluationPeriods"))
    evaluated = max((int(text) for text in periods if text.isdigit()), default=1)
    for metric, value in _stats(template, alarm):
        for period in (int(text) for text in template.texts(value) if text.isdigit()):
            if period not in _SHORT_PERIODS and (period % 60 or not period):
                yield "ALARM_PERIOD", f"CloudWatch refuses a period of {period} s: use 60 s or more"
            elif period in _SHORT_PERIODS and str(metric.get("Namespace")).startswith("AWS/"):
                yield "ALARM_PERIOD", f"AWS publishes no metric every {period} s: use 60 s"
            longest, words = (_WEEK, "seven days") if period >= 3600 else (_DAY, "a day")
            if period * evaluated > longest:
                yield (
                    "ALARM_PERIOD",
                    f"{evaluated} periods of {period} s are too long: at most {words}",
                )
    datapoints = template.texts(alarm.properties.get("DatapointsToAlarm"))
    if any(text.isdigit() and int(text) > evaluated for text in datapoints):
        yield "ALARM_PERIOD", f"more data points than the {evaluated} periods that it looks at"
