"""Compares captured requests with the training set (DP-10).

SageMaker Model Monitor is closed to new customers; this is a function on the captured data.
"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.serving.endpoint import Endpoint
from stacks.ml_platform.serving.roll_back_alarms import CHAMPION
from stacks.ml_platform.settings import MlEndpointSettings
from stacks.ml_platform.storage import allow_from_outside
from stacks.shared.alarm_topic import DeadLetterQueue
from stacks.shared.event_rule import EventRule, RuleTarget
from stacks.shared.monitoring import Alarm
from stacks.shared.python_function import PythonFunction
from stacks.shared.service_role import ServiceRole

_NAMESPACE = "MlPlatform"


class DriftCheck(Construct):
    """Capture -> comparison of the last hours with the training set -> metric -> alarm."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        endpoint: Endpoint,
        training: sfn.IStateMachine,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(MlEndpointSettings)
        self._undelivered = DeadLetterQueue(self, "Undelivered", key=foundation.key)
        function = PythonFunction(
            self,
            "Detect",
            folder="ml_platform/detect_drift",
            foundation=foundation,
            timeout=Duration.minutes(2),
            variables={
                "WINDOW_HOURS": f"{settings.drift_window_hours}",
                "MINIMUM_FLIGHTS": f"{settings.drift_minimum_flights}",
            },
        )
        self._permit(function, endpoint, foundation.key)
        self._on_capture(function, endpoint)
        self.alarm = Alarm(
            self,
            "Drift",
            cloudwatch.Metric(
                namespace=_NAMESPACE,
                metric_name="LargestPsi",
                dimensions_map={"EndpointName": endpoint.name, "VariantName": CHAMPION},
                statistic="Maximum",
                period=Duration.hours(1),
            ),
            topic=foundation.topic,
            runbook="Requests differ from the training set; the log of the drift check names the"
            " feature. Find out whether the world has changed, or the callers. If the world has,"
            " train again, by hand or with retrain_on_drift.",
            above=settings.drift_psi,
        )
        if settings.retrain_on_drift:
            self._retrain(training)

    def _permit(self, function: PythonFunction, endpoint: Endpoint, key: kms.IKey) -> None:
        bucket = endpoint.bucket
        role = function.service_role
        allow_from_outside(role)
        captures = f"capture/{endpoint.name}/*"
        role.allow(
            "FindCaptures",
            ["s3:ListBucket"],
            bucket.bucket_arn,
            conditions={"StringLike": {"s3:prefix": captures}},
        )
        role.allow(
            "ReadCapturesAndStatistics",
            ["s3:GetObject"],
            bucket.arn_for_objects(captures),
            bucket.arn_for_objects(f"drift/{endpoint.name}/statistics.json"),
            wildcard_because="SageMaker names captures by variant and hour",
        )
        role.allow_key("ReadUnderTheKey", key, "s3", writes=False)
        role.allow(
            "PublishShift",
            ["cloudwatch:PutMetricData"],
            "*",
            conditions={"StringEquals": {"cloudwatch:namespace": _NAMESPACE}},
            wildcard_because="PutMetricData has no resource; the namespace narrows it",
        )

    def _on_capture(self, function: PythonFunction, endpoint: Endpoint) -> None:
        rule = EventRule(
            self,
            "Captured",
            description="The endpoint has captured requests",
            pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [endpoint.bucket.bucket_name]},
                    "object": {"key": [{"prefix": f"capture/{endpoint.name}/"}]},
                },
            },
            target=RuleTarget("Detect", function.function_arn, self._undelivered),
        )
        lambda_.CfnPermission(
            self,
            "MayDetect",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )

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
