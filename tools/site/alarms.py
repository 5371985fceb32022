"""The runbook of an architecture, from its template: each alarm, what it watches, what to do."""

from collections.abc import Mapping
from typing import Any

from tools.assembly import Templates, spelt_out
from tools.site.tables import code, table

_SIGNS = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at or above",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at or below",
}


def runbook(templates: Templates) -> str:
    """Every alarm as a row of a Markdown table."""
    rows = []
    for each in spelt_out(templates):
        if each.type != "AWS::CloudWatch::Alarm":
            continue
        properties = each.properties
        sign = _SIGNS[properties["ComparisonOperator"]]
        rows.append(
            (
                each.path.rpartition("/")[2],
                f"{_watched(properties)} {sign} {properties['Threshold']:,}",
                properties["AlarmDescription"],
            )
        )
    return table(["alarm", "goes off when", "what it means, and what to do"], rows)


def _watched(properties: Mapping[str, Any]) -> str:
    if name := properties.get("MetricName"):
        return code(name)
    shown = next(each for each in properties["Metrics"] if each.get("ReturnData", True))
    if "Expression" in shown:
        return code(shown["Expression"])
    return code(shown["MetricStat"]["Metric"]["MetricName"])
