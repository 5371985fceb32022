"""Where the training set is: in the streaming lake beside us, or in the platform's own bucket."""

from dataclasses import dataclass

from aws_cdk import Fn
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

_PREFIX = "training/"


@dataclass(frozen=True)
class TrainingData:
    """A bucket whose `training/<set>/split=<split>/` holds CSV or Parquet, label first (TR-10).

    What jobs read and write has an address in S3 (ST-14), so roles can be narrowed to prefixes.
    """

    bucket: s3.IBucket
    key: kms.IKey

    def prefixes(self, *splits: str) -> list[str]:
        """What a role lists to find `splits`, in whatever set."""
        return [f"{_PREFIX}*split={split}/" for split in splits]

    def objects(self, *splits: str) -> list[str]:
        """ARNs of the objects of `splits`, in whatever set."""
        return [self.bucket.arn_for_objects(f"{prefix}*") for prefix in self.prefixes(*splits)]


@dataclass(frozen=True)
class LakeOutputs:
    """What the streaming lake tells other architectures: its stack outputs, by their exports."""

    bucket_name: str
    key_arn: str
    database_name: str
    work_group_name: str
    curated_table_name: str
    curate_job_name: str


def lake_beside_us(name_prefix: str) -> LakeOutputs:
    """The outputs of the lake of the same prefix; deploying fails if it does not stand."""

    def output(name: str) -> str:
        return Fn.import_value(f"{name_prefix}StreamingLake-{name}")

    return LakeOutputs(
        bucket_name=output("LakeBucketName"),
        key_arn=output("KeyArn"),
        database_name=output("DatabaseName"),
        work_group_name=output("WorkGroupName"),
        curated_table_name=output("CuratedTableName"),
        curate_job_name=output("CurateJobName"),
    )


def data_of_lake(scope: Construct, lake: LakeOutputs) -> TrainingData:
    """The training set that the lake's `training_set.sql` writes."""
    return TrainingData(
        bucket=s3.Bucket.from_bucket_name(scope, "LakeBucket", lake.bucket_name),
        key=kms.Key.from_key_arn(scope, "LakeKey", lake.key_arn),
    )
