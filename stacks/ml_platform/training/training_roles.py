"""Who trains and who judges: two roles, so that neither can touch the other's findings."""

from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from stacks.ml_platform.container_images import ContainerImages
from stacks.ml_platform.job_roles import JobRole
from stacks.ml_platform.training.training_data import TrainingData

_OWN_FILES = "SageMaker names the files of its jobs itself, below the prefix that is theirs"


class TrainingRoles(Construct):
    """The role of training jobs and the role of evaluations (TR-06)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: s3.IBucket,
        data: TrainingData,
        code: s3_assets.Asset,
        images: ContainerImages,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.training = JobRole(self, "Training", log_group="TrainingJobs", images=images, key=key)
        self.training.allow_list(
            "FindTheSet", data.bucket.bucket_arn, *(data.prefixes("train", "validation"))
        )
        self.training.allow(
            "ReadTheSet",
            ["s3:GetObject"],
            *(data.objects("train", "validation")),
            wildcard_because="Athena names the files of the set itself",
        )
        self.training.allow_list("FindItsCheckpoints", bucket.bucket_arn, "checkpoints/")
        self.training.allow(
            "KeepCheckpoints",
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            bucket.arn_for_objects("checkpoints/*"),
            wildcard_because=_OWN_FILES,
        )
        self.training.allow(
            "WriteTheModel",
            ["s3:PutObject"],
            bucket.arn_for_objects("models/*"),
            wildcard_because=_OWN_FILES,
        )
        self.evaluation = JobRole(
            self, "Evaluation", log_group="ProcessingJobs", images=images, key=key
        )
        self.evaluation.allow_list(
            "FindTheSet", data.bucket.bucket_arn, *(data.prefixes("train", "test"))
        )
        self.evaluation.allow(
            "ReadTheSet",
            ["s3:GetObject"],
            *(data.objects("train", "test")),
            wildcard_because="Athena names the files of the set itself",
        )
        self.evaluation.allow_list("FindTheModel", bucket.bucket_arn, "models/")
        self.evaluation.allow(
            "ReadTheModel",
            ["s3:GetObject"],
            bucket.arn_for_objects("models/*"),
            wildcard_because=_OWN_FILES,
        )
        self.evaluation.allow(
            "WriteTheReport",
            ["s3:PutObject"],
            bucket.arn_for_objects("evaluation/*"),
            wildcard_because=_OWN_FILES,
        )
        for role in (self.training, self.evaluation):
            role.allow(
                "ReadItsCode", ["s3:GetObject"], code.bucket.arn_for_objects(code.s3_object_key)
            )
            role.allow_list("FindItsCode", code.bucket.bucket_arn, code.s3_object_key)
            if data.key is not key:
                role.allow_key("ReadUnderTheLakesKey", data.key, "s3", writes=False)
