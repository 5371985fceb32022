"""What Application Auto Scaling asks of its caller for the variants of SageMaker's endpoints.

docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html: the right to
create the service-linked role, and the rights of SageMaker and CloudWatch that Application Auto
Scaling uses in the caller's name. Read 2026-11-28. That it asks for them at the action named here,
and not at another of the three, was not verified.
"""

from local.services.iam.permission import ACCOUNT, PARTITION, Account, Arguments, Permission, arn

_LINKED_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
_LINKED_ROLE = (
    f"arn:{PARTITION}:iam::{ACCOUNT}:role/aws-service-role/{_LINKED_SERVICE}"
    "/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)


def register_target(arguments: Arguments, _account: Account) -> list[Permission]:
    """`applicationautoscaling:registerScalableTarget`."""
    endpoint = arn("sagemaker", f"endpoint/{arguments['ResourceId'].split('/')[1]}")
    return [
        _on_target("RegisterScalableTarget", arguments),
        Permission(
            "iam:CreateServiceLinkedRole", _LINKED_ROLE, {"iam:AWSServiceName": _LINKED_SERVICE}
        ),
        Permission("sagemaker:DescribeEndpoint", endpoint),
        Permission("sagemaker:UpdateEndpointWeightsAndCapacities", endpoint),
    ]


def put_policy(arguments: Arguments, _account: Account) -> list[Permission]:
    """`applicationautoscaling:putScalingPolicy`: a policy that tracks a metric makes two alarms."""
    return [
        _on_target("PutScalingPolicy", arguments),
        *_on_alarms(arguments, "PutMetricAlarm", "DescribeAlarms"),
    ]


def deregister_target(arguments: Arguments, _account: Account) -> list[Permission]:
    """`applicationautoscaling:deregisterScalableTarget`: its policies go, and their alarms."""
    return [
        _on_target("DeregisterScalableTarget", arguments),
        *_on_alarms(arguments, "DescribeAlarms", "DeleteAlarms"),
    ]


def _on_target(action: str, arguments: Arguments) -> Permission:
    return Permission(
        f"application-autoscaling:{action}",
        # AWS generates the id of a target.
        arn("application-autoscaling", "scalable-target/0ec5generated"),
        {
            "application-autoscaling:service-namespace": arguments["ServiceNamespace"],
            "application-autoscaling:scalable-dimension": arguments["ScalableDimension"],
        },
    )


def _on_alarms(arguments: Arguments, *actions: str) -> list[Permission]:
    alarms = arn("cloudwatch", f"alarm:TargetTracking-{arguments['ResourceId']}-AlarmHigh-id")
    return [Permission(f"cloudwatch:{action}", alarms) for action in actions]
