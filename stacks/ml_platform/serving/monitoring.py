"""What a person must act on at the endpoint, and the picture of it (DP-11).

What to do stands in each alarm's description; errors and latency: `roll_back_alarms.py`, drift:
`drift_check.py`.
"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.ml_platform.serving.prediction_api import PredictionApi
from stacks.ml_platform.serving.roll_back_alarms import CHAMPION, RollBackAlarms


class Operation(Construct):
    """Alarms beside those of the roll-out, and one dashboard."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        endpoint_name: str,
        api: PredictionApi,
        roll_back: RollBackAlarms,
        topic: sns.ITopic,
        silence_matters: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._dimensions = {"EndpointName": endpoint_name, "VariantName": CHAMPION}
        self._topic = topic
        host = "/aws/sagemaker/Endpoints"
        cpu = self._metric(host, "CPUUtilization", "Average")
        memory = self._metric(host, "MemoryUtilization", "Average")
        calls = self._metric("AWS/SageMaker", "Invocations", "Sum", Duration.hours(1))
        self._alarm("Cpu", cpu, above=90, periods=3)
        self._alarm("Memory", memory, above=90, periods=3)
        api_errors = api.api.metric_server_error(statistic="Sum", period=Duration.minutes(5))
        function_errors = api.function.metric_errors(period=Duration.minutes(5))
        self._alarm("ApiErrors", api_errors, above=0, periods=1)
        self._alarm("FunctionErrors", function_errors, above=0, periods=1)
        if silence_matters:
            self._silence(calls)
        dashboard = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=f"{name}-Endpoint")
        latency = self._metric("AWS/SageMaker", "ModelLatency", "p99")
        shown: dict[str, list[cloudwatch.IMetric]] = {
            "Calls": [calls],
            "Model latency, p99, microseconds": [latency],
            "Load, %": [cpu, memory],
            "Errors": [roll_back.errors.metric, api_errors, function_errors],
        }
        for title, metrics in shown.items():
            dashboard.add_widgets(cloudwatch.GraphWidget(title=title, left=metrics, width=12))

    def _metric(
        self, namespace: str, name: str, statistic: str, period: Duration | None = None
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=name,
            dimensions_map=self._dimensions,
            statistic=statistic,
            period=period or Duration.minutes(5),
        )

    def _alarm(self, name: str, metric: cloudwatch.IMetric, *, above: float, periods: int) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            alarm_description=_WHAT_TO_DO[name],
            threshold=above,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        self._tell(alarm)

    def _silence(self, calls: cloudwatch.IMetric) -> None:
        alarm = cloudwatch.Alarm(
            self,
            "Silence",
            metric=calls,
            alarm_description=_WHAT_TO_DO["Silence"],
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=1,
            # An endpoint that nobody calls sends no metric at all.
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        self._tell(alarm)

    def _tell(self, alarm: cloudwatch.Alarm) -> None:
        alarm.add_alarm_action(actions.SnsAction(self._topic))
        alarm.add_ok_action(actions.SnsAction(self._topic))


_WHAT_TO_DO = {
    "Cpu": "The fleet is at its end. Raise maximum_instances, or take a larger instance type.",
    "Memory": "The model or its requests have grown. Take a larger instance type, or send fewer"
    " flights a request.",
    "ApiErrors": "The function behind the API fails or cannot reach the endpoint. Its log says why,"
    " with the id that the caller was given.",
    "FunctionErrors": "The function behind the API was stopped or raised. Its log says on what.",
    "Silence": "Nobody has asked the endpoint for an hour. Look at the API's errors and at its"
    " callers.",
}
