"""The workflow that lets an approved model serve, what it may do, and what starts it."""

from collections.abc import Sequence

from aws_cdk import Duration, Fn, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.environments import Environment
from stacks.ml_platform.network.network import Network
from stacks.ml_platform.settings import MlEndpointSettings
from stacks.ml_platform.storage import reaches_buckets_from_outside
from stacks.ml_platform.training.job_guardrails import guard_rails
from stacks.shared.alarm_topic import DeadLetterQueue
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.service_role import ServiceRole


class DeploymentWorkflow(Construct):
    """`deploy_model`, started when a package of the registry is approved (DP-01, DP-02, DP-05)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        models: s3.IBucket,
        bucket: s3.IBucket,
        registry: sagemaker.CfnModelPackageGroup,
        serving_role: iam.IRole,
        network: Network,
        roll_back_alarms: Sequence[cloudwatch.IAlarm],
        topic: sns.ITopic,
        key: kms.IKey,
        environment: Environment,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = environment.settings(MlEndpointSettings)
        self._registry, self._topic = registry, topic
        self.state_machine = AslStateMachine(
            self,
            "Workflow",
            workflow="ml_platform/deploy_model",
            blanks={
                "BakeSeconds": f"{settings.bake_minutes * 60}",
                "Bucket": bucket.bucket_name,
                "CallsPerInstance": f"{settings.invocations_per_instance_and_minute}",
                "CapturePercent": f"{settings.data_capture_percent}",
                "ChallengerWeight": f"{settings.challenger_weight}",
                "EndpointName": endpoint_name,
                "InVpc": f"{settings.in_vpc}".lower(),
                "InstanceType": settings.instance_type,
                "KeyArn": key.key_arn,
                "MaximumInstances": f"{settings.maximum_instances}",
                "MinimumInstances": f"{settings.minimum_instances}",
                "RollBackAlarms": Fn.join(",", [alarm.alarm_name for alarm in roll_back_alarms]),
                "RollOut": settings.roll_out,
                "RollOutPercent": f"{settings.roll_out_percent}",
                "RoutingType": settings.roll_out.upper().replace("-", "_"),
                "SecurityGroupId": network.job_security_group.security_group_id,
                "ServerlessConcurrency": f"{settings.serverless_concurrency}",
                "ServerlessMemory": f"{settings.serverless_memory_mebibytes}",
                "Serving": settings.serving,
                "ServingRoleArn": serving_role.role_arn,
                "SubnetIds": Fn.join(",", network.subnet_ids),
                "TopicArn": topic.topic_arn,
            },
            key=key,
            environment=environment,
            timeout=Duration.hours(8),
        )
        self._permit(endpoint_name, models, bucket, serving_role, in_vpc=settings.in_vpc)
        self._on_approval(key)

    def _permit(
        self,
        endpoint_name: str,
        models: s3.IBucket,
        bucket: s3.IBucket,
        serving_role: iam.IRole,
        *,
        in_vpc: bool,
    ) -> None:
        role, stack = self.state_machine.service_role, Stack.of(self)
        reaches_buckets_from_outside(role)

        def named(resource: str, name: str) -> str:
            return stack.format_arn(service="sagemaker", resource=resource, resource_name=name)

        package = f"{self._registry.model_package_group_name}/*"
        role.allow(
            "LookAtThePackage",
            ["sagemaker:DescribeModelPackage"],
            named("model-package", package),
            wildcard_because="SageMaker numbers the packages of the group",
        )
        role.allow(
            "KeepModelsAndConfigurations",
            [
                f"sagemaker:{verb}{what}"
                for what in ("EndpointConfig", "Model")
                for verb in ("Create", "Delete", "Describe")
            ],
            named("model", f"{endpoint_name}-*"),
            named("endpoint-config", f"{endpoint_name}-*"),
            wildcard_because="both are named after the endpoint and the execution",
        )
        role.allow(
            "RollOut",
            [
                f"sagemaker:{verb}Endpoint"
                # One that fails as it is created is in the way of the next: it is deleted.
                for verb in ("Create", "Delete", "Describe", "Update")
            ],
            named("endpoint", endpoint_name),
            named("endpoint-config", f"{endpoint_name}-*"),
            wildcard_because="configurations are named after the endpoint and the execution",
        )
        self.state_machine.allow_pass_role("LendTheServingRole", serving_role)
        role.allow(
            "ReadStatistics",
            ["s3:GetObject"],
            models.arn_for_objects("evaluation/*/statistics.json"),
            wildcard_because="reports lie in folders named after executions",
        )
        statistics = bucket.arn_for_objects(f"drift/{endpoint_name}/statistics.json")
        role.allow("KeepStatistics", ["s3:PutObject"], statistics)
        role.allow(
            "Scale",
            [
                "application-autoscaling:DeregisterScalableTarget",
                "application-autoscaling:PutScalingPolicy",
                "application-autoscaling:RegisterScalableTarget",
            ],
            stack.format_arn(
                service="application-autoscaling", resource="scalable-target", resource_name="*"
            ),
            wildcard_because="AWS makes up the ids of scalable targets",
            conditions={"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}},
        )
        role.allow("Tell", ["sns:Publish"], self._topic.topic_arn)
        for statement in guard_rails(models_in_vpc=in_vpc):
            role.add_to_policy(statement)

    def _on_approval(self, key: kms.IKey) -> None:
        undelivered = DeadLetterQueue(self, "Undelivered", key=key)
        role = ServiceRole(self, "ApprovedRole", "events", confused_deputy_guard=True)
        role.allow("Deploy", ["states:StartExecution"], self.state_machine.state_machine_arn)
        rule = events.CfnRule(
            self,
            "Approved",
            description="A model of ours was approved: let it serve",
            event_pattern={
                "source": ["aws.sagemaker"],
                "detail-type": ["SageMaker Model Package State Change"],
                "detail": {
                    "ModelPackageGroupName": [self._registry.model_package_group_name],
                    "ModelApprovalStatus": ["Approved"],
                },
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="Deploy",
                    arn=self.state_machine.state_machine_arn,
                    role_arn=role.role_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=undelivered.queue_arn
                    ),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_retry_attempts=8, maximum_event_age_in_seconds=6 * 3600
                    ),
                )
            ],
        )
        undelivered.admit(rule)
