"""The workflow that predicts every flight below a prefix, without an endpoint."""

from aws_cdk import Duration, Fn, Stack
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.registered_models import RegisteredModel, allow_models_of
from stacks.ml_platform.scheduled_start import start_on_schedule
from stacks.ml_platform.serving.endpoint import Endpoint
from stacks.ml_platform.settings import MlEndpointSettings
from stacks.ml_platform.training.job_guardrails import guard_rails
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.dead_letter_queue import DeadLetterQueue

_OWN_JOBS = "jobs are named after the execution"


class BatchTransform(Construct):
    """`transform_batch` of one model, started by hand or by schedule (DP-03).

    Its input is `{"flights": "s3://bucket/prefix/"}`, the field named by the model's manifest: CSV
    without header below the test split of a training set, or below `transform/` of the platform's
    bucket. Each line is written with its answer appended, or, of a model that takes whole files,
    the answer alone, below `<folder>/<execution>/`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        endpoint: Endpoint,
        registered: RegisteredModel,
    ) -> None:
        super().__init__(scope, construct_id)
        bucket, network, topic = endpoint.bucket, foundation.network, foundation.topic
        settings = foundation.environment.settings(MlEndpointSettings)
        model, data = registered.model, registered.data
        batch, name = model.batch, registered.group_name
        self.state_machine = AslStateMachine(
            self,
            "Workflow",
            workflow="ml_platform/transform_batch",
            substitutions={
                "AssembleWith": "None" if batch.whole_files else "Line",
                "Bucket": bucket.bucket_name,
                "Columns": batch.columns,
                "Folder": batch.folder,
                "InstanceType": settings.instance_type,
                "Instances": f"{settings.batch_instances}",
                "JoinSource": "None" if batch.whole_files else "Input",
                "KeyArn": foundation.key.key_arn,
                "ModelName": name,
                "ModelPackageGroupName": registered.group,
                "Records": batch.records,
                "RunPrefix": model.run_prefix or "none",
                "SecurityGroupId": network.job_security_group.security_group_id,
                "ServingRoleArn": endpoint.role.role_arn,
                "SourcePrefix": batch.source or "none",
                # Whole files as in AWS's image classification example
                # (github.com/aws/amazon-sagemaker-examples): batches are made of split records.
                "BatchStrategy": "SingleRecord" if batch.whole_files else "MultiRecord",
                "SplitType": "None" if batch.whole_files else "Line",
                "SubnetIds": Fn.join(",", network.subnet_ids),
                "TopicArn": topic.topic_arn,
            },
            foundation=foundation,
            timeout=Duration.days(1),
            runbook="A batch transform failed. Its execution's history names the step and the"
            " error. Put that right, then start it again with the same input.",
        )
        role, stack = self.state_machine.service_role, Stack.of(self)
        if data and not batch.source:
            role.allow_list("LookAtTheSet", data.bucket.bucket_arn, *data.prefixes("test"))
        role.allow_list("LookAtTheFiles", bucket.bucket_arn, batch.source or "transform/")
        role.allow(
            "FindTheNewestModel",
            ["sagemaker:ListModelPackages"],
            registered.packages_arn,
            registered.group_arn,
            wildcard_because="SageMaker numbers the packages of a group",
        )
        role.allow(
            "BorrowAModel",
            ["sagemaker:CreateModel", "sagemaker:DeleteModel"],
            stack.format_arn(
                service="sagemaker", resource="model", resource_name=f"{name}-batch-*"
            ),
            wildcard_because="the model is named after the execution, and deleted with it",
        )
        if registered.group != name:
            allow_models_of(role, registered)
        role.allow(
            "RunItsJobs",
            [f"sagemaker:{verb}TransformJob" for verb in ("Create", "Describe", "Stop")]
            + ["sagemaker:AddTags", "sagemaker:ListTags"],
            stack.format_arn(
                service="sagemaker", resource="transform-job", resource_name=f"{model.run_prefix}*"
            ),
            wildcard_because=_OWN_JOBS,
        )
        self.state_machine.allow_sync("SageMakerTransformJobs")
        self.state_machine.allow_pass_role("LendTheServingRole", endpoint.role)
        role.allow("Tell", ["sns:Publish"], topic.topic_arn)
        role.allow_key("TellUnderTheKey", foundation.key, "sns")
        for statement in guard_rails():
            role.add_to_policy(statement)
        if batch.source and settings.batch_schedule:
            start_on_schedule(
                self,
                self.state_machine,
                settings.batch_schedule,
                key=foundation.key,
                undelivered=DeadLetterQueue(self, "Undelivered", foundation=foundation),
                description=f"Ask {model.name} about its newest files (DP-03)",
            )
