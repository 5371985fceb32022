"""The Lambda function that brings an object of the raw log back into the lake."""

from aws_cdk import Duration
from constructs import Construct

from stacks.shared.foundation import Foundation
from stacks.shared.python_function import PythonFunction
from stacks.streaming_lake.prefixes import RAW_FLIGHTS, REJECTED_AGAIN, REPLAYED
from stacks.streaming_lake.storage import Storage

SERVICE = "replay-raw-log"


class Replay(PythonFunction):
    """Sends the lines of one object through the transform again (ST-09).

    It writes good lines to `replayed/`, where the curation job finds them, and rejected lines below
    `rejected/`. Nothing calls it by itself.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, foundation: Foundation, storage: Storage
    ) -> None:
        lake, raw = storage.lake, storage.raw
        super().__init__(
            scope,
            construct_id,
            folder="streaming_lake/transform_flight_events/replay",
            foundation=foundation,
            # 128 MiB of flights, a full buffer, took 7 s of one core; Firehose takes buffers for
            # hints (https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html,
            # read 2026-11-29), and lines that are all refused take longer.
            timeout=Duration.minutes(5),
            runbook="An object of the raw log could not be replayed. The log of the function names"
            " it and says why; replay its hour again.",
            variables={
                "RAW_BUCKET": raw.bucket_name,
                "RAW_PREFIX": RAW_FLIGHTS,
                "LAKE_BUCKET": lake.bucket_name,
                "REPLAYED_PREFIX": REPLAYED,
                "REJECTED_PREFIX": REJECTED_AGAIN,
                "POWERTOOLS_SERVICE_NAME": SERVICE,
            },
        )
        role = self.service_role
        role.allow(
            "ReadTheRawLog",
            ["s3:GetObject"],
            raw.arn_for_objects(f"{RAW_FLIGHTS}*"),
            wildcard_because="any object of the raw log may be replayed",
        )
        # It reads what an earlier replay has left to see whether it is the same.
        role.allow(
            "KeepItsLines",
            ["s3:GetObject", "s3:PutObject"],
            *(lake.arn_for_objects(f"{prefix}*") for prefix in (REPLAYED, REJECTED_AGAIN)),
            wildcard_because="one object of each per raw object, named after it",
        )
        role.allow_key("UseTheKey", foundation.key, "s3")
        self.command = (
            f"aws lambda invoke --function-name {self.function_name} --cli-read-timeout 310"
            " --cli-binary-format raw-in-base64-out --payload"
            f' \'{{"key": "{RAW_FLIGHTS}arrival_hour=2026-11-20-05/..."}}\' /dev/stdout'
        )
