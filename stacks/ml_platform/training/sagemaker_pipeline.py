"""The same jobs as `train_model`, as a SageMaker pipeline (TR-01).

Written with the SageMaker SDK in `pipelines/ml_platform/train_model.py`.
"""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from repository import ROOT
from stacks.ml_platform.container_images import ContainerImages
from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.settings import MlTrainingSettings
from stacks.ml_platform.storage import allow_from_outside
from stacks.ml_platform.training.job_guardrails import guard_rails
from stacks.ml_platform.training.registration import allow_registration
from stacks.ml_platform.training.trained_model import TrainedModel
from stacks.shared.monitoring import Alarm
from stacks.shared.service_role import ServiceRole

_DEFINITION = ROOT / "pipelines" / "ml_platform" / "train_model.json"
_OWN_JOBS = "SageMaker names the jobs of pipelines, with this prefix"


class SageMakerPipeline(Construct):
    """`pipelines/ml_platform/train_model.json`, deployed, with its role and its alarm."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        bucket: s3.IBucket,
        trained: TrainedModel,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(MlTrainingSettings)
        inputs, roles, registry = trained.inputs, trained.roles, trained.registry
        network, code = foundation.network, inputs.code
        self._bucket, self._trained = bucket, trained
        role = self._role(foundation)
        definition = _filled_in(
            json.loads(_DEFINITION.read_text()),
            {
                "arn:aws:iam::000000000000:role/Evaluation": roles.evaluation.role_arn,
                "arn:aws:iam::000000000000:role/Training": roles.training.role_arn,
                "${Baseline}": settings.baseline,
                "${Bucket}": bucket.bucket_name,
                "${CodeBucket}": code.s3_bucket_name,
                "${CodeFile}": code.s3_object_key,
                "${ImageUri}": ContainerImages.of(self).xgboost,
                "${KeyArn}": foundation.key.key_arn,
                "${ModelPackageGroupName}": registry.model_package_group_name,
                "${Region}": Aws.REGION,
                "${SecurityGroupId}": network.job_security_group.security_group_id,
            },
            {"${SubnetIds}": network.subnet_ids},
        )
        _apply(settings, definition)
        if inputs.preparation:
            self._prepare_requests(definition, inputs.preparation.s3_object_url)
        self.pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            # Required; whoever starts it refers to it by name.
            pipeline_name=registry.model_package_group_name,
            pipeline_description="Train, evaluate, gate, register, as train_model does",
            pipeline_definition={
                "PipelineDefinitionBody": Stack.of(self).to_json_string(definition)
            },
            role_arn=role.role_arn,
        )
        # SageMaker reads the role's permissions when the pipeline is created.
        self.pipeline.node.add_dependency(role)
        Alarm(
            self,
            "Failed",
            cloudwatch.Metric(
                namespace="AWS/Sagemaker/ModelBuildingPipeline",
                metric_name="ExecutionFailed",
                dimensions_map={"PipelineName": self.pipeline.pipeline_name},
                statistic="Sum",
                period=Duration.minutes(5),
            ),
            topic=foundation.topic,
            runbook="A pipeline execution failed, or its gate refused the model: Studio, and aws"
            " sagemaker list-pipeline-execution-steps, name the step and the reason. Mend that, and"
            " start it again.",
            above=0,
        )

    def _prepare_requests(self, definition: dict[str, Any], artefact_url: str) -> None:
        """Register models behind the container that prepares flights, with the same variables."""
        (registration,) = definition["Steps"][2]["Arguments"]["IfSteps"]
        containers = registration["Arguments"]["InferenceSpecification"]["Containers"]
        environment = {**containers[0]["Environment"], "SAGEMAKER_PROGRAM": "prepare.py"}
        containers.insert(
            0,
            {
                "Image": ContainerImages.of(self).scikit_learn,
                "ModelDataUrl": artefact_url,
                "Environment": environment,
            },
        )

    def _role(self, foundation: PlatformFoundation) -> ServiceRole:
        """What SageMaker Pipelines does itself; its jobs have the roles of the workflow's.

        docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html
        """
        role = ServiceRole(self, "Role", "sagemaker", confused_deputy_guard=True)
        allow_from_outside(role)
        stack = Stack.of(self)
        role.allow(
            "RunItsJobs",
            [
                f"sagemaker:{verb}{kind}Job"
                for kind in ("Training", "Processing")
                for verb in ("Create", "Describe")
            ]
            + ["sagemaker:AddTags"],
            *(
                stack.format_arn(service="sagemaker", resource=kind, resource_name="pipelines-*")
                for kind in ("training-job", "processing-job")
            ),
            wildcard_because=_OWN_JOBS,
        )
        role.allow(
            "LendTheJobRoles",
            ["iam:PassRole"],
            self._trained.roles.training.role_arn,
            self._trained.roles.evaluation.role_arn,
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        )
        role.allow(
            "ReadTheReport",
            ["s3:GetObject"],
            self._bucket.arn_for_objects("evaluation/*/evaluation.json"),
            wildcard_because="reports are stored in folders named after executions",
        )
        allow_registration(
            role,
            bucket=self._bucket,
            inputs=self._trained.inputs,
            registry=self._trained.registry,
        )
        role.allow_key("ReadUnderTheKey", foundation.key, "s3", writes=False)
        for statement in guard_rails():
            role.add_to_policy(statement)
        return role


def _filled_in(value: Any, texts: Mapping[str, str], lists: Mapping[str, list[str]]) -> Any:
    """`value` with the names of the definition replaced; a list of one name becomes its list."""
    if isinstance(value, dict):
        return {name: _filled_in(item, texts, lists) for name, item in value.items()}
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], str) and value[0] in lists:
            return lists[value[0]]
        return [_filled_in(item, texts, lists) for item in value]
    if isinstance(value, str):
        for name, text in texts.items():
            value = value.replace(name, text)
    return value


def _apply(settings: MlTrainingSettings, definition: dict[str, Any]) -> None:
    """Set what the SDK's typed classes cannot leave open, and the defaults of the parameters."""
    defaults = {
        "ApprovalStatus": settings.approval,
        "InstanceType": settings.instance_type,
        "MinimumAuc": settings.minimum_auc,
        "MinimumGain": settings.minimum_gain_over_baseline,
    }
    for parameter in definition["Parameters"]:
        if parameter["Name"] in defaults:
            parameter["DefaultValue"] = defaults[parameter["Name"]]
    training, evaluation = (step["Arguments"] for step in definition["Steps"][:2])
    seconds, wait = settings.max_runtime_minutes * 60, settings.max_spot_wait_minutes * 60
    training["EnableManagedSpotTraining"] = settings.spot
    training["StoppingCondition"] = {
        "MaxRuntimeInSeconds": seconds,
        **({"MaxWaitTimeInSeconds": seconds + wait} if settings.spot else {}),
    }
    training["ResourceConfig"]["VolumeSizeInGB"] = settings.volume_gibibytes
    cluster = evaluation["ProcessingResources"]["ClusterConfig"]
    cluster["VolumeSizeInGB"] = settings.volume_gibibytes
