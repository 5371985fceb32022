"""Compares captured requests with the training set (DP-10).

    every hour --> function --> metrics, one a feature, and the largest --> alarm --> training
                     | reads capture/ and drift/<endpoint>/statistics.json
                     +-> drift/<endpoint>/history/<variant>.json: the counts of each hour

SageMaker Model Monitor is closed to new customers; this is a function on the captured data. Limits
are in the statistics, which the evaluation of the model measures on the training set's own days.
"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

import schemas
from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.serving.endpoint import Endpoint
from stacks.ml_platform.serving.roll_back_alarms import CHAMPION
from stacks.ml_platform.settings import MlEndpointSettings
from stacks.ml_platform.storage import allow_from_outside
from stacks.shared.dead_letter_queue import DeadLetterQueue
from stacks.shared.event_rule import EventRule, RuleTarget
from stacks.shared.monitoring import Alarm, Metric
from stacks.shared.python_function import PythonFunction
from stacks.shared.service_role import ServiceRole

_NAMESPACE = "MlPlatform"
_HOUR = Duration.hours(1)
# A window of days has one month by nature, so these are not compared.
_CALENDAR = ("month", "weekday", "hour")


class DriftCheck(Construct):
    """Each hour: captures -> distance of each feature from the training set -> metrics -> alarm."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        endpoint: Endpoint,
        training: sfn.IStateMachine | None,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(MlEndpointSettings)
        self._undelivered = DeadLetterQueue(self, "Undelivered", foundation=foundation)
        self.function = PythonFunction(
            self,
            "Detect",
            folder="ml_platform/detect_drift",
            foundation=foundation,
            # Counts the captures of an hour or two; after a roll-out, those of a week.
            timeout=Duration.minutes(15),
            runbook="Requests are not compared with the training set. The function's log says why;"
            " the next run counts what this one has not.",
            variables={
                "BUCKET": endpoint.bucket.bucket_name,
                "ENDPOINT_NAME": endpoint.name,
                "MINIMUM_FLIGHTS": f"{settings.drift_minimum_flights}",
            },
        )
        self._permit(endpoint, foundation.key)
        self._each_hour()
        self.shifts: list[Metric] = [
            _metric(endpoint, "Shift", Feature=feature).with_(label=feature)
            for feature in _compared()
        ]
        """The distance of each feature from the training set; 1 is its limit."""
        self.alarm = Alarm(
            self,
            "Drift",
            _metric(endpoint, "LargestShift"),
            topic=foundation.topic,
            runbook="Requests differ from the training set, more than its own days do. The"
            " dashboard's section Drift shows which feature. Find out whether the world has"
            " changed, or the callers. If the world has, train again, by hand or with"
            " retrain_on_drift.",
            above=1,
            periods=settings.drift_periods,
            datapoints=settings.drift_periods_to_alarm,
        )
        if training and settings.retrain_on_drift:
            self._retrain(training)

    def _permit(self, endpoint: Endpoint, key: kms.IKey) -> None:
        bucket, role = endpoint.bucket, self.function.service_role
        allow_from_outside(role)
        captures, drift = f"capture/{endpoint.name}/", f"drift/{endpoint.name}/"
        role.allow_list("FindCapturesAndCounts", bucket.bucket_arn, captures, drift)
        role.allow(
            "ReadCapturesAndStatistics",
            ["s3:GetObject"],
            bucket.arn_for_objects(f"{captures}*"),
            bucket.arn_for_objects(f"{drift}statistics.json"),
            wildcard_because="SageMaker names captures by variant and hour",
        )
        role.allow(
            "KeepCounts",
            ["s3:GetObject", "s3:PutObject"],
            bucket.arn_for_objects(f"{drift}history/*"),
            wildcard_because="one object a variant, named after it",
        )
        role.allow_key("UseTheKey", key, "s3")
        role.allow_metrics("PublishShift", _NAMESPACE)

    def _each_hour(self) -> None:
        rule = EventRule(
            self,
            "Hourly",
            description="Compare what the endpoint was asked with the training set",
            schedule="rate(1 hour)",
            target=RuleTarget("Detect", self.function.function_arn, self._undelivered),
        )
        self.function.admit_rule(self, "MayDetect", rule)

    def _retrain(self, training: sfn.IStateMachine) -> None:
        role = ServiceRole(self, "RetrainRole", "events", confused_deputy_guard=True)
        role.allow("Retrain", ["states:StartExecution"], training.state_machine_arn)
        EventRule(
            self,
            "Drifted",
            description="The drift alarm went off: train again",
            pattern={
                "source": ["aws.cloudwatch"],
                "detail-type": ["CloudWatch Alarm State Change"],
                "resources": [self.alarm.alarm_arn],
                "detail": {"state": {"value": ["ALARM"]}},
            },
            target=RuleTarget(
                "Train", training.state_machine_arn, self._undelivered, role=role, input="{}"
            ),
        )


def _compared() -> list[str]:
    """The features that the function compares, in the order of a request."""
    flight = schemas.load("prediction_request")["properties"]["flights"]["items"]
    return [feature for feature in flight["properties"] if feature not in _CALENDAR]


def _metric(endpoint: Endpoint, name: str, **dimensions: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=_NAMESPACE,
        metric_name=name,
        dimensions_map={"EndpointName": endpoint.name, "VariantName": CHAMPION, **dimensions},
        statistic="Maximum",
        period=_HOUR,
    )
