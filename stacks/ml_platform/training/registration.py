"""What whoever registers a model needs: a workflow or a pipeline."""

from aws_cdk import Stack
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker

from stacks.ml_platform.container_images import ContainerImages
from stacks.ml_platform.training.training_inputs import TrainingInputs
from stacks.shared.service_role import ServiceRole


def allow_registration(
    role: ServiceRole,
    *,
    bucket: s3.IBucket,
    inputs: TrainingInputs,
    registry: sagemaker.CfnModelPackageGroup,
) -> None:
    """Allow adding packages to `registry`, of artefacts in `bucket`.

    The registry reads artefacts and images in the name of whoever registers a model: AWS's policy
    AmazonSageMakerModelRegistryFullAccess carries s3:GetObject and the two actions of ECR.
    """
    stack, group = Stack.of(role), registry.model_package_group_name
    role.allow(
        "Register",
        ["sagemaker:CreateModelPackage"],
        stack.format_arn(service="sagemaker", resource="model-package-group", resource_name=group),
        stack.format_arn(service="sagemaker", resource="model-package", resource_name=f"{group}/*"),
        wildcard_because="SageMaker numbers the packages of a group",
    )
    role.allow(
        "ReadTheModel",
        ["s3:GetObject"],
        bucket.arn_for_objects(f"models/{inputs.model.run_prefix}*"),
        wildcard_because="SageMaker names the folders of its jobs",
    )
    images = ContainerImages.of(role)
    repositories = [images.xgboost_repository_arn]
    if preparation := inputs.preparation:
        repositories.append(images.scikit_learn_repository_arn)
        role.allow(
            "ReadThePreparation",
            ["s3:GetObject"],
            preparation.bucket.arn_for_objects(preparation.s3_object_key),
        )
    role.allow("LookAtTheImages", ["ecr:BatchGetImage", "ecr:DescribeImages"], *repositories)
