"""MlTraining: from a training set to a registered model, or to the reason why not.

    schedule -----------+
    lake was curated ---+--> train_model (Step Functions)
    by hand ------------+      export the set -> check it -> tune or train -> evaluate -> gate
                                  |                            |                |          |
       lake/training or           v                            v                v          v
       bucket/training  <-- training set     checkpoints/, models/   evaluation/   model package
                                                                                   group
    every job: isolated subnets, no network of its own, encrypted volumes, output and traffic

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

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.environments import Environment
from stacks.ml_platform.network.stack import MlNetwork
from stacks.ml_platform.settings import MlEndpointSettings, MlTrainingSettings
from stacks.ml_platform.storage import PlatformBucket
from stacks.ml_platform.training.job_guardrails import guard_rails
from stacks.ml_platform.training.model_age import ModelAge
from stacks.ml_platform.training.training_data import TrainingData, data_of_lake
from stacks.ml_platform.training.training_inputs import TrainingInputs
from stacks.ml_platform.training.training_roles import TrainingRoles
from stacks.ml_platform.training.training_workflow import TrainingWorkflow
from stacks.shared.access_log_bucket import AccessLogBucket
from stacks.shared.bundle import artefact_bundle, model_bundle
from stacks.shared.outputs import add_outputs


class MlTraining(Stack):
    """The bucket, the roles, the workflow and the registry."""

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
        )
        self.inputs = TrainingInputs(
            data=data_of_lake(self, environment.name_prefix)
            if settings.from_lake
            else TrainingData(self.bucket, foundation.key),
            code=s3_assets.Asset(self, "Code", path=str(model_bundle("ml_platform/flight_delay"))),
            preparation=s3_assets.Asset(
                self, "Preparation", path=str(artefact_bundle("ml_platform/prepare_flights"))
            )
            if environment.settings(MlEndpointSettings).pipeline
            else None,
        )
        self.roles = TrainingRoles(
            self, "Roles", foundation=foundation, bucket=self.bucket, inputs=self.inputs
        )
        self.registry = sagemaker.CfnModelPackageGroup(
            self,
            "Registry",
            # People and the deployment rule refer to the group by its name.
            model_package_group_name=f"{environment.name_prefix}flight-delay",
            model_package_group_description="Models that passed the gate: ROC AUC and gain",
        )
        self.workflow = TrainingWorkflow(
            self,
            "Training",
            foundation=foundation,
            bucket=self.bucket,
            inputs=self.inputs,
            roles=self.roles,
            registry=self.registry,
        )
        if settings.oldest_model_days:
            ModelAge(
                self,
                "ModelAge",
                foundation=foundation,
                registry=self.registry,
                days=settings.oldest_model_days,
            )
        guard_rails_policy = iam.ManagedPolicy(
            self,
            "GuardRails",
            description="No job outside the VPC or without the key; attach to whoever starts jobs",
            statements=guard_rails(),
        )
        state_machine_arn = self.workflow.state_machine.state_machine_arn
        add_outputs(
            self,
            {
                "BucketName": self.bucket.bucket_name,
                "StateMachineArn": state_machine_arn,
                "TrainCommand": "aws stepfunctions start-execution --state-machine-arn"
                f" {state_machine_arn}",
                "ModelPackageGroupName": self.registry.model_package_group_name,
                "GuardRailsPolicyArn": guard_rails_policy.managed_policy_arn,
            },
        )
