"""How models are served: what the template's endpoint and the workflow's have in common."""

from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.ml_platform.container_images import ContainerImages
from stacks.ml_platform.job_roles import JobRole

_OWN_FILES = "SageMaker names the files of its jobs itself, below the prefix that is theirs"


class ServingRole(JobRole):
    """The role of a served model: read models, write what is captured and what is transformed."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        models: s3.IBucket,
        bucket: s3.IBucket,
        images: ContainerImages,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id, log_group="*", images=images, key=key)
        self.may_list("FindTheModel", models.bucket_arn, "models/")
        self.may(
            "ReadTheModel",
            ["s3:GetObject"],
            models.arn_for_objects("models/*"),
            wildcard_because=_OWN_FILES,
        )
        self.may_list("FindWhatToTransform", bucket.bucket_arn, "transform/")
        self.may(
            "ReadWhatToTransform",
            ["s3:GetObject"],
            bucket.arn_for_objects("transform/*"),
            wildcard_because=_OWN_FILES,
        )
        self.may(
            "WriteWhatItAnswered",
            ["s3:PutObject"],
            bucket.arn_for_objects("capture/*"),
            bucket.arn_for_objects("transform/*"),
            wildcard_because=_OWN_FILES,
        )
