"""The execution role of served models, in endpoints and batch transform jobs."""

from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.job_roles import JobRole
from stacks.ml_platform.registered_models import RegisteredModels
from stacks.ml_platform.serving.roll_back_alarms import RollBackAlarms
from stacks.ml_platform.settings import MlEndpointSettings
from stacks.ml_platform.storage import allow_from_outside
from stacks.ml_platform.training.training_data import TrainingData

_OWN_FILES = "SageMaker names the files of its jobs, below this prefix"


class ServingRole(JobRole):
    """Reads models; writes captured requests and transformed flights."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        models: RegisteredModels,
        bucket: s3.IBucket,
        roll_back_alarms: RollBackAlarms,
    ) -> None:
        super().__init__(scope, construct_id, foundation=foundation, log_group="*")
        stored, preparation = models.bucket, models.flights.preparation
        if not foundation.environment.settings(MlEndpointSettings).in_vpc:
            # SageMaker fetches the model of a serverless endpoint from outside the VPC.
            allow_from_outside(self)
        self.allow_list("FindTheModel", stored.bucket_arn, "models/")
        self.allow(
            "ReadTheModel",
            ["s3:GetObject"],
            stored.arn_for_objects("models/*"),
            wildcard_because=_OWN_FILES,
        )
        # The smoke test of a new model is a job under this role.
        self.allow_list("FindTheSample", stored.bucket_arn, "evaluation/*/smoke_test/")
        self.allow(
            "ReadTheSample",
            ["s3:GetObject"],
            stored.arn_for_objects("evaluation/*/smoke_test/flights.json"),
            wildcard_because="reports are stored in folders named after executions",
        )
        if preparation:
            self.allow(
                "ReadThePreparation",
                ["s3:GetObject"],
                preparation.bucket.arn_for_objects(preparation.s3_object_key),
            )
        models.allow_key(self)
        if data := models.flights.data:
            self._allow_test_split(data, foundation)
        self.allow_list("FindWhatToTransform", bucket.bucket_arn, "transform/")
        self.allow(
            "ReadWhatToTransform",
            ["s3:GetObject"],
            bucket.arn_for_objects("transform/*"),
            wildcard_because=_OWN_FILES,
        )
        self.allow(
            "WriteWhatItAnswered",
            ["s3:PutObject"],
            bucket.arn_for_objects("capture/*"),
            bucket.arn_for_objects("transform/*"),
            wildcard_because=_OWN_FILES,
        )
        # docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
        self.allow(
            "WatchTheRollOut",
            ["cloudwatch:DescribeAlarms"],
            *(alarm.alarm_arn for alarm in roll_back_alarms.all),
        )

    def _allow_test_split(self, data: TrainingData, foundation: PlatformFoundation) -> None:
        """Batch transforms answer the test split of a set, which lies in this account."""
        self.allow_list("FindTheSet", data.bucket.bucket_arn, *data.prefixes("test"))
        self.allow(
            "ReadTheSet",
            ["s3:GetObject"],
            *data.objects("test"),
            wildcard_because="Athena names the files of a training set",
        )
        if data.key is not foundation.key:
            self.allow_key("ReadUnderTheLakesKey", data.key, "s3", writes=False)
