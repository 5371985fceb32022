"""The Kinesis data stream that events arrive on: ordered, and replayable."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from stacks.shared import gate
from stacks.shared.foundation import Foundation
from stacks.streaming_lake.settings import StreamingLakeSettings


class Ingestion(Construct):
    """The stream of flight events (IN-05), encrypted, replicated over three zones (IN-04).

    A record carries many events, one per line, up to 1 MiB: Kinesis bills PUTs in 25 KiB units and
    Firehose in 5 KiB steps. Kinesis takes 10 MiB today (IN-08), but Lambda takes 6 MB per batch.
    """

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        environment = foundation.environment
        settings = environment.settings(StreamingLakeSettings)
        provisioned = settings.shards is not None
        self.stream = kinesis.Stream(
            self,
            "Events",
            stream_mode=kinesis.StreamMode.PROVISIONED
            if provisioned
            else kinesis.StreamMode.ON_DEMAND,
            shard_count=settings.shards,
            retention_period=Duration.hours(settings.retention_hours),
            encryption=kinesis.StreamEncryption.KMS,
            encryption_key=foundation.key,
            removal_policy=(
                RemovalPolicy.RETAIN if environment.keep_data else RemovalPolicy.DESTROY
            ),
        )
        gate.acknowledge(
            self.stream,
            {
                "AwsSolutions::AwsSolutions-KDS3": "the rule prefers the AWS managed key for its"
                " price; with our own key, every reader needs a grant and is logged in CloudTrail"
            },
        )
