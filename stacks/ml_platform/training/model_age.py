"""Tells when no model has been registered for too long (DP-12).

    every day --> function --> metric: days since the newest model --> alarm
                     | asks the registry

A schedule that never starts, an export without new flights and a gate that refuses every model look
the same from outside: nothing happens. Each of them may be right for a while, and not for ever.
"""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.shared.dead_letter_queue import DeadLetterQueue
from stacks.shared.event_rule import EventRule, RuleTarget
from stacks.shared.monitoring import Alarm
from stacks.shared.python_function import PythonFunction

_NAMESPACE = "MlPlatform"
_A_DAY = Duration.days(1)


class ModelAge(Construct):
    """An alarm on the age of the newest model, once it is more than `days`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        registry: sagemaker.CfnModelPackageGroup,
        days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        group = registry.model_package_group_name
        function = PythonFunction(
            self,
            "Measure",
            folder="ml_platform/measure_model_age",
            foundation=foundation,
            timeout=Duration.minutes(1),
            runbook="Nobody would learn that models have become old. The function's log says why it"
            " cannot ask the registry; it tries again the next day.",
            variables={"MODEL_PACKAGE_GROUP_NAME": group},
        )
        self._permit(function, group)
        rule = EventRule(
            self,
            "Daily",
            description="Measure how old the newest model is",
            schedule="rate(1 day)",
            target=RuleTarget(
                "Measure",
                function.function_arn,
                DeadLetterQueue(self, "Undelivered", foundation=foundation),
            ),
        )
        function.admit_rule(self, "MayMeasure", rule)
        Alarm(
            self,
            "TooOld",
            cloudwatch.Metric(
                namespace=_NAMESPACE,
                metric_name="ModelAge",
                dimensions_map={"ModelPackageGroupName": group},
                statistic="Maximum",
                period=_A_DAY,
            ),
            topic=foundation.topic,
            runbook=f"No model has been registered for {days} days. Look at the newest executions"
            " of the training workflow: none means that nothing started it; succeeded without a"
            " model means that the gate refused it, and its report says why.",
            above=days,
        )

    def _permit(self, function: PythonFunction, group: str) -> None:
        role, stack = function.service_role, Stack.of(self)
        arn_of_group = stack.format_arn(
            service="sagemaker", resource="model-package-group", resource_name=group
        )
        role.allow(
            "FindTheNewestModel",
            ["sagemaker:ListModelPackages"],
            arn_of_group,
            stack.format_arn(
                service="sagemaker", resource="model-package", resource_name=f"{group}/*"
            ),
            wildcard_because="SageMaker numbers the packages of a group",
        )
        role.allow("LookAtTheRegistry", ["sagemaker:DescribeModelPackageGroup"], arn_of_group)
        role.allow_metrics("PublishTheAge", _NAMESPACE)
