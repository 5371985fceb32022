"""The runbook of an architecture: each alarm with what it watches and what to do, by its template."""

from assembly import Templates, readable, resources
from docgen.tables import code, table

_SIGNS = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at or above",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at or below",
}


def runbook(templates: Templates) -> str:
    """Every alarm as a row of a Markdown table."""
    rows = []
    for each in resources(templates):
        if each.type != "AWS::CloudWatch::Alarm":
            continue
        properties = readable(templates[each.stack], dict(each.properties))
        sign = _SIGNS[properties["ComparisonOperator"]]
        rows.append(
            (
                each.path.rpartition("/")[2],
                f"{_watched(properties)} {sign} {properties['Threshold']:,}",
                properties["AlarmDescription"],
            )
        )
    return table(["alarm", "goes off when", "what it means, and what to do"], rows)


def _watched(properties: dict[str, object]) -> str:
    if name := properties.get("MetricName"):
        return code(name)
    metrics = properties["Metrics"]
    assert isinstance(metrics, list)  # noqa: S101 -- CloudFormation's own schema
    shown = next(each for each in metrics if each.get("ReturnData", True))
    if "Expression" in shown:
        return code(shown["Expression"])
    return code(shown["MetricStat"]["Metric"]["MetricName"])
