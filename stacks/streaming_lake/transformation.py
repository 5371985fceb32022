"""The Lambda function that Firehose transforms records with."""

from aws_cdk import Duration
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.shared.foundation import Foundation
from stacks.shared.python_function import PythonFunction
from stacks.streaming_lake.prefixes import REJECTED

NAMESPACE = "StreamingLake"
SERVICE = "transform-flight-events"


class Transformation(PythonFunction):
    """Validates and normalises each line of each record (IN-13, SE-26).

    It writes rejected lines to `rejected/`. Records that would make its response exceed Lambda's
    6 MB go back onto the stream.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        lake: s3.IBucket,
        stream: kinesis.IStream,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            folder="streaming_lake/transform_flight_events",
            foundation=foundation,
            # Firehose waits five minutes for a response, then sends the batch again.
            timeout=Duration.minutes(4),
            runbook="The transform fails, and its log says why. Firehose sends a batch three more"
            " times, within minutes, then leaves it below `errors/processing-failed/`: send it"
            " again from there.",
            variables={
                "REJECTED_BUCKET": lake.bucket_name,
                "REJECTED_PREFIX": REJECTED,
                "POWERTOOLS_SERVICE_NAME": SERVICE,
                "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
            },
        )
        role = self.service_role
        role.allow(
            "SetRejectedLinesAside",
            ["s3:PutObject"],
            lake.arn_for_objects(f"{REJECTED}*"),
            wildcard_because="one object per record, named after it, below this prefix only",
        )
        role.allow("PutRecordsBack", ["kinesis:PutRecords"], stream.stream_arn)
        role.allow_key("EncryptWhatItWrites", foundation.key, "s3", "kinesis", reads=False)
