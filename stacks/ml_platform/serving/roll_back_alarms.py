"""The alarms that roll a deployment back: errors and latency of the champion variant."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.shared.monitoring import Alarm

CHAMPION = "champion"


class RollBackAlarms(Construct):
    """SageMaker rolls a deployment back when one goes off; both also notify (SE-10, DP-11)."""

    def __init__(
        self, scope: Construct, construct_id: str, *, endpoint_name: str, topic: sns.ITopic
    ) -> None:
        super().__init__(scope, construct_id)
        self._endpoint_name, self._topic = endpoint_name, topic
        # More than one response in twenty is not noise.
        self.errors = self._alarm("Errors", "Invocation5XXErrors", "Average", 0.05)
        # SageMaker reports the model's latency in microseconds.
        half_a_second = Duration.millis(500).to_milliseconds() * 1000
        self.latency = self._alarm("Latency", "ModelLatency", "p99", half_a_second)

    @property
    def all(self) -> list[cloudwatch.Alarm]:
        """Both alarms."""
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
    "Errors": "The model fails on requests; the endpoint's log says on which. A deployment in"
    " progress is rolled back automatically.",
    "Latency": "There are too few instances, or the model is too slow. Check its CPU, then raise"
    " maximum_instances. A deployment in progress is rolled back automatically.",
}
