"""Model, configuration and endpoint as plain CloudFormation (DP-01), from a registered package.

The workflow deploys approved packages without a change of the template. This is the same endpoint
within the template: `-c ml_endpoint.model_package_arn=<arn>`.
"""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.network.network import Network
from stacks.ml_platform.serving.endpoint import Endpoint
from stacks.ml_platform.serving.roll_back_alarms import CHAMPION
from stacks.ml_platform.settings import MlEndpointSettings
from stacks.shared import gate


class TemplateEndpoint(Construct):
    """The endpoint with one variant, as the settings define (DP-02, DP-05)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        endpoint: Endpoint,
        model_package_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(MlEndpointSettings)
        self._settings, self._bucket, self._key = settings, endpoint.bucket, foundation.key
        model = self._model(model_package_arn, endpoint.role, foundation.network)
        model.node.add_dependency(endpoint.role)
        configuration = self._configuration(model)
        resource = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            # Callers, alarms and the drift check refer to the endpoint by its name.
            endpoint_name=endpoint.name,
            endpoint_config_name=configuration.attr_endpoint_config_name,
            deployment_config=self._roll_out(endpoint.roll_back_alarms.all),
        )
        if settings.serving == "real-time":
            self._scale(endpoint.name, resource)

    def _model(self, package: str, role: iam.IRole, network: Network) -> sagemaker.CfnModel:
        in_vpc = self._settings.in_vpc
        model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=role.role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                model_package_name=package
            ),
            enable_network_isolation=in_vpc,
            vpc_config=sagemaker.CfnModel.VpcConfigProperty(
                subnets=network.subnet_ids,
                security_group_ids=[network.job_security_group.security_group_id],
            )
            if in_vpc
            else None,
        )
        if not in_vpc:
            reason = "serverless endpoints take no VPC and no isolation; the settings ask for one"
            gate.acknowledge(model, {"MODEL_IN_VPC": reason, "MODEL_ISOLATED": reason})
        return model

    def _configuration(self, model: sagemaker.CfnModel) -> sagemaker.CfnEndpointConfig:
        settings = self._settings
        serverless = settings.serving == "serverless"
        configuration = sagemaker.CfnEndpointConfig(
            self,
            "Configuration",
            production_variants=[
                sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                    variant_name=CHAMPION,
                    model_name=model.attr_model_name,
                    initial_variant_weight=1,
                    instance_type=None if serverless else settings.instance_type,
                    initial_instance_count=None if serverless else settings.minimum_instances,
                    serverless_config=sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
                        memory_size_in_mb=settings.serverless_memory_mebibytes,
                        max_concurrency=settings.serverless_concurrency,
                    )
                    if serverless
                    else None,
                )
            ],
            kms_key_id=None if serverless else self._key.key_arn,
            data_capture_config=self._capture() if settings.data_capture_percent else None,
        )
        if serverless:
            gate.acknowledge(
                configuration,
                {"ENDPOINT_KEY": "a serverless endpoint has no volume that a key could encrypt"},
            )
        return configuration

    def _capture(self) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty:
        return sagemaker.CfnEndpointConfig.DataCaptureConfigProperty(
            enable_capture=True,
            initial_sampling_percentage=self._settings.data_capture_percent,
            destination_s3_uri=self._bucket.s3_url_for_object("capture"),
            kms_key_id=self._key.key_arn,
            capture_options=[
                sagemaker.CfnEndpointConfig.CaptureOptionProperty(capture_mode=mode)
                for mode in ("Input", "Output")
            ],
            # Other types are captured in Base64.
            capture_content_type_header=sagemaker.CfnEndpointConfig.CaptureContentTypeHeaderProperty(
                csv_content_types=["text/csv"], json_content_types=["application/json"]
            ),
        )

    def _roll_out(
        self, alarms: Sequence[cloudwatch.IAlarm]
    ) -> sagemaker.CfnEndpoint.DeploymentConfigProperty | None:
        settings = self._settings
        if settings.serving != "real-time" or settings.roll_out == "shadow":
            return None
        step = sagemaker.CfnEndpoint.CapacitySizeProperty(
            type="CAPACITY_PERCENT", value=settings.roll_out_percent
        )
        return sagemaker.CfnEndpoint.DeploymentConfigProperty(
            auto_rollback_configuration=sagemaker.CfnEndpoint.AutoRollbackConfigProperty(
                alarms=[
                    sagemaker.CfnEndpoint.AlarmProperty(alarm_name=alarm.alarm_name)
                    for alarm in alarms
                ]
            ),
            blue_green_update_policy=sagemaker.CfnEndpoint.BlueGreenUpdatePolicyProperty(
                traffic_routing_configuration=sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(
                    type=settings.traffic_routing,
                    wait_interval_in_seconds=settings.bake_minutes * 60,
                    canary_size=step if settings.roll_out == "canary" else None,
                    linear_step_size=step if settings.roll_out == "linear" else None,
                ),
                # The old instances stay this long, so that SageMaker can roll back to them.
                termination_wait_in_seconds=settings.bake_minutes * 60,
                maximum_execution_timeout_in_seconds=4 * 3600,
            ),
        )

    def _scale(self, name: str, endpoint: sagemaker.CfnEndpoint) -> None:
        settings = self._settings
        target = scaling.ScalableTarget(
            self,
            "Instances",
            service_namespace=scaling.ServiceNamespace.SAGEMAKER,
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            resource_id=f"endpoint/{name}/variant/{CHAMPION}",
            min_capacity=settings.minimum_instances,
            max_capacity=settings.maximum_instances,
        )
        target.node.add_dependency(endpoint)
        gate.acknowledge(
            target,
            {
                "SERVICE_FOR_ANYBODY": "the CDK makes this role without any right: Application Auto"
                " Scaling acts under its service-linked role for SageMaker"
            },
        )
        target.scale_to_track_metric(
            "Calls",
            predefined_metric=(scaling.PredefinedMetric.SAGEMAKER_VARIANT_INVOCATIONS_PER_INSTANCE),
            target_value=settings.invocations_per_instance_and_minute,
            # Scale out fast and in slowly: a new instance takes minutes to start.
            scale_out_cooldown=Duration.minutes(1),
            scale_in_cooldown=Duration.minutes(10),
        )
