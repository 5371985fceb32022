"""CloudWatch: metrics."""

from typing import Any

from local.services.rules.rule import API_READ, READ, Rule, api
from local.services.task import Arguments


def _metric(**changes: Any) -> Arguments:
    datum = {"MetricName": "Waiting", "Value": 1.0, **changes}
    return {"Namespace": "LanguageChain", "MetricData": [datum]}


RULES = [
    Rule(
        id="metric-namespace",
        operations=("cloudwatch:PutMetricData",),
        says="Namespaces that begin with AWS/ are those of the services.",
        breaks=lambda request, _: request["Namespace"].startswith("AWS/"),
        error="InvalidParameterValue",
        message="The value AWS/ for parameter Namespace is invalid.",
        source="https://github.com/boto/boto3/issues/1847",
        read=READ,
        refused={**_metric(), "Namespace": "AWS/SQS"},
        accepted=_metric(),
    ),
    Rule(
        id="metric-resolution",
        operations=("cloudwatch:PutMetricData",),
        says="A metric is kept by the second or by the minute.",
        breaks=lambda request, _: any(
            datum.get("StorageResolution", 60) not in (1, 60)
            for datum in request.get("MetricData", [])
        ),
        error="InvalidParameterValue",
        message="The value for parameter StorageResolution must be 1 or 60.",
        source=api("AmazonCloudWatch/latest/APIReference", "API_MetricDatum"),
        read=API_READ,
        refused=_metric(StorageResolution=30),
        accepted=_metric(StorageResolution=1),
    ),
]
