"""MlEndpoint: an approved model serves, is watched, and calls for its successor.

    package approved --> deploy_model (Step Functions)          or, by setting, in this template
                           model -> configuration -> endpoint, blue/green, rolls back on alarms
    client --IAM--> API Gateway --> Lambda --> endpoint: champion, challenger or shadow
                                                 | in the VPC, isolated, scaled by calls
                                                 +--> bucket/capture --> drift check --> alarm
    prefix of flights --> transform_batch (Step Functions) --> bucket/transform
    train_model <------------------------- retrain, by setting ------------------------------+

From the notes: DP-01 model, configuration, endpoint; DP-02 variants with shares of the traffic;
DP-03 batch transform; DP-04 by setting a container in front that prepares what is asked;
DP-05 scaling; DP-06 API, function, endpoint;
DP-07 nothing public; DP-10 drift, by our own check, since Model Monitor takes no new customers;
DP-11 CloudWatch and CloudTrail; DP-12 retraining; SE-24 a new account may have none of the
instance type for endpoints: raise it under Service Quotas. DP-08 and DP-09: Neo has nothing to
gain on boosted trees, and Elastic Inference has ended.
"""

from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.environments import Environment
from stacks.ml_platform.container_images import ContainerImages
from stacks.ml_platform.network.stack import MlNetwork
from stacks.ml_platform.serving.batch_transform import BatchTransform
from stacks.ml_platform.serving.deployment_workflow import DeploymentWorkflow
from stacks.ml_platform.serving.drift_check import DriftCheck
from stacks.ml_platform.serving.monitoring import Operation
from stacks.ml_platform.serving.prediction_api import PredictionApi
from stacks.ml_platform.serving.roll_back_alarms import RollBackAlarms
from stacks.ml_platform.serving.serving_role import ServingRole
from stacks.ml_platform.serving.template_endpoint import TemplateEndpoint
from stacks.ml_platform.settings import MlEndpointSettings
from stacks.ml_platform.storage import PlatformBucket
from stacks.ml_platform.training.stack import MlTraining
from stacks.shared.access_log_bucket import AccessLogBucket


class MlEndpoint(Stack):
    """How predictions are asked for, answered and watched."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network_stack: MlNetwork,
        training_stack: MlTraining,
        **options: Any,
    ) -> None:
        super().__init__(scope, construct_id, **options)
        settings = environment.settings(MlEndpointSettings)
        # Callers, alarms and the drift check go by it, and the workflow makes the endpoint later.
        endpoint_name = f"{environment.name_prefix}flight-delay"
        bucket = PlatformBucket(
            self,
            "Bucket",
            network=network_stack.network,
            key=network_stack.key,
            access_logs=AccessLogBucket(self, "AccessLogs", keep_data=environment.keep_data),
            environment=environment,
            # The drift check starts when a capture arrives.
            tells_event_bridge=True,
            lifecycle_rules=[
                s3.LifecycleRule(prefix="capture/", expiration=Duration.days(settings.capture_days))
            ],
        )
        images = ContainerImages(self, "Images")
        role = ServingRole(
            self,
            "Role",
            models=training_stack.bucket,
            data=training_stack.data,
            preparation=training_stack.preparation,
            bucket=bucket,
            images=images,
            key=network_stack.key,
        )
        alarms = RollBackAlarms(
            self, "RollBack", endpoint_name=endpoint_name, topic=network_stack.topic
        )
        if settings.model_package_arn:
            TemplateEndpoint(
                self,
                "Endpoint",
                name=endpoint_name,
                model_package_arn=settings.model_package_arn,
                role=role,
                network=network_stack.network,
                bucket=bucket,
                key=network_stack.key,
                roll_back_alarms=alarms.all,
                settings=settings,
            )
        else:
            workflow = DeploymentWorkflow(
                self,
                "Deployment",
                endpoint_name=endpoint_name,
                models=training_stack.bucket,
                bucket=bucket,
                registry=training_stack.registry,
                serving_role=role,
                network=network_stack.network,
                roll_back_alarms=alarms.all,
                topic=network_stack.topic,
                key=network_stack.key,
                environment=environment,
            )
            machine = workflow.state_machine.state_machine_arn
            CfnOutput(self, "StateMachineArn", value=machine)
        batch = BatchTransform(
            self,
            "Batch",
            endpoint_name=endpoint_name,
            data=training_stack.data,
            bucket=bucket,
            registry=training_stack.registry,
            serving_role=role,
            network=network_stack.network,
            topic=network_stack.topic,
            key=network_stack.key,
            environment=environment,
        )
        api = PredictionApi(
            self,
            "Prediction",
            endpoint_name=endpoint_name,
            network=network_stack.network,
            key=network_stack.key,
            environment=environment,
        )
        if settings.data_capture_percent:
            DriftCheck(
                self,
                "Drift",
                endpoint_name=endpoint_name,
                bucket=bucket,
                training=training_stack.workflow.state_machine,
                topic=network_stack.topic,
                key=network_stack.key,
                environment=environment,
            )
        Operation(
            self,
            "Operation",
            name=self.stack_name,
            endpoint_name=endpoint_name,
            api=api,
            roll_back=alarms,
            topic=network_stack.topic,
            # A sandbox is silent most of the time.
            silence_matters=environment.name == "production",
        )
        CfnOutput(
            self,
            "ShiftTrafficCommand",
            value="aws sagemaker update-endpoint-weights-and-capacities --endpoint-name"
            f" {endpoint_name} --desired-weights-and-capacities"
            " VariantName=champion,DesiredWeight=0.9 VariantName=challenger,DesiredWeight=0.1",
        )
        CfnOutput(self, "BatchStateMachineArn", value=batch.state_machine.state_machine_arn)
        CfnOutput(self, "ApiUrl", value=api.api.url_for_path("/predictions"))
        CfnOutput(self, "EndpointName", value=endpoint_name)
        CfnOutput(self, "BucketName", value=bucket.bucket_name)
