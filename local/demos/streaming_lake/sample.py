"""Fills a deployed lake with flights or the lines of a file, and with weather to join them with."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from local.demos import flights as source
from local.demos.sample import Sample
from local.demos.streaming_lake.producer import Producer, SendResult
from local.demos.verification import Account
from local.runtime.deployment import Outputs
from local.runtime.progress import Steps
from local.runtime.workspace import LocalError


def fill(account: Account, outputs: Outputs, steps: Steps, count: int) -> str:
    """Put `count` flights on the stream, and the weather of their months into the lake."""
    lake = outputs["StreamingLake"]
    frame, weather = source.flights(count), source.weather()
    # Months as a whole: a month's object replaces the one before.
    months = frame.scheduled_departure.dt.strftime("%Y-%m").unique()
    weather = weather[weather.observed_at.dt.strftime("%Y-%m").isin(months)]
    with steps.step(f"Load {len(weather):,} hours of weather"):
        load_weather(account.client("s3"), lake["LakeBucketName"], weather)
    with steps.step(f"Put {count:,} flights on the stream"):
        send_result = _producer(account, lake).send(source.lines(frame))
    return _next(send_result, lake)


def send_file(account: Account, outputs: Outputs, steps: Steps, path: Path) -> str:
    """Put each line of a file on the stream. Raises LocalError if there is no such file."""
    if not path.is_file():
        raise LocalError(f"{path}: no such file. It holds one event a line, as JSON.")
    lake = outputs["StreamingLake"]
    with steps.step(f"Put the lines of {path.name} on the stream"):
        send_result = _producer(account, lake).send(_lines(path))
    return _next(send_result, lake)


def load_weather(s3: Any, bucket: str, weather: pd.DataFrame) -> None:
    """Write hourly weather into the lake, one object a month; a month is replaced as a whole."""
    for month, rows in weather.groupby(weather.observed_at.dt.strftime("%Y-%m")):
        body = BytesIO()
        rows.to_parquet(body, index=False, coerce_timestamps="ms")
        key = f"weather/month={month}/weather.parquet"
        s3.put_object(Bucket=bucket, Key=key, Body=body.getvalue())


def _producer(account: Account, lake: dict[str, str]) -> Producer:
    return Producer(account.client("kinesis"), lake["StreamName"])


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            yield line.removesuffix(b"\n")


def _next(send_result: SendResult, lake: dict[str, str]) -> str:
    """What became of the lines, and what to type when Firehose has delivered them."""
    refused = "".join(f"\nnot sent: {reason}" for reason in send_result.refused)
    return (
        f"{send_result.lines:,} events in {send_result.records:,} records,"
        f" {send_result.payload_bytes:,} bytes."
        f" Firehose delivers them within two buffers; then type: {lake['CurateCommand']}{refused}"
    )


SAMPLE = Sample(usd=0.01, flights=2_000, fill=fill, send_file=send_file)
