"""The models that an endpoint may serve: registered in this account, or in another one."""

from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from stacks.environments import Environment
from stacks.ml_platform.model import SERVED, Model, models
from stacks.ml_platform.settings import MlEndpointSettings, MlTrainingSettings
from stacks.ml_platform.training.training_data import TrainingData
from stacks.shared.statements import Statements


@dataclass(frozen=True)
class RegisteredModel:
    """A model and its group of packages."""

    model: Model
    group: str
    """The name of the group; its ARN, if another account has it."""
    group_arn: str
    packages_arn: str
    """Of every package of the group: SageMaker numbers them."""
    data: TrainingData | None = None
    """Its training sets; None, if another account has them."""
    preparation: s3_assets.Asset | None = None
    """The code that prepares raw requests, if used."""

    @property
    def group_name(self) -> str:
        """The name of the group, in whatever account it is."""
        return self.group.rpartition("/")[2]


@dataclass(frozen=True)
class RegisteredModels:
    """The registry, and where the artefacts and reports of its packages are."""

    bucket: s3.IBucket
    key: kms.IKey
    flights: RegisteredModel
    """What the endpoint serves."""
    other_models: tuple[RegisteredModel, ...]
    account: str | None = None
    """The account of all of them, if it is another one."""

    def allow_key(self, role: Statements) -> None:
        """Allow reading what lies in `bucket`, where the key is another account's.

        Roles may use their own account's key already.
        """
        if self.account:
            role.allow_key("ReadUnderTheKeyOfTheRegistry", self.key, "s3", writes=False)


def allow_models_of(role: Statements, registered: RegisteredModel) -> None:
    """Allow CreateModel of another account's packages, besides models of the own account.

    AWS's example of a group's policy (docs.aws.amazon.com/sagemaker/latest/dg/
    model-registry-deploy.html, read 2026-11-29) allows the action on packages; that the caller
    needs it on them as well follows from how IAM decides across accounts, and was not tried.
    """
    role.allow(
        "ServeItsPackages",
        ["sagemaker:CreateModel"],
        registered.packages_arn,
        wildcard_because="SageMaker numbers the packages of a group",
    )


def registered(
    scope: Construct,
    model: Model,
    environment: Environment,
    *,
    account: str | None = None,
    data: TrainingData | None = None,
    preparation: s3_assets.Asset | None = None,
) -> RegisteredModel:
    """The group of `model`: people and rules refer to it by its name, in every account."""
    name = f"{environment.common.name_prefix}{model.name}"

    def named(resource: str, resource_name: str) -> str:
        return Stack.of(scope).format_arn(
            service="sagemaker", resource=resource, resource_name=resource_name, account=account
        )

    group_arn = named("model-package-group", name)
    return RegisteredModel(
        model=model,
        group=group_arn if account else name,
        group_arn=group_arn,
        packages_arn=named("model-package", f"{name}/*"),
        data=data,
        preparation=preparation,
    )


def models_of_another_account(scope: Construct, environment: Environment) -> RegisteredModels:
    """What `ml_endpoint.registry_account` shares with this account."""
    settings = environment.settings(MlEndpointSettings)
    account, bucket, key = settings.registry
    by_name = {
        name: registered(scope, models()[name], environment, account=account)
        for name in environment.settings(MlTrainingSettings).models
    }
    return RegisteredModels(
        bucket=s3.Bucket.from_bucket_name(scope, "Models", bucket),
        key=kms.Key.from_key_arn(scope, "ModelsKey", key),
        flights=by_name.pop(SERVED),
        other_models=tuple(by_name.values()),
        account=account,
    )
