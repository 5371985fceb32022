"""The demo of the streaming lake: real flights in, rows out, every figure computed twice."""

import gzip
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import ClassVar

import orjson
import pandas as pd
from pyarrow import parquet

from local.demos import flights as source
from local.demos.demo import Context, Option
from local.demos.job_runs import run_job
from local.demos.report import Check, Report
from local.demos.streaming_lake.chart import delay_chart
from local.demos.streaming_lake.checks import Evidence, compare
from local.demos.streaming_lake.faults import Faults
from local.demos.streaming_lake.producer import Producer, SendResult
from local.demos.streaming_lake.readers import SparkClient, by_pyiceberg
from local.runtime.deployment import Outputs
from local.runtime.progress import Step
from local.runtime.workspace import LocalError
from local.services.athena.queries import Answer, Athena
from local.services.s3.objects import list_keys

_DUPLICATES = 50
_QUERIES = ["delay_by_carrier_and_hour", "late_arrivals", "route_delays", "training_set"]
_STALLED_SECONDS = 60


@dataclass
class Result:
    """What the demo did, for the report."""

    waves: list[SendResult] = field(default_factory=list)
    rejected: dict[str, int] = field(default_factory=dict)
    """Rejected lines by reason."""
    runs: list[dict[str, int]] = field(default_factory=list)
    """The rows that each Spark run curated: `fresh`, and how many of them are `late`."""
    answers: list[Answer] = field(default_factory=list)
    faults: list[Check] = field(default_factory=list)
    """What readers saw of the faults that the demo of all flights causes."""
    checks: list[Check] = field(default_factory=list)


