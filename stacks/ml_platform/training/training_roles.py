"""The roles of training and of evaluation, so that neither can change the other's results."""

from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.job_roles import JobRole
from stacks.ml_platform.training.training_inputs import TrainingInputs

_OWN_FILES = "SageMaker names the files of its jobs, below this prefix"


class TrainingRoles(Construct):
    """The role of training jobs and the role of evaluations (TR-06)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        bucket: s3.IBucket,
        inputs: TrainingInputs,
    ) -> None:
        super().__init__(scope, construct_id)
        data, code, run = inputs.data, inputs.code, inputs.model.run_prefix
        self.training = JobRole(self, "Training", foundation=foundation, log_group="TrainingJobs")
        self.training.allow_list(
            "FindTheSet", data.bucket.bucket_arn, *(data.prefixes("train", "validation"))
        )
        self.training.allow(
            "ReadTheSet",
            ["s3:GetObject"],
            *(data.objects("train", "validation")),
            wildcard_because="Athena names the files of a training set",
        )
        self.training.allow_list("FindItsCheckpoints", bucket.bucket_arn, f"checkpoints/{run}")
        self.training.allow(
            "KeepCheckpoints",
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            bucket.arn_for_objects(f"checkpoints/{run}*"),
            wildcard_because=_OWN_FILES,
        )
        self.training.allow(
            "WriteTheModel",
            ["s3:PutObject"],
            bucket.arn_for_objects(f"models/{run}*"),
            wildcard_because=_OWN_FILES,
        )
        self.evaluation = JobRole(
            self, "Evaluation", foundation=foundation, log_group="ProcessingJobs"
        )
        self.evaluation.allow_list(
            "FindTheSet", data.bucket.bucket_arn, *(data.prefixes("train", "validation", "test"))
        )
        self.evaluation.allow(
            "ReadTheSet",
            ["s3:GetObject"],
            *(data.objects("train", "validation", "test")),
            wildcard_because="Athena names the files of a training set",
        )
        self.evaluation.allow_list("FindTheModel", bucket.bucket_arn, f"models/{run}")
        self.evaluation.allow(
            "ReadTheModel",
            ["s3:GetObject"],
            bucket.arn_for_objects(f"models/{run}*"),
            wildcard_because=_OWN_FILES,
        )
        self.evaluation.allow(
            "WriteTheReport",
            ["s3:PutObject"],
            bucket.arn_for_objects(f"evaluation/{run}*"),
            wildcard_because=_OWN_FILES,
        )
        for role in (self.training, self.evaluation):
            role.allow(
                "ReadItsCode", ["s3:GetObject"], code.bucket.arn_for_objects(code.s3_object_key)
            )
            role.allow_list("FindItsCode", code.bucket.bucket_arn, code.s3_object_key)
            if data.key is not foundation.key:
                role.allow_key("ReadUnderTheLakesKey", data.key, "s3", writes=False)
