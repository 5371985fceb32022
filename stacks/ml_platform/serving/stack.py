"""MlEndpoint: an approved model serves, is watched, and calls for its successor.

    package approved --> deploy_model (Step Functions)          or, by setting, in this template
                           model -> configuration -> endpoint, blue/green, rolls back on alarms
    client --IAM--> API Gateway --> Lambda --> endpoint: champion, challenger or shadow
                                                 | in the VPC, isolated, scaled by calls
                                                 +--> bucket/capture --> drift check --> alarm
    prefix of flights --> transform_batch (Step Functions) --> bucket/transform
    history of demand, each night --> transform_batch of energy-demand --> forecasts (AI-10)
    train_model <------------------------- retrain, by setting ------------------------------+
    captures + what the lake knows by now --> judge_predictions --> table model_quality, alarm
    forecasts + newer histories of demand --> judge_forecasts --> metrics, alarms

By setting, the packages and models are another account's (`registry_account`): its registry's
events come to this account's default bus, and an approval starts the same workflow.

From the notes: DP-01 model, configuration, endpoint; DP-02 variants with shares of the traffic;
DP-03 batch transform; DP-04 by setting a container in front that prepares what is asked;
DP-05 scaling; DP-06 API, function, endpoint;
DP-07 nothing public; DP-10 drift and model quality, by our own checks, since Model Monitor takes
no new customers;
DP-11 CloudWatch and CloudTrail; DP-12 retraining; SE-24 a new account may have none of the
instance type for endpoints: raise it under Service Quotas. DP-08 and DP-09: Neo has nothing to
gain on boosted trees, and Elastic Inference has ended.
"""

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.environments import Environment
from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.model import Model
from stacks.ml_platform.network.stack import MlNetwork
from stacks.ml_platform.registered_models import models_of_another_account
from stacks.ml_platform.serving.approver import Approver
from stacks.ml_platform.serving.batch_transform import BatchTransform
from stacks.ml_platform.serving.deployment_workflow import DeploymentWorkflow
from stacks.ml_platform.serving.drift_check import DriftCheck
from stacks.ml_platform.serving.endpoint import Endpoint
from stacks.ml_platform.serving.forecast_quality import ForecastQuality, ForecastTables
from stacks.ml_platform.serving.ground_truth import GroundTruth
from stacks.ml_platform.serving.monitoring import EndpointMonitoring
from stacks.ml_platform.serving.prediction_api import PredictionApi
from stacks.ml_platform.serving.roll_back_alarms import CHALLENGER, CHAMPION, RollBackAlarms
from stacks.ml_platform.serving.serving_role import ServingRole
from stacks.ml_platform.serving.template_endpoint import TemplateEndpoint
from stacks.ml_platform.settings import MlEndpointSettings
from stacks.ml_platform.storage import PlatformBucket
from stacks.ml_platform.training.stack import MlTraining
from stacks.ml_platform.training.training_data import TrainingData
from stacks.shared.access_log_bucket import AccessLogBucket
from stacks.shared.outputs import add_outputs


