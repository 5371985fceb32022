"""The alarms that roll a deployment back: errors and latency of the variants that answer."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.shared.monitoring import Alarm

CHAMPION, CHALLENGER = "champion", "challenger"
# SageMaker reports the model's latency in microseconds.
_HALF_A_SECOND = Duration.millis(500).to_milliseconds() * 1000


class RollBackAlarms(Construct):
    """SageMaker rolls a deployment back when one goes off; all also notify (SE-10, DP-11).

    `variants`: those that answer; the champion's alarms have no variant in their names.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        topic: sns.ITopic,
        variants: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self._endpoint_name, self._topic = endpoint_name, topic
        self.all = [alarm for variant in variants for alarm in self._alarms_of(variant)]
        """Two alarms a variant."""

    def _alarms_of(self, variant: str) -> list[Alarm]:
        return [
            # More than one response in twenty is not noise.
            self._alarm(variant, "Errors", "Invocation5XXErrors", "Average", 0.05),
            self._alarm(variant, "Latency", "ModelLatency", "p99", _HALF_A_SECOND),
        ]

    def _alarm(self, variant: str, name: str, metric: str, statistic: str, above: float) -> Alarm:
        return Alarm(
            self,
            name if variant == CHAMPION else f"{variant.capitalize()}{name}",
            cloudwatch.Metric(
                namespace="AWS/SageMaker",
                metric_name=metric,
                dimensions_map={"EndpointName": self._endpoint_name, "VariantName": variant},
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
