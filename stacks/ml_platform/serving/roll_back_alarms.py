"""The alarms that take a roll-out back: of the endpoint's champion, by name, plain metrics."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.shared.monitoring import Alarm

CHAMPION = "champion"


class RollBackAlarms(Construct):
    """Errors and latency of what serves take a roll-out back, and are told (SE-10, DP-11)."""

    def __init__(
        self, scope: Construct, construct_id: str, *, endpoint_name: str, topic: sns.ITopic
    ) -> None:
        super().__init__(scope, construct_id)
        self._endpoint_name, self._topic = endpoint_name, topic
        # More than one answer in twenty is not noise.
        self.errors = self._alarm("Errors", "Invocation5XXErrors", "Average", 0.05)
        # SageMaker counts the model's own time in microseconds.
        half_a_second = Duration.millis(500).to_milliseconds() * 1000
        self.latency = self._alarm("Latency", "ModelLatency", "p99", half_a_second)

    @property
    def all(self) -> list[cloudwatch.Alarm]:
        """Both."""
        return [self.errors, self.latency]

    def _alarm(self, name: str, metric: str, statistic: str, above: float) -> Alarm:
        return Alarm(
            self,
            name,
            cloudwatch.Metric(
                namespace="AWS/SageMaker",
                metric_name=metric,
                dimensions_map={"EndpointName": self._endpoint_name, "VariantName": CHAMPION},
                statistic=statistic,
                period=Duration.minutes(1),
            ),
            topic=self._topic,
            runbook=_RUNBOOKS[name],
            above=above,
            periods=3,
            datapoints=2,
        )


_RUNBOOKS = {
    "Errors": "The model fails on what it is asked; the endpoint's log says on what. A roll-out is"
    " taken back by itself.",
    "Latency": "The fleet is too small for the calls, or the model too slow. Look at its CPU, then"
    " raise maximum_instances. A roll-out is taken back by itself.",
}
