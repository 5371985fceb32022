"""A Kinesis data stream of events, as the lake and the streaming table take them in."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from stacks.shared import gate
from stacks.shared.foundation import Foundation
from stacks.streaming_lake.settings import StreamingLakeSettings


class EventStream(kinesis.Stream):
    """Encrypted under the architecture's key, replicated over three zones (IN-04).

    `shards`: None for on-demand mode. `own_key_because` is the reason for that key, which costs
    more than the AWS managed one.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        shards: int | None,
        own_key_because: str,
    ) -> None:
        environment = foundation.environment
        settings = environment.settings(StreamingLakeSettings)
        mode = kinesis.StreamMode.PROVISIONED if shards else kinesis.StreamMode.ON_DEMAND
        super().__init__(
            scope,
            construct_id,
            stream_mode=mode,
            shard_count=shards,
            retention_period=Duration.hours(settings.retention_hours),
            encryption=kinesis.StreamEncryption.KMS,
            encryption_key=foundation.key,
            removal_policy=(
                RemovalPolicy.RETAIN if environment.keep_data else RemovalPolicy.DESTROY
            ),
        )
        gate.acknowledge(
            self,
            {
                "AwsSolutions::AwsSolutions-KDS3": "the rule prefers the AWS managed key for its"
                f" price; {own_key_because}"
            },
        )
