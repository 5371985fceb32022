"""Where the training set is: in the streaming lake, or in the platform's own bucket."""

from dataclasses import dataclass

from aws_cdk import Fn
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


@dataclass(frozen=True)
class TrainingData:
    """A bucket whose `<prefix><set>/split=<split>/` holds CSV or Parquet, label first (TR-10).

    Jobs read and write S3 URIs (ST-14), so roles can be limited to prefixes.
    """

    bucket: s3.IBucket
    key: kms.IKey
    # The streaming lake that the set is exported from, if it is.
    lake: "LakeOutputs | None" = None
    prefix: str = "training/"

    def prefixes(self, *splits: str) -> list[str]:
        """The prefixes of `splits`, in any set."""
        return [f"{self.prefix}*split={split}/" for split in splits]

    def objects(self, *splits: str) -> list[str]:
        """ARNs of the objects of `splits`, in any set."""
        return [self.bucket.arn_for_objects(f"{prefix}*") for prefix in self.prefixes(*splits)]


@dataclass(frozen=True)
class LakeOutputs:
    """The stack outputs that the streaming lake exports."""

    bucket_name: str
    key_arn: str
    database_name: str
    work_group_name: str
    results_bucket_name: str
    curated_table_name: str
    weather_table_name: str
    curate_job_name: str


def _lake_outputs(name_prefix: str) -> LakeOutputs:
    """The outputs of the lake of the same name prefix; it must be deployed first."""

    def output(name: str) -> str:
        return Fn.import_value(f"{name_prefix}StreamingLake-{name}")

    return LakeOutputs(
        bucket_name=output("LakeBucketName"),
        key_arn=output("KeyArn"),
        database_name=output("DatabaseName"),
        work_group_name=output("WorkGroupName"),
        results_bucket_name=output("ResultsBucketName"),
        curated_table_name=output("CuratedTableName"),
        weather_table_name=output("WeatherTableName"),
        curate_job_name=output("CurateJobName"),
    )


def data_of_lake(scope: Construct, name_prefix: str) -> TrainingData:
    """The training set that `sql/streaming_lake/training_set.sql` exports from the lake."""
    lake = _lake_outputs(name_prefix)
    return TrainingData(
        bucket=s3.Bucket.from_bucket_name(scope, "LakeBucket", lake.bucket_name),
        key=kms.Key.from_key_arn(scope, "LakeKey", lake.key_arn),
        lake=lake,
    )
