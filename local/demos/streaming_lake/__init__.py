"""The demo of the streaming lake."""

from local.demos.streaming_lake.demo import StreamingLakeDemo

DEMO = StreamingLakeDemo
