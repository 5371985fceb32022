"""Does the endpoint still see what its model was trained on? (DP-10)

SageMaker's Model Monitor takes no new customers; this is a function on what the endpoint captures.
"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.environments import Environment
from stacks.ml_platform.serving.roll_back_alarms import CHAMPION
from stacks.ml_platform.settings import MlEndpointSettings
from stacks.ml_platform.storage import reaches_buckets_from_outside
from stacks.shared.alarm_topic import DeadLetterQueue
from stacks.shared.python_function import PythonFunction
from stacks.shared.service_role import ServiceRole

_NAMESPACE = "MlPlatform"


class DriftCheck(Construct):
    """A capture -> the last hours beside the training set -> metric -> alarm -> retraining."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        bucket: s3.IBucket,
        training: sfn.IStateMachine,
        topic: sns.ITopic,
        key: kms.IKey,
        environment: Environment,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = environment.settings(MlEndpointSettings)
        self._undelivered = DeadLetterQueue(self, "Undelivered", key=key)
        function = PythonFunction(
            self,
            "Detect",
            folder="ml_platform/detect_drift",
            key=key,
            environment=environment,
            timeout=Duration.minutes(2),
            variables={
                "WINDOW_HOURS": f"{settings.drift_window_hours}",
                "MINIMUM_FLIGHTS": f"{settings.drift_minimum_flights}",
            },
        )
        self._permit(function, endpoint_name, bucket, key)
        self._on_capture(function, endpoint_name, bucket)
        self.alarm = cloudwatch.Alarm(
            self,
            "Drift",
            alarm_description="What is asked has moved away from what was trained on; the log of"
            " the drift check names the feature. Look whether the world has changed, or who asks."
            " If the world has, train again, by hand or with retrain_on_drift.",
            metric=cloudwatch.Metric(
                namespace=_NAMESPACE,
                metric_name="LargestPsi",
                dimensions_map={"EndpointName": endpoint_name, "VariantName": CHAMPION},
                statistic="Maximum",
                period=Duration.hours(1),
            ),
            threshold=settings.drift_psi,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        self.alarm.add_alarm_action(actions.SnsAction(topic))
        if settings.retrain_on_drift:
            self._retrain(training)

    def _permit(
        self, function: PythonFunction, endpoint_name: str, bucket: s3.IBucket, key: kms.IKey
    ) -> None:
        role = function.service_role
        reaches_buckets_from_outside(role)
        captures = f"capture/{endpoint_name}/*"
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
            bucket.arn_for_objects(f"drift/{endpoint_name}/statistics.json"),
            wildcard_because="SageMaker names the captures itself, by variant and hour",
        )
        role.allow_key("ReadUnderTheKey", key, "s3", writes=False)
        role.allow(
            "PublishShift",
            ["cloudwatch:PutMetricData"],
            "*",
            conditions={"StringEquals": {"cloudwatch:namespace": _NAMESPACE}},
            wildcard_because="CloudWatch has no resource to name; the namespace narrows it",
        )

    def _on_capture(self, function: PythonFunction, endpoint_name: str, bucket: s3.IBucket) -> None:
        rule = events.CfnRule(
            self,
            "Captured",
            description="The endpoint has captured what it was asked",
            event_pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [bucket.bucket_name]},
                    "object": {"key": [{"prefix": f"capture/{endpoint_name}/"}]},
                },
            },
            targets=[self._target("Detect", function.function_arn, None)],
        )
        self._undelivered.admit(rule)
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
        rule = events.CfnRule(
            self,
            "Drifted",
            description="The alarm of the drift check went off: train again",
            event_pattern={
                "source": ["aws.cloudwatch"],
                "detail-type": ["CloudWatch Alarm State Change"],
                "resources": [self.alarm.alarm_arn],
                "detail": {"state": {"value": ["ALARM"]}},
            },
            targets=[self._target("Train", training.state_machine_arn, role)],
        )
        self._undelivered.admit(rule)

    def _target(
        self, name: str, arn: str, role: ServiceRole | None
    ) -> events.CfnRule.TargetProperty:
        return events.CfnRule.TargetProperty(
            id=name,
            arn=arn,
            role_arn=role.role_arn if role else None,
            input="{}" if role else None,
            dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                arn=self._undelivered.queue_arn
            ),
            retry_policy=events.CfnRule.RetryPolicyProperty(
                maximum_retry_attempts=8, maximum_event_age_in_seconds=6 * 3600
            ),
        )
