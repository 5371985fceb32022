"""The alarms that take a roll-out back: of the endpoint's champion, by name, plain metrics."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

CHAMPION = "champion"


class RollBackAlarms(Construct):
    """Errors and latency of what serves take a roll-out back, and are told (SE-10, DP-11)."""

    def __init__(
        self, scope: Construct, construct_id: str, *, endpoint_name: str, topic: sns.ITopic
    ) -> None:
        super().__init__(scope, construct_id)
        self._endpoint_name = endpoint_name
        # More than one answer in twenty is not noise.
        self.errors = self._alarm("Errors", "Invocation5XXErrors", "Average", 0.05)
        # SageMaker counts the model's own time in microseconds.
        half_a_second = Duration.millis(500).to_milliseconds() * 1000
        self.latency = self._alarm("Latency", "ModelLatency", "p99", half_a_second)
        for alarm in self.all:
            alarm.add_alarm_action(actions.SnsAction(topic))
            alarm.add_ok_action(actions.SnsAction(topic))

    @property
    def all(self) -> list[cloudwatch.Alarm]:
        """Both."""
        return [self.errors, self.latency]

    def _alarm(self, name: str, metric: str, statistic: str, above: float) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            name,
            alarm_description=_WHAT_TO_DO[name],
            metric=cloudwatch.Metric(
                namespace="AWS/SageMaker",
                metric_name=metric,
                dimensions_map={"EndpointName": self._endpoint_name, "VariantName": CHAMPION},
                statistic=statistic,
                period=Duration.minutes(1),
            ),
            threshold=above,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=3,
            datapoints_to_alarm=2,
            # An endpoint that nobody calls is not ill.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


_WHAT_TO_DO = {
    "Errors": "The model fails on what it is asked; the endpoint's log says on what. A roll-out is"
    " taken back by itself.",
    "Latency": "The fleet is too small for the calls, or the model too slow. Look at its CPU, then"
    " raise maximum_instances. A roll-out is taken back by itself.",
}
