"""MlTraining: from a training set to a registered model, or to the reason why not.

    schedule -----------+
    lake was curated ---+--> train_model (Step Functions)
    by hand ------------+      export the set -> check it -> tune or train -> evaluate -> gate
                                  |                            |                |          |
       lake/training or           v                            v                v          v
       bucket/training  <-- training set     checkpoints/, models/   evaluation/   model package
                                                                                   group
    every job: isolated subnets, no network of its own, encrypted volumes, output and traffic

By setting, other accounts approve and serve the models (`shared_with`): the policies of group,
bucket and key admit them, and a rule tells them of approvals.

By setting, further models (AI-10): each has its set below `<name>/training/`, and roles, workflow
and registry of its own, of the same files; what differs is its manifest, `model.json`.

From the notes: TR-01 the life cycle as a pipeline; TR-02 the split; TR-05 to TR-08, TR-10 and
TR-13 to TR-16 the job: data, image, role, channels, input mode, spot with checkpoints, container
contract, limits, metrics; TR-18 and TR-19 tuning; TR-24 the gate; TR-27 early stopping; ST-14 all
locations are S3 URIs; SE-21 guard rails on identities; SE-24 quotas: a new account may have none of
the instance type for training, raise it under Service Quotas; DP-12 retraining as data changes.
TR-11 and TR-17: XGBoost needs no GPU. TR-20: the search is ours, Autopilot lives in Canvas today.
TR-03 and TR-04: the set is prepared in the lake, by Spark and SQL; trees need neither scaling nor
imputed weather. TR-09: of the formats that XGBoost takes, CSV and Parquet. TR-12: S3 alone; a set
this small gains nothing from a file system.
"""

from typing import Any

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.environments import Environment
from stacks.ml_platform.model import SERVED, models
from stacks.ml_platform.network.stack import MlNetwork
from stacks.ml_platform.registered_models import RegisteredModels
from stacks.ml_platform.settings import MlTrainingSettings
from stacks.ml_platform.storage import PlatformBucket
from stacks.ml_platform.training.experiment_tracking import ExperimentTracking
from stacks.ml_platform.training.job_guardrails import guard_rails
from stacks.ml_platform.training.model_age import ModelAge
from stacks.ml_platform.training.model_sharing import ApprovalForwarding, share_files
from stacks.ml_platform.training.sagemaker_pipeline import SageMakerPipeline
from stacks.ml_platform.training.trained_model import TrainedModel
from stacks.ml_platform.training.training_data import TrainingData, data_of_lake
from stacks.shared.access_log_bucket import AccessLogBucket
from stacks.shared.outputs import add_outputs


class MlTraining(Stack):
    """The bucket, and of each model the roles, the workflow and the registry."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network_stack: MlNetwork,
        **options: Any,
    ) -> None:
        super().__init__(scope, construct_id, **options)
        settings = environment.settings(MlTrainingSettings)
        foundation = network_stack.foundation
        self.bucket = PlatformBucket(
            self,
            "Bucket",
            foundation=foundation,
            access_logs=AccessLogBucket(self, "AccessLogs", keep_data=environment.keep_data),
            shared_with=settings.shared_with,
        )
        every = models()
        self.flights = TrainedModel(
            self,
            every[SERVED],
            data_of_lake(self, environment.name_prefix)
            if settings.from_lake
            else TrainingData(self.bucket, foundation.key),
            foundation=foundation,
            bucket=self.bucket,
        )
        self.others = [
            TrainedModel(
                Construct(self, every[name].construct_id),
                every[name],
                TrainingData(self.bucket, foundation.key, prefix=f"{name}/training/"),
                foundation=foundation,
                bucket=self.bucket,
            )
            for name in settings.models
            if name != SERVED
        ]
        self.registered = RegisteredModels(
            bucket=self.bucket,
            key=foundation.key,
            flights=self.flights.registered,
            other_models=tuple(trained.registered for trained in self.others),
        )
        outputs: dict[str, str] = {
            f"{trained.model.construct_id}StateMachineArn": (
                trained.workflow.state_machine.state_machine_arn
            )
            for trained in self.others
        }
        if settings.shared_with:
            share_files(self.bucket, settings.shared_with)
            ApprovalForwarding(
                self,
                "Sharing",
                foundation=foundation,
                flights=self.flights.registered,
                accounts=settings.shared_with,
            )
        if settings.sagemaker_pipeline:
            pipeline = SageMakerPipeline(
                self, "Pipeline", foundation=foundation, bucket=self.bucket, trained=self.flights
            )
            outputs["PipelineName"] = pipeline.pipeline.pipeline_name
        if settings.experiment_tracking:
            tracking = ExperimentTracking(
                self,
                "Experiments",
                foundation=foundation,
                bucket=self.bucket,
                models=[self.flights, *self.others],
            )
            outputs["MlflowAppArn"] = tracking.app.attr_arn
        if settings.oldest_model_days:
            ModelAge(
                self,
                "ModelAge",
                foundation=foundation,
                registry=self.flights.registry,
                days=settings.oldest_model_days,
            )
        guard_rails_policy = iam.ManagedPolicy(
            self,
            "GuardRails",
            description="No job outside the VPC or without the key; attach to whoever starts jobs",
            statements=guard_rails(),
        )
        state_machine_arn = self.flights.workflow.state_machine.state_machine_arn
        add_outputs(
            self,
            {
                "BucketName": self.bucket.bucket_name,
                "StateMachineArn": state_machine_arn,
                "TrainCommand": "aws stepfunctions start-execution --state-machine-arn"
                f" {state_machine_arn}",
                "ModelPackageGroupName": self.flights.registry.model_package_group_name,
                "GuardRailsPolicyArn": guard_rails_policy.managed_policy_arn,
                # Settings of an account that serves these models, which is deployed before this one
                # shares them. The third, registry_key, is the output KeyArn of MlNetwork.
                "ServeElsewhere": f"ml_endpoint.registry_account={Aws.ACCOUNT_ID}"
                f" ml_endpoint.registry_bucket={self.bucket.bucket_name}",
                **outputs,
            },
        )
