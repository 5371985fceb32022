"""Sends some flights through a deployed lake, curates them, and compares every row."""

import time
import uuid
from io import BytesIO

import pandas as pd
from pyarrow import parquet

from local.demos import flights as source
from local.demos.job_runs import run_job
from local.demos.report import Check
from local.demos.streaming_lake.expected import Expected
from local.demos.streaming_lake.producer import Producer
from local.demos.verification import Account, Verification
from local.runtime.deployment import Outputs
from local.runtime.progress import Step, Steps
from local.runtime.workspace import LocalError
from local.services.s3.objects import list_keys

_FLIGHTS = 200
# Two buffers of 15 minutes, the longest that an environment has, and some more.
_DELIVERY_SECONDS = 45 * 60


def verify(account: Account, outputs: Outputs, steps: Steps) -> list[Check]:
    """Send flights with ids of their own; each must be one row, equal to what was send_result."""
    lake = outputs["StreamingLake"]
    frame = source.flights(_FLIGHTS)
    frame["event_id"] = [f"verify-{uuid.uuid4()}" for _ in range(_FLIGHTS)]
    ids = set(frame.event_id)
    # Not read below: a lake in use may hold many objects.
    earlier = set(list_keys(account.client("s3"), lake["LakeBucketName"], "events/"))
    with steps.step(f"Put {_FLIGHTS} flights on the stream, one of them twice"):
        lines = list(source.lines(frame))
        send_result = Producer(account.client("kinesis"), lake["StreamName"]).send(
            [*lines, lines[0]]
        )
    with steps.step("Wait until Firehose has delivered them") as step:
        delivered = _wait_for(account, lake["LakeBucketName"], earlier, ids, step)
    with steps.step("Curate with the Glue job"):
        job = lake["CurateCommand"].split()[-1]
        run_job(account.client("glue"), job, account.poll_seconds)
    with steps.step("Query with Athena, and compare each row"):
        listed = ", ".join(f"'{event_id}'" for event_id in sorted(ids))
        query = f"SELECT * FROM flights_curated WHERE event_id IN ({listed})"  # noqa: S608 -- our own ids
        curated, _ = account.athena(lake).run(query, as_text=True)
    # A deployed lake may hold weather or none, and an event's lateness depends on earlier runs.
    weather = ["temperature_fahrenheit", "wind_speed_miles_per_hour", "wind_gust_miles_per_hour"]
    weather += ["precipitation_inches", "visibility_miles", "weather_missing", "late", "arrived_at"]
    expected = Expected(frame.assign(late=False), source.weather().head(0))
    return [
        Check(
            "lines put on the stream", _FLIGHTS + 1, send_result.lines - len(send_result.refused)
        ),
        Check("lines delivered", _FLIGHTS + 1, delivered),
        Check("flights curated, each once", _FLIGHTS, len(curated)),
        Check("rows that differ", 0, expected.differing_rows(curated, without=weather)),
    ]


def _wait_for(account: Account, bucket: str, earlier: set[str], ids: set[str], step: Step) -> int:
    """How many lines in objects that are not `earlier` have one of `ids`, once all have come.

    Raises LocalError if they do not come in time.
    """
    s3, deadline = account.client("s3"), time.monotonic() + _DELIVERY_SECONDS
    lines_by_key: dict[str, int] = {}
    while time.monotonic() < deadline:
        for key in list_keys(s3, bucket, "events/"):
            if key not in earlier and key not in lines_by_key:
                body = BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
                column: pd.Series[str] = parquet.read_table(body).column("event_id").to_pandas()
                lines_by_key[key] = int(column.isin(ids).sum())
        delivered = sum(lines_by_key.values())
        step.detail = f"{delivered} of {len(ids) + 1}"
        if delivered > len(ids):
            return delivered
        time.sleep(account.poll_seconds)
    raise LocalError(
        f"Firehose has delivered {sum(lines_by_key.values())} of {len(ids) + 1} lines within"
        f" {_DELIVERY_SECONDS // 60} minutes. Look at the errors:"
        f" aws s3 ls --recursive s3://{bucket}/errors/"
    )


VERIFICATION = Verification(
    usd=0.15,
    minutes=20,
    leaves=f"{_FLIGHTS} curated flights whose event_id begins with verify-",
    run=verify,
)