class MlEndpoint(Stack):
    """Serves and monitors the approved model."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network_stack: MlNetwork,
        training_stack: MlTraining | None = None,
        **options: Any,
    ) -> None:
        super().__init__(scope, construct_id, **options)
        settings = environment.settings(MlEndpointSettings)
        foundation = network_stack.foundation
        models = (
            training_stack.registered
            if training_stack
            else models_of_another_account(self, environment)
        )
        bucket = PlatformBucket(
            self,
            "Bucket",
            foundation=foundation,
            access_logs=AccessLogBucket(self, "AccessLogs", keep_data=environment.keep_data),
            lifecycle_rules=[
                s3.LifecycleRule(prefix="capture/", expiration=Duration.days(settings.capture_days))
            ],
        )
        # Callers, alarms and the drift check use the name before a workflow creates the endpoint.
        name = f"{environment.name_prefix}flight-delay"
        beside = [CHALLENGER] if settings.roll_out == "challenger" else []
        alarms = RollBackAlarms(
            self,
            "RollBack",
            endpoint_name=name,
            topic=foundation.topic,
            variants=[CHAMPION, *beside],
        )
        endpoint = Endpoint(
            name=name,
            bucket=bucket,
            role=ServingRole(
                self,
                "Role",
                foundation=foundation,
                models=models,
                bucket=bucket,
                roll_back_alarms=alarms,
            ),
            roll_back_alarms=alarms,
        )
        outputs = {"EndpointName": name, "BucketName": bucket.bucket_name}
        if settings.model_package_arn:
            TemplateEndpoint(
                self,
                "Endpoint",
                foundation=foundation,
                endpoint=endpoint,
                model_package_arn=settings.model_package_arn,
            )
        else:
            deployment = DeploymentWorkflow(
                self,
                "Deployment",
                foundation=foundation,
                endpoint=endpoint,
                models=models,
            )
            outputs["StateMachineArn"] = deployment.state_machine.state_machine_arn
            data = models.flights.data
            lake = data.lake if data else None
            if data and lake and settings.ground_truth and settings.data_capture_percent:
                truth = GroundTruth(
                    self,
                    "GroundTruth",
                    foundation=foundation,
                    endpoint=endpoint,
                    models=models.bucket,
                    data=data,
                    lake=lake,
                )
                outputs["QualityDatabase"] = truth.database_name
                outputs["QualityStateMachineArn"] = truth.state_machine.state_machine_arn
                outputs["QualityAlarm"] = truth.alarm.alarm_name
        if models.account:
            approver = Approver(self, "Approver", models=[models.flights, *models.other_models])
            outputs["ApproverPolicyArn"] = approver.managed_policy_arn
        batch = BatchTransform(
            self,
            "Batch",
            foundation=foundation,
            endpoint=endpoint,
            registered=models.flights,
        )
        forecasts = {
            other_model.model.construct_id: BatchTransform(
                Construct(self, other_model.model.construct_id),
                "Batch",
                foundation=foundation,
                endpoint=endpoint,
                registered=other_model,
            )
            for other_model in models.other_models
        }
        for other_model in models.other_models:
            outputs |= _judge_forecasts(
                Construct(self, f"{other_model.model.construct_id}Quality"),
                other_model.model,
                foundation=foundation,
                bucket=bucket,
                data=models.flights.data,
            )
        api = PredictionApi(self, "Prediction", foundation=foundation, endpoint_name=name)
        drift = None
        if settings.data_capture_percent:
            drift = DriftCheck(
                self,
                "Drift",
                foundation=foundation,
                endpoint=endpoint,
                training=training_stack.flights.workflow.state_machine if training_stack else None,
            )
            outputs["DriftFunctionName"] = drift.function.function_name
        EndpointMonitoring(
            self, "Operation", foundation=foundation, endpoint=endpoint, api=api, drift=drift
        )
        outputs |= {
            "ShiftTrafficCommand": "aws sagemaker update-endpoint-weights-and-capacities"
            f" --endpoint-name {name} --desired-weights-and-capacities"
            " VariantName=champion,DesiredWeight=0.9 VariantName=challenger,DesiredWeight=0.1",
            "BatchStateMachineArn": batch.state_machine.state_machine_arn,
            "ApiUrl": api.api.url_for_path("/predictions"),
        }
        outputs |= {
            f"{name}BatchStateMachineArn": batch_transform.state_machine.state_machine_arn
            for name, batch_transform in forecasts.items()
        }
        add_outputs(self, outputs)


def _judge_forecasts(
    scope: Construct,
    model: Model,
    *,
    foundation: PlatformFoundation,
    bucket: s3.IBucket,
    data: TrainingData | None,
) -> dict[str, str]:
    """Tables of a model's forecasts and, with the lake, what judges them; returns the outputs."""
    if not model.batch.judged_by:
        return {}
    tables = ForecastTables(scope, "Tables", model=model, bucket=bucket)
    outputs = {f"{model.construct_id}Database": tables.database_name}
    if data and data.lake:
        quality = ForecastQuality(
            scope, "Forecasts", foundation=foundation, tables=tables, data=data, lake=data.lake
        )
        outputs |= {
            f"{model.construct_id}QualityStateMachineArn": quality.state_machine.state_machine_arn,
            f"{model.construct_id}LossAlarm": quality.loss_alarm.alarm_name,
            f"{model.construct_id}BandAlarm": quality.band_alarm.alarm_name,
        }
    return outputs
