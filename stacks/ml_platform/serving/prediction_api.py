"""Predictions over HTTPS: API Gateway -> Lambda -> endpoint (DP-06)."""

from aws_cdk import CfnResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from schemas import load
from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.serving.firewall import Firewall
from stacks.ml_platform.settings import MlEndpointSettings, MlNetworkSettings
from stacks.shared import gate
from stacks.shared.encrypted_log_group import EncryptedLogGroup
from stacks.shared.python_function import PythonFunction
from stacks.shared.service_role import ServiceRole

_STAGE = "v1"


class PredictionApi(Construct):
    """`POST /predictions` for callers with IAM credentials; the endpoint is not public (DP-07).

    API Gateway validates requests by `schemas/prediction_request.schema.json`, throttles them, and
    logs callers, not bodies. The function runs in the VPC if that has an endpoint for the SageMaker
    runtime.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        endpoint_name: str,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(MlEndpointSettings)
        self.function = self._function(endpoint_name, foundation)
        logs = EncryptedLogGroup(self, "AccessLogs", foundation=foundation)
        self.api = apigateway.RestApi(
            self,
            "Api",
            description="Will this flight arrive late?",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(
                stage_name=_STAGE,
                throttling_rate_limit=settings.requests_per_second,
                throttling_burst_limit=settings.requests_per_second * 2,
                tracing_enabled=True,
                metrics_enabled=True,
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                # Requests must not be logged.
                data_trace_enabled=False,
                access_log_destination=apigateway.LogGroupLogDestination(logs),
                access_log_format=apigateway.AccessLogFormat.json_with_standard_fields(
                    caller=True,
                    http_method=True,
                    ip=True,
                    protocol=True,
                    request_time=True,
                    resource_path=True,
                    response_length=True,
                    status=True,
                    user=True,
                ),
            ),
        )
        self._keep_execution_logs(foundation)
        if foundation.environment.settings(MlEndpointSettings).api_log_role:
            self._set_log_role()
        self._method()
        for kind, message in (
            ("BAD_REQUEST_BODY", "$context.error.validationErrorString"),
            ("THROTTLED", "Too many requests: wait, then try again."),
        ):
            self.api.add_gateway_response(
                kind.title().replace("_", ""),
                type=apigateway.ResponseType.of(kind),
                templates={"application/json": f'{{"message": "{message}"}}'},
            )
        if settings.waf:
            Firewall(
                self,
                "Firewall",
                api=self.api,
                requests_per_second=settings.requests_per_second,
                foundation=foundation,
            )
        else:
            reason = "a firewall costs 5 USD a month and more; -c ml_endpoint.waf=true adds it"
            gate.acknowledge(
                self.api.deployment_stage, {"AwsSolutions::AwsSolutions-APIG3": reason}
            )

    def _keep_execution_logs(self, foundation: PlatformFoundation) -> None:
        """Make the log group that API Gateway would make itself, under no key and for ever.

        Its name: docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html, read on
        2026-11-29. That API Gateway writes to one that is there already was not verified.
        """
        stage = self.api.deployment_stage
        name = f"API-Gateway-Execution-Logs_{self.api.rest_api_id}/{_STAGE}"
        logs = EncryptedLogGroup(self, "Errors", foundation=foundation, log_group_name=name)
        stage.node.add_dependency(logs)

    def _function(self, endpoint_name: str, foundation: PlatformFoundation) -> PythonFunction:
        network_settings = foundation.environment.settings(MlNetworkSettings)
        in_vpc = "sagemaker.runtime" in network_settings.interface_endpoints
        function = PythonFunction(
            self,
            "Predict",
            folder="ml_platform/predict_delay",
            foundation=foundation,
            # Two attempts of ten seconds, below the 29 s of API Gateway.
            timeout=Duration.seconds(24),
            runbook="The function behind the API failed or timed out. Its log says why.",
            variables={"ENDPOINT_NAME": endpoint_name},
            **(
                {
                    "vpc": foundation.network.vpc,
                    "vpc_subnets": ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
                    "security_groups": [foundation.network.job_security_group],
                }
                if in_vpc
                else {}
            ),
        )
        role = function.service_role
        role.allow(
            "AskTheEndpoint",
            ["sagemaker:InvokeEndpoint"],
            Stack.of(self).format_arn(
                service="sagemaker", resource="endpoint", resource_name=endpoint_name
            ),
        )
        if in_vpc:
            role.allow(
                "StandInTheVpc",
                [
                    "ec2:CreateNetworkInterface",
                    "ec2:DeleteNetworkInterface",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSubnets",
                ],
                "*",
                wildcard_because="Lambda rejects a role that limits one of these to a resource",
            )
        return function

    def _method(self) -> None:
        schema = load("prediction_request")
        # API Gateway supports draft 4, and the schema uses nothing newer.
        schema["$schema"] = "http://json-schema.org/draft-04/schema#"
        del schema["$id"]
        model = apigateway.CfnModel(
            self,
            "Request",
            rest_api_id=self.api.rest_api_id,
            content_type="application/json",
            schema=schema,
        )
        method = self.api.root.add_resource("predictions").add_method(
            "POST",
            apigateway.LambdaIntegration(self.function, timeout=Duration.seconds(29)),
            authorization_type=apigateway.AuthorizationType.IAM,
            request_models={
                "application/json": apigateway.Model.from_model_name(self, "Model", model.ref)
            },
            request_validator=apigateway.RequestValidator(
                self,
                "Validator",
                rest_api=self.api,
                validate_request_body=True,
                validate_request_parameters=True,
            ),
        )
        gate.acknowledge(
            method,
            {"AwsSolutions::AwsSolutions-COG4": "callers are services and people with IAM roles"},
        )

    def _set_log_role(self) -> None:
        """Set the role with which API Gateway writes logs: one setting per account and Region.

        Kept when the stack goes: without it, every other API's stage would stop logging.
        """
        role = ServiceRole(self, "LogRole", "apigateway", confused_deputy_guard=False)
        role.allow(
            "WriteLogs",
            [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams",
                "logs:FilterLogEvents",
                "logs:GetLogEvents",
                "logs:PutLogEvents",
            ],
            "*",
            wildcard_because="API Gateway rejects a role that may not write to every log group",
        )
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        account.node.add_dependency(role)
        for child in (*role.node.find_all(), account):
            if isinstance(child, CfnResource):
                child.apply_removal_policy(RemovalPolicy.RETAIN)
        self.api.deployment_stage.node.add_dependency(account)
