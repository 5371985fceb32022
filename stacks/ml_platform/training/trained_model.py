"""One model of the platform: its set and code, the roles of its jobs, its workflow and registry."""

from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.model import Model
from stacks.ml_platform.registered_models import registered
from stacks.ml_platform.settings import MlEndpointSettings, MlTrainingSettings
from stacks.ml_platform.training.model_sharing import share_group
from stacks.ml_platform.training.training_data import TrainingData
from stacks.ml_platform.training.training_inputs import TrainingInputs
from stacks.ml_platform.training.training_roles import TrainingRoles
from stacks.ml_platform.training.training_workflow import TrainingWorkflow
from stacks.shared.bundle import artefact_bundle, model_bundle


class TrainedModel:
    """Adds `Code`, `Roles`, `Registry` and `Training` of `model` to `scope`.

    Models share the bucket and the network; each has roles, a workflow and a registry of its own,
    so that one fails, and is trained and approved, without the others.
    """

    def __init__(
        self,
        scope: Construct,
        model: Model,
        data: TrainingData,
        *,
        foundation: PlatformFoundation,
        bucket: s3.IBucket,
    ) -> None:
        environment = foundation.environment
        prepares = environment.settings(MlEndpointSettings).pipeline and model.prepared
        self.model = model
        self.inputs = TrainingInputs(
            model=model,
            data=data,
            code=s3_assets.Asset(scope, "Code", path=str(model_bundle(model.folder))),
            preparation=s3_assets.Asset(
                scope, "Preparation", path=str(artefact_bundle("ml_platform/prepare_flights"))
            )
            if prepares
            else None,
        )
        self.roles = TrainingRoles(
            scope, "Roles", foundation=foundation, bucket=bucket, inputs=self.inputs
        )
        self.registered = registered(
            scope, model, environment, data=data, preparation=self.inputs.preparation
        )
        self.registry = sagemaker.CfnModelPackageGroup(
            scope,
            "Registry",
            # People and the deployment rule refer to the group by its name.
            model_package_group_name=self.registered.group_name,
            model_package_group_description=model.card.description,
        )
        if accounts := environment.settings(MlTrainingSettings).shared_with:
            share_group(self.registry, accounts)
        self.workflow = TrainingWorkflow(
            scope,
            "Training",
            foundation=foundation,
            bucket=bucket,
            inputs=self.inputs,
            roles=self.roles,
            registry=self.registry,
        )
