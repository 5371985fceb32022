"""Alarms and dashboard of the endpoint and its API (DP-11).

The runbook of each alarm is in its description. Alarms on errors and latency are in
`roll_back_alarms.py`, the alarm on drift in `drift_check.py`; functions, workflows and dead-letter
queues have their own.
"""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.serving.drift_check import DriftCheck
from stacks.ml_platform.serving.endpoint import Endpoint
from stacks.ml_platform.serving.prediction_api import PredictionApi
from stacks.ml_platform.serving.roll_back_alarms import CHAMPION
from stacks.shared.monitoring import Monitoring, notify

_HOST = "/aws/sagemaker/Endpoints"
_RUNBOOKS = {
    "Cpu": "The instances are at their limit. Raise maximum_instances, or use a larger instance"
    " type.",
    "Memory": "The model or its requests have grown. Use a larger instance type, or send fewer"
    " flights per request.",
    "ApiErrors": "The function behind the API fails or cannot reach the endpoint. Its log says why,"
    " under the request id that the caller received.",
    "Silence": "The endpoint received no request for an hour. Check the API's errors and its"
    " callers.",
}


class EndpointMonitoring(Monitoring):
    """Alarms on load, errors and silence, and one dashboard."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        endpoint: Endpoint,
        api: PredictionApi,
        drift: DriftCheck | None,
    ) -> None:
        name = Stack.of(scope).stack_name
        super().__init__(scope, construct_id, foundation=foundation, name=name)
        cpu = _metric(endpoint, _HOST, "CPUUtilization", "Average")
        memory = _metric(endpoint, _HOST, "MemoryUtilization", "Average")
        requests = _metric(endpoint, "AWS/SageMaker", "Invocations", "Sum", Duration.hours(1))
        latency = _metric(endpoint, "AWS/SageMaker", "ModelLatency", "p99")
        errors = _metric(endpoint, "AWS/SageMaker", "Invocation5XXErrors", "Average")
        api_errors = api.api.metric_server_error(statistic="Sum", period=Duration.minutes(5))
        function_errors = api.function.metric_errors(period=Duration.minutes(5))
        self.alarm("Cpu", cpu, runbook=_RUNBOOKS["Cpu"], above=90, periods=3)
        self.alarm("Memory", memory, runbook=_RUNBOOKS["Memory"], above=90, periods=3)
        self.alarm("ApiErrors", api_errors, runbook=_RUNBOOKS["ApiErrors"])
        # An endpoint in a sandbox account is idle most of the time.
        if foundation.environment.name == "production":
            self._alarm_on_silence(requests)
        self.show(
            "Endpoint",
            {
                "Requests": [requests],
                "Model latency, p99, microseconds": [latency],
                "Load, %": [cpu, memory],
                "Errors": [errors, api_errors, function_errors],
            },
        )

        if drift:
            self.show("Drift", {"Distance from the training set, 1 is the limit": drift.shifts})

    def _alarm_on_silence(self, requests: cloudwatch.Metric) -> None:
        alarm = cloudwatch.Alarm(
            self,
            "Silence",
            metric=requests,
            alarm_description=_RUNBOOKS["Silence"],
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=1,
            # An endpoint without requests publishes no metric.
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        notify(alarm, self.topic)


def _metric(
    endpoint: Endpoint,
    namespace: str,
    metric_name: str,
    statistic: str,
    period: Duration | None = None,
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=metric_name,
        dimensions_map={"EndpointName": endpoint.name, "VariantName": CHAMPION},
        statistic=statistic,
        period=period or Duration.minutes(5),
    )
