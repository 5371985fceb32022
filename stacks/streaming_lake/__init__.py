"""streaming-lake: Kinesis, Data Firehose, Glue and Athena."""

from stacks.architecture import Architecture
from stacks.streaming_lake.settings import STREAMING_LAKE
from stacks.streaming_lake.stack import StreamingLake

ARCHITECTURE = Architecture(
    name="streaming-lake",
    summary="an event sent now is a row in Athena minutes from now, one row for good, and a line of"
    " a training set",
    stacks=(StreamingLake,),
    settings=(STREAMING_LAKE,),
    budget="streaming_lake.budget_usd",
)
