"""The Kinesis data stream that events arrive on: ordered, and replayable."""

from constructs import Construct

from stacks.shared.foundation import Foundation
from stacks.streaming_lake.event_stream import EventStream
from stacks.streaming_lake.settings import StreamingLakeSettings


class Ingestion(Construct):
    """The stream of flight events (IN-05), encrypted, replicated over three zones (IN-04).

    A record carries many events, one per line, up to 1 MiB: Kinesis bills PUTs in 25 KiB units and
    Firehose in 5 KiB steps. Kinesis takes 10 MiB today (IN-08), but Lambda takes 6 MB per batch.
    """

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        self.stream = EventStream(
            self,
            "Events",
            foundation=foundation,
            shards=foundation.environment.settings(StreamingLakeSettings).shards,
            own_key_because="with our own key, every reader needs a grant and is logged in"
            " CloudTrail",
        )
