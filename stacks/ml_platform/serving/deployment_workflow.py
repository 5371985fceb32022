"""The workflow that deploys an approved model, its permissions, and its trigger."""

from aws_cdk import ArnFormat, Aws, CfnResource, Duration, Fn, Stack
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.registered_models import RegisteredModels, allow_models_of
from stacks.ml_platform.serving.endpoint import Endpoint
from stacks.ml_platform.settings import MlEndpointSettings
from stacks.ml_platform.storage import allow_from_outside
from stacks.ml_platform.training.job_guardrails import guard_rails
from stacks.ml_platform.training.model_sharing import APPROVAL_EVENT, approvals_of
from stacks.shared import gate
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.dead_letter_queue import DeadLetterQueue
from stacks.shared.event_rule import EventRule, RuleTarget
from stacks.shared.service_role import ServiceRole

_NUMBERED = "SageMaker numbers the packages of a group"


class DeploymentWorkflow(Construct):
    """`deploy_model`, started when a package of the registry is approved (DP-01, DP-02, DP-05)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        endpoint: Endpoint,
        models: RegisteredModels,
    ) -> None:
        super().__init__(scope, construct_id)
        network, topic = foundation.network, foundation.topic
        settings = foundation.environment.settings(MlEndpointSettings)
        self._models, self._topic = models, topic
        self.state_machine = AslStateMachine(
            self,
            "Workflow",
            workflow="ml_platform/deploy_model",
            substitutions={
                "BakeSeconds": f"{settings.bake_minutes * 60}",
                "Bucket": endpoint.bucket.bucket_name,
                "CallsPerInstance": f"{settings.invocations_per_instance_and_minute}",
                "CapturePercent": f"{settings.data_capture_percent}",
                "ChallengerWeight": f"{settings.challenger_weight}",
                "EndpointName": endpoint.name,
                "InVpc": f"{settings.in_vpc}".lower(),
                "InstanceType": settings.instance_type,
                "KeyArn": foundation.key.key_arn,
                "MaximumInstances": f"{settings.maximum_instances}",
                "MinimumInstances": f"{settings.minimum_instances}",
                "RollBackAlarms": Fn.join(
                    ",", [alarm.alarm_name for alarm in endpoint.roll_back_alarms.all]
                ),
                "RollOut": settings.roll_out,
                "RollOutPercent": f"{settings.roll_out_percent}",
                "RoutingType": settings.traffic_routing,
                "SecurityGroupId": network.job_security_group.security_group_id,
                "ServerlessConcurrency": f"{settings.serverless_concurrency}",
                "ServerlessMemory": f"{settings.serverless_memory_mebibytes}",
                "Serving": settings.serving,
                "ServingRoleArn": endpoint.role.role_arn,
                "SubnetIds": Fn.join(",", network.subnet_ids),
                "TopicArn": topic.topic_arn,
            },
            foundation=foundation,
            timeout=Duration.hours(8),
            runbook="An approved model was not rolled out. The mail about it names the step, its"
            " error and the model that serves. Put that right, then approve the package again.",
        )
        self._permit(endpoint, in_vpc=settings.in_vpc)
        self._permit_smoke_test(endpoint)
        self._permit_roll_out(foundation.key, endpoint)
        self._permit_scaling(endpoint)
        self._on_approval(foundation)

    def _permit(self, endpoint: Endpoint, *, in_vpc: bool) -> None:
        role, stack, models = self.state_machine.service_role, Stack.of(self), self._models
        allow_from_outside(role)

        def named(resource: str, name: str) -> str:
            return stack.format_arn(service="sagemaker", resource=resource, resource_name=name)

        role.allow(
            "LookAtThePackage",
            ["sagemaker:DescribeModelPackage"],
            models.flights.packages_arn,
            wildcard_because=_NUMBERED,
        )
        if models.account:
            allow_models_of(role, models.flights)
            models.allow_key(role)
        role.allow(
            "KeepModelsAndConfigurations",
            [
                f"sagemaker:{verb}{resource_kind}"
                for resource_kind in ("EndpointConfig", "Model")
                for verb in ("Create", "Delete", "Describe")
            ],
            named("model", f"{endpoint.name}-*"),
            named("endpoint-config", f"{endpoint.name}-*"),
            wildcard_because="both are named after the endpoint and the execution",
        )
        role.allow(
            "RollOut",
            [
                f"sagemaker:{verb}Endpoint"
                # An endpoint whose creation failed blocks the next one, so it is deleted.
                for verb in ("Create", "Delete", "Describe", "Update")
            ],
            named("endpoint", endpoint.name),
            named("endpoint-config", f"{endpoint.name}-*"),
            wildcard_because="configurations are named after the endpoint and the execution",
        )
        self.state_machine.allow_pass_role("LendTheServingRole", endpoint.role)
        role.allow(
            "ReadStatistics",
            ["s3:GetObject"],
            models.bucket.arn_for_objects("evaluation/*/statistics.json"),
            wildcard_because="reports are stored in folders named after executions",
        )
        statistics = endpoint.bucket.arn_for_objects(f"drift/{endpoint.name}/statistics.json")
        role.allow("KeepStatistics", ["s3:PutObject"], statistics)
        role.allow(
            "RecordTheDeployment",
            ["s3:PutObject"],
            endpoint.bucket.arn_for_objects(f"deployments/{endpoint.name}/{endpoint.name}-*.json"),
            wildcard_because="a record is named after the endpoint and the execution",
        )
        role.allow("Tell", ["sns:Publish"], self._topic.topic_arn)
        for statement in guard_rails(models_in_vpc=in_vpc):
            role.add_to_policy(statement)

    def _permit_smoke_test(self, endpoint: Endpoint) -> None:
        """A transform job asks the new model before it takes traffic (SE-10)."""
        role, stack = self.state_machine.service_role, Stack.of(self)
        role.allow(
            "AskTheNewModel",
            [f"sagemaker:{verb}TransformJob" for verb in ("Create", "Describe", "Stop")]
            + ["sagemaker:AddTags", "sagemaker:ListTags"],
            stack.format_arn(
                service="sagemaker", resource="transform-job", resource_name=f"{endpoint.name}-*"
            ),
            wildcard_because="the job is named after the endpoint and the execution",
        )
        self.state_machine.allow_sync("SageMakerTransformJobs")
        role.allow(
            "RejectThePackage",
            ["sagemaker:UpdateModelPackage"],
            self._models.flights.packages_arn,
            wildcard_because=_NUMBERED,
        )
        role.allow(
            "CompareItsAnswers",
            ["s3:GetObject"],
            self._models.bucket.arn_for_objects("evaluation/*/smoke_test.json"),
            endpoint.bucket.arn_for_objects(f"transform/{endpoint.name}-*/flights.json.out"),
            wildcard_because="both lie in folders named after executions",
        )

    def _permit_roll_out(self, key: kms.IKey, endpoint: Endpoint) -> None:
        """What SageMaker asks its caller for beside its own actions.

        docs.aws.amazon.com/sagemaker/latest/dg/api-permissions-reference.html: the key of an
        endpoint's configuration is granted by whoever creates or updates the endpoint.
        """
        role = self.state_machine.service_role
        through = {"kms:ViaService": f"sagemaker.{Aws.REGION}.{Aws.URL_SUFFIX}"}
        role.allow(
            "LendTheKeyToTheEndpoint",
            ["kms:CreateGrant"],
            key.key_arn,
            conditions={
                "Bool": {"kms:GrantIsForAWSResource": "true"},
                "StringEquals": through,
            },
        )
        role.allow(
            "DescribeTheKey",
            ["kms:DescribeKey"],
            key.key_arn,
            conditions={"StringEquals": through},
        )
        role.allow_key("UseTheKeyOfItsData", key, "s3", "sns")
        role.allow(
            "WatchTheRollOut",
            ["cloudwatch:DescribeAlarms"],
            *(alarm.alarm_arn for alarm in endpoint.roll_back_alarms.all),
        )

    def _permit_scaling(self, endpoint: Endpoint) -> None:
        """Application Auto Scaling scales variants with the rights of whoever registers them.

        docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
        """
        role, stack = self.state_machine.service_role, Stack.of(self)
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
            wildcard_because="AWS generates the ids of scalable targets",
            conditions={"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}},
        )
        role.allow(
            "ChangeItsInstances",
            ["sagemaker:UpdateEndpointWeightsAndCapacities"],
            stack.format_arn(service="sagemaker", resource="endpoint", resource_name=endpoint.name),
        )
        role.allow(
            "KeepItsScalingAlarms",
            ["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"],
            stack.format_arn(
                service="cloudwatch",
                resource="alarm",
                resource_name=f"TargetTracking-endpoint/{endpoint.name}/*",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            ),
            wildcard_because="Application Auto Scaling names the alarms of its policies",
        )
        service = "sagemaker.application-autoscaling.amazonaws.com"
        role.allow(
            "CreateTheRoleOfScaling",
            ["iam:CreateServiceLinkedRole"],
            stack.format_arn(
                service="iam",
                region="",
                resource="role",
                resource_name=f"aws-service-role/{service}"
                "/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
            ),
            conditions={"StringEquals": {"iam:AWSServiceName": service}},
        )

    def _on_approval(self, foundation: PlatformFoundation) -> None:
        registry_account = self._models.account
        if registry_account:
            self._admit_approvals(registry_account, foundation.environment.name_prefix)
        undelivered = DeadLetterQueue(self, "Undelivered", foundation=foundation)
        role = ServiceRole(self, "ApprovedRole", "events", confused_deputy_guard=True)
        role.allow("Deploy", ["states:StartExecution"], self.state_machine.state_machine_arn)
        EventRule(
            self,
            "Approved",
            description="A model package was approved: deploy it",
            pattern={
                **approvals_of(self._models.flights),
                **({"account": [registry_account]} if registry_account else {}),
            },
            target=RuleTarget(
                "Deploy", self.state_machine.state_machine_arn, undelivered, role=role
            ),
        )

    def _admit_approvals(self, account: str, name_prefix: str) -> None:
        """Let the account of the registry send its approvals to this one's default bus.

        docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html (read 2026-11-29).
        Nobody can make up such an event: PutEvents takes no source that begins with `aws.`.
        """
        bus = Stack.of(self).format_arn(
            service="events", resource="event-bus", resource_name="default"
        )
        # The bus is the account's: each copy of the platform has a statement of its own.
        name = f"{name_prefix}ApprovalsFrom{account}"
        # Not the class of the CDK: cdk-nag reads a deprecated property of it, and fails.
        policy = CfnResource(
            self,
            "ApprovalsMayCome",
            type="AWS::Events::EventBusPolicy",
            properties={
                "StatementId": name,
                "Statement": {
                    "Sid": name,
                    "Effect": "Allow",
                    "Principal": {"AWS": account},
                    "Action": "events:PutEvents",
                    "Resource": bus,
                    "Condition": {
                        "StringEquals": {
                            "events:source": "aws.sagemaker",
                            "events:detail-type": APPROVAL_EVENT,
                        }
                    },
                },
            },
        )
        gate.acknowledge(
            policy,
            {
                "FOREIGN_ACCOUNT": "ml_endpoint.registry_account names the account, which sends"
                " approvals and nothing else",
            },
        )
