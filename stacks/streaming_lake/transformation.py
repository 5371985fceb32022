"""The Lambda that Firehose asks about every record: what is good goes on, the rest is set aside."""

from aws_cdk import Duration
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.environments import Environment
from stacks.shared.python_function import PythonFunction

NAMESPACE = "StreamingLake"
SERVICE = "transform-flight-events"


class Transformation(PythonFunction):
    """Validates and normalises each line of each record (IN-13, SE-26).

    It writes rejected lines to `rejected/`, and puts records back on the stream when its answer
    would pass Lambda's 6 MB.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        lake: s3.IBucket,
        stream: kinesis.IStream,
        key: kms.IKey,
        environment: Environment,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            folder="streaming_lake/transform_flight_events",
            key=key,
            environment=environment,
            # Firehose waits five minutes for an answer, and then sends the batch again.
            timeout=Duration.minutes(4),
            variables={
                "REJECTED_BUCKET": lake.bucket_name,
                "REJECTED_PREFIX": "rejected/",
                "POWERTOOLS_SERVICE_NAME": SERVICE,
                "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
            },
        )
        role = self.service_role
        role.allow(
            "SetRejectedLinesAside",
            ["s3:PutObject"],
            lake.arn_for_objects("rejected/*"),
            wildcard_because="one object a record, named after it, below this prefix only",
        )
        role.allow("PutRecordsBack", ["kinesis:PutRecords"], stream.stream_arn)
        role.allow_key("EncryptWhatItWrites", key, "s3", "kinesis", reads=False)
