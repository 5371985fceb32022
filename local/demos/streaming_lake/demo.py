"""The demo of the streaming lake: real flights in, rows out, every figure computed twice."""

import gzip
import time
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import orjson
import pandas as pd
from pyarrow import parquet

from local.demos import flights as source
from local.demos.streaming_lake.checks import Evidence, compare
from local.demos.streaming_lake.producer import Producer, Sent
from local.demos.verification import Check
from local.runtime.emulator import Emulator
from local.runtime.progress import Steps
from local.runtime.workspace import LocalError, Workspace
from local.services.athena.queries import Answer, Athena
from local.services.glue.job_run import run_job

_DUPLICATES = 50
_QUERIES = ["delay_by_carrier_and_hour", "late_arrivals", "route_delays", "training_set"]


@dataclass
class Result:
    """What the demo did, for the report."""

    flights: int
    sent: list[Sent] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)


class StreamingLakeDemo:
    """Drives one deployed lake through its stack outputs and AWS APIs, as its user would."""

    def __init__(
        self, emulator: Emulator, workspace: Workspace, outputs: dict[str, str], steps: Steps
    ) -> None:
        self._emulator, self._workspace = emulator, workspace
        self._outputs, self._steps = outputs, steps
        self._s3 = emulator.client("s3")
        self._lake = outputs["LakeBucketName"]

    def run(self, count: int) -> Result:
        """Stream `count` flights, curate twice, query, and compare with DuckDB."""
        result = Result(count)
        frame, weather = source.flights(count), source.weather()
        # Every tenth flight comes after its day was published: late, into every partition.
        frame = frame.assign(late=frame.index % 10 == 9)
        bad = source.bad_lines(next(source.lines(frame.drop(columns="late").head(1))))
        waves = _waves(frame, [each.line for each in bad])
        with self._steps.step(f"Load {len(weather):,} hours of weather, as one batch"):
            self._load_weather(weather)
        good = 0
        for number, wave in enumerate(waves, start=1):
            with self._steps.step(f"Stream wave {number}: {len(wave):,} lines"):
                result.sent.append(self._send(wave))
            # The first wave holds the bad lines, and the one that the producer refuses.
            good += len(wave) - (len(bad) + 1 if number == 1 else 0)
            with self._steps.step(f"Wait until Firehose has delivered wave {number}"):
                self._wait_for(good, len(bad))
            with self._steps.step(f"Curate with Spark, run {number}"):
                result.runs.append(self._curate())
        with self._steps.step("Query with Athena"):
            athena = Athena(self._emulator, self._outputs)
            result.answers = [athena.ask("streaming_lake", name) for name in _QUERIES]
        with self._steps.step("Compare every figure with DuckDB"):
            result.reasons = self._reasons()
            curated, _ = athena.run("SELECT * FROM flights_curated", as_text=True)
            evidence = Evidence(
                lines=sum(map(len, waves)),
                bad_reasons=sorted(each.reason for each in bad),
                delivered=self._delivered(),
                rejected=result.reasons,
                sent=result.sent,
                logged_bytes=self._logged_bytes(),
                fresh=[run["fresh"] for run in result.runs],
                curated=curated,
                answers={answer.name: answer.rows for answer in result.answers},
            )
            result.checks = compare(evidence, frame, weather)
        return result

    def _send(self, lines: list[bytes]) -> Sent:
        kinesis = self._emulator.client("kinesis")
        sent = Producer(kinesis, self._outputs["StreamName"]).send(lines)
        for refusal in sent.refused:
            self._steps.say(f"refused by the producer: {refusal}")
        return sent

    def _curate(self) -> dict[str, Any]:
        job = self._outputs["CurateCommand"].split()[-1]
        return run_job(self._emulator, self._workspace, job)

    def _load_weather(self, weather: pd.DataFrame) -> None:
        for month, rows in weather.groupby(weather.observed_at.dt.strftime("%Y-%m")):
            body = BytesIO()
            rows.to_parquet(body, index=False, coerce_timestamps="ms")
            key = f"weather/month={month}/weather.parquet"
            self._s3.put_object(Bucket=self._lake, Key=key, Body=body.getvalue())

    def _wait_for(self, good: int, bad: int) -> None:
        """Until that many rows and rejected lines are in the lake; patient while numbers grow."""
        seen, since = (-1, -1), time.monotonic()
        while True:
            now = (self._delivered(), sum(self._reasons().values()))
            if now == (good, bad):
                return
            if now != seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > 60:
                raise LocalError(
                    f"Delivery stands still at {now[0]:,} of {good:,} events and {now[1]} of {bad} "
                    f"rejected lines. See {self._workspace.logs}/firehose.log"
                )
            time.sleep(0.5)

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def _body(self, bucket: str, key: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def _delivered(self) -> int:
        return sum(
            parquet.read_metadata(BytesIO(self._body(self._lake, key))).num_rows
            for key in self._keys(self._lake, "events/")
        )

    def _reasons(self) -> dict[str, int]:
        """Rejected lines in the lake, by reason."""
        reasons: dict[str, int] = {}
        for key in self._keys(self._lake, "rejected/"):
            for line in self._body(self._lake, key).splitlines():
                reason = orjson.loads(line)["reason"]
                reasons[reason] = reasons.get(reason, 0) + 1
        return reasons

    def _logged_bytes(self) -> int:
        raw = self._outputs["RawBucketName"]
        return sum(
            len(gzip.decompress(self._body(raw, key))) for key in self._keys(raw, "flights/")
        )


def _waves(frame: pd.DataFrame, bad: list[bytes]) -> list[list[bytes]]:
    """What is sent before and after the first curation, duplicates and troubles included."""
    events = frame.drop(columns="late")
    first = list(source.lines(events[~frame.late]))
    second = list(source.lines(events[frame.late]))
    half = len(first) // 2
    too_long = b'{"event_id": "' + b"x" * 1_100_000 + b'"}'
    return [
        [*first[:half], *bad, too_long, *first[half:], *first[:_DUPLICATES]],
        [*second, *first[:_DUPLICATES]],
    ]