class StreamingLakeDemo:
    """Streams flights through one deployed lake."""

    options: ClassVar = (Option("flights", "20000", source.parse_count),)

    def __init__(self, context: Context) -> None:
        self._emulator, self._workspace = context.emulator, context.workspace
        self._outputs, self._steps = context.outputs["StreamingLake"], context.steps
        self._count: int = context.options["flights"]
        self._s3 = context.emulator.client("s3")
        self._lake = self._outputs["LakeBucketName"]

    @classmethod
    def first_commands(cls, outputs: Outputs) -> list[str]:
        """Look at the stream."""
        stream = outputs["StreamingLake"]["StreamName"]
        return [f"aws kinesis describe-stream-summary --stream-name {stream}"]

    def run(self) -> Report:
        """Stream flights in two waves, curate after each, query, and compare with DuckDB."""
        result = Result()
        frame, weather = source.flights(self._count), source.weather()
        # Every tenth flight arrives after its day was published, in every partition.
        frame = frame.assign(late=frame.index % 10 == 9)
        bad_lines = source.bad_lines(next(source.lines(frame.drop(columns="late").head(1))))
        waves = _waves(frame, [bad.line for bad in bad_lines])
        faults = None
        if self._count == source.ALL:
            faults = Faults(self._emulator, self._workspace, self._outputs)
        athena = Athena(self._emulator, self._outputs)
        with self._steps.step(f"Load {len(weather):,} hours of weather, as one batch"):
            self._load_weather(weather)
        good = 0
        for number, wave in enumerate(waves, start=1):
            with self._steps.step(f"Stream wave {number}: {len(wave):,} lines"):
                result.waves.append(self._send(wave))
            # The first wave holds the bad lines, and the one that the producer refuses.
            good += len(wave) - (len(bad_lines) + 1 if number == 1 else 0)
            with self._steps.step(f"Wait until Firehose has delivered wave {number}") as step:
                self._wait_for(good, len(bad_lines), step)
            if number == len(waves) and faults:
                result.faults += self._spoil(faults, len(wave) - _DUPLICATES)
            with self._steps.step(f"Curate with Spark, run {number}"):
                result.runs.append(self._curate(athena, result.runs))
        with self._steps.step("Query with Athena") as step:
            for name in _QUERIES:
                step.detail = name
                result.answers.append(athena.ask("streaming_lake", name))
        if faults:
            with self._steps.step("Expire every snapshot but the last"):
                result.faults.append(faults.expire_snapshots())
        with self._steps.step("Read the table by Spark and PyIceberg, too"):
            readers = self._read()
        with self._steps.step("Compare every figure with DuckDB"):
            result.rejected = self._rejected()
            curated, _ = athena.run("SELECT * FROM flights_curated", as_text=True)
            evidence = Evidence(
                lines=sum(map(len, waves)),
                bad_reasons=sorted(bad.reason for bad in bad_lines),
                delivered=self._delivered(),
                rejected=result.rejected,
                waves=result.waves,
                logged_bytes=self._logged_bytes(),
                fresh=[run["fresh"] for run in result.runs],
                curated=curated,
                readers=readers,
                answers={answer.name: answer.rows for answer in result.answers},
            )
            result.checks = [*compare(evidence, frame, weather), *result.faults]
        return self._report(result)

    def _report(self, result: Result) -> Report:
        delays = result.answers[0].rows
        worst = delays[delays.flights >= delays.flights.median()].nlargest(
            1, "mean_arrival_delay_minutes"
        )
        lines = sum(wave.lines for wave in result.waves)
        records = sum(wave.records for wave in result.waves)
        return Report(
            title="Streaming lake",
            lead=f"{self._count:,} real flights of 2013, streamed through the deployed stack on"
            " this machine.",
            checks=result.checks,
            figures=[
                f"{self._count:,} flights sent as {lines:,} lines in {records} Kinesis records",
                f"{sum(result.rejected.values())} lines rejected:"
                f" {', '.join(sorted(result.rejected))}",
                f"{sum(run['fresh'] for run in result.runs):,} rows curated in"
                f" {len(result.runs)} Spark runs,"
                f" {sum(run['late'] for run in result.runs):,} of them late",
                *(
                    f"worst mean delay: {row.carrier} at {row.departure_hour} UTC,"
                    f" {row.mean_arrival_delay_minutes} minutes over {row.flights} flights"
                    for row in worst.itertuples(index=False)
                ),
            ],
            template="streaming_lake/report.html.j2",
            values={"result": result, "chart": delay_chart(delays)},
        )

    def _send(self, lines: list[bytes]) -> SendResult:
        kinesis = self._emulator.client("kinesis")
        result = Producer(kinesis, self._outputs["StreamName"]).send(lines)
        for refusal in result.refused:
            self._steps.say(f"refused by the producer: {refusal}")
        return result

    def _curate(self, athena: Athena, earlier: list[dict[str, int]]) -> dict[str, int]:
        """Run the job once; the rows that it added."""
        run_job(self._emulator.client("glue"), self._outputs["CurateCommand"].split()[-1])
        counts, _ = athena.run(
            "SELECT count(*) AS fresh, count_if(late) AS late FROM flights_curated"
        )
        return {
            name: int(counts[name].iloc[0]) - sum(run[name] for run in earlier)
            for name in ("fresh", "late")
        }

    def _spoil(self, faults: Faults, fresh: int) -> Iterator[Check]:
        """Before the last run: `fresh` flights are delivered and not yet curated."""
        with self._steps.step("Kill a run between its data and its commit"):
            yield faults.kill_between_data_and_commit()
        with self._steps.step("Curate while another writer compacts the table"):
            yield faults.compact_meanwhile(fresh)
        with self._steps.step("Replay the whole raw log"):
            yield faults.replay_everything()

    def _read(self) -> dict[str, pd.DataFrame]:
        database, name = (self._outputs[f"{part}Name"] for part in ("Database", "CuratedTable"))
        return {
            "Spark": SparkClient(self._emulator, self._workspace, self._outputs).rows(),
            "PyIceberg": by_pyiceberg(self._emulator, database, name),
        }

    def _load_weather(self, weather: pd.DataFrame) -> None:
        for month, rows in weather.groupby(weather.observed_at.dt.strftime("%Y-%m")):
            body = BytesIO()
            rows.to_parquet(body, index=False, coerce_timestamps="ms")
            key = f"weather/month={month}/weather.parquet"
            self._s3.put_object(Bucket=self._lake, Key=key, Body=body.getvalue())

    def _wait_for(self, good: int, bad: int, step: Step) -> None:
        """Return once so many rows and rejected lines are in the lake.

        Raises LocalError once the counts have not changed for a minute.
        """
        counts, since = (-1, -1), time.monotonic()
        while counts != (good, bad):
            current = (self._delivered(), sum(self._rejected().values()))
            if current != counts:
                counts, since = current, time.monotonic()
                step.detail = f"{counts[0]:,} of {good:,} events"
            elif time.monotonic() - since > _STALLED_SECONDS:
                raise LocalError(
                    f"Delivery has stalled at {counts[0]:,} of {good:,} events and {counts[1]} of"
                    f" {bad} rejected lines. See {self._workspace.logs}/firehose.log"
                )
            else:
                time.sleep(0.2)

    def _body(self, bucket: str, key: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def _delivered(self) -> int:
        return sum(
            parquet.read_metadata(BytesIO(self._body(self._lake, key))).num_rows
            for key in list_keys(self._s3, self._lake, "events/")
        )

    def _rejected(self) -> dict[str, int]:
        """Rejected lines in the lake, by reason."""
        reasons: dict[str, int] = {}
        for key in list_keys(self._s3, self._lake, "rejected/arrival_hour="):
            for line in self._body(self._lake, key).splitlines():
                reason = orjson.loads(line)["reason"]
                reasons[reason] = reasons.get(reason, 0) + 1
        return reasons

    def _logged_bytes(self) -> int:
        raw = self._outputs["RawBucketName"]
        return sum(
            len(gzip.decompress(self._body(raw, key)))
            for key in list_keys(self._s3, raw, "flights/")
        )


def _waves(frame: pd.DataFrame, bad_lines: list[bytes]) -> list[list[bytes]]:
    """The lines before and after the first curation, with duplicates and bad lines."""
    events = frame.drop(columns="late")
    first = list(source.lines(events[~frame.late]))
    second = list(source.lines(events[frame.late]))
    half = len(first) // 2
    too_long = b'{"event_id": "' + b"x" * 1_100_000 + b'"}'
    return [
        [*first[:half], *bad_lines, too_long, *first[half:], *first[:_DUPLICATES]],
        [*second, *first[:_DUPLICATES]],
    ]
