"""Where events come in: a Kinesis data stream that keeps them in order, and can replay them."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.shared import gate
from stacks.streaming_lake.settings import StreamingLakeSettings


class Ingestion(Construct):
    """The stream of flight events (IN-05), encrypted, ordered, in three zones at once (IN-04).

    A record carries many events, one a line, up to 1 MiB (IN-08 allows 10 MiB today, but Lambda
    takes no more than 6 MB a batch): Kinesis bills PUTs in 25 KiB units, Firehose in 5 KiB steps.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.IKey,
        settings: StreamingLakeSettings,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
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
            encryption_key=key,
            removal_policy=removal_policy,
        )
        gate.acknowledge(
            self.stream,
            {
                "AwsSolutions::AwsSolutions-KDS3": "the rule saves the price of a key; the key is"
                " the point: whoever reads the stream must be allowed to use it, and is logged"
            },
        )
