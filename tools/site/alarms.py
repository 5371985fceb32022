"""The alarms of an architecture: what each watches, and what to do about it."""

from collections.abc import Mapping
from typing import Any

from tools.assembly import Assembly
from tools.markdown import code, table

_COMPARISONS = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at or above",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at or below",
}


def runbook(assembly: Assembly) -> str:
    """Every alarm as a row of a Markdown table; a sentence if there is none."""
    rows = [
        (
            alarm.path.rpartition("/")[2],
            f"{_watched(alarm.properties)} {_condition(alarm.properties)}",
            alarm.properties.get("AlarmDescription", ""),
        )
        for alarm in assembly.of_type("AWS::CloudWatch::Alarm")
    ]
    heads = ["alarm", "goes off when", "what it means, and what to do"]
    return table(heads, rows) if rows else "It has no alarms."


def _condition(properties: Mapping[str, Any]) -> str:
    return f"{_COMPARISONS[properties['ComparisonOperator']]} {properties['Threshold']:,}"


def _watched(properties: Mapping[str, Any]) -> str:
    if name := properties.get("MetricName"):
        return code(name)
    metric = next(metric for metric in properties["Metrics"] if metric.get("ReturnData", True))
    if "Expression" in metric:
        return code(metric["Expression"])
    return code(metric["MetricStat"]["Metric"]["MetricName"])
