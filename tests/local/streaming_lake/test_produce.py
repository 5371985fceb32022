"""`make produce` fills a lake in the local AWS, as it fills one in a reader's account."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.demos import flights
from repository import ROOT
from tests.local.conftest import DeployedLake, deliver

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed lake")]


def produce(lake: DeployedLake, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command with the credentials of the local AWS."""
    return subprocess.run(
        [sys.executable, "-m", "tools.account", "produce", *options],
        cwd=ROOT, env={**os.environ, **lake.emulator.variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_flights_and_their_weather_arrive(lake: DeployedLake) -> None:
    process = produce(lake, "--flights", "1000")
    assert process.returncode == 0, process.stderr
    assert "1,000 events in" in process.stdout
    assert lake.outputs["CurateCommand"] in process.stdout
    deliver(lake.firehose())
    assert sorted(lake.event_ids()) == sorted(flights.flights(1000).event_id)
    assert list(lake.bodies("weather/")) == ["weather/month=2013-01/weather.parquet"]


def test_the_lines_of_a_file_arrive(lake: DeployedLake, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    lines = [*flights.lines(flights.flights(3)), b"x" * 2_000_000, b"{}"]
    file.write_bytes(b"\n".join(lines))
    process = produce(lake, "--file", str(file))
    assert process.returncode == 0, process.stderr
    assert "4 events in" in process.stdout
    assert "not sent: a line of 2,000,000 bytes" in process.stdout
    deliver(lake.firehose())
    assert len(lake.event_ids()) == 3
    assert [document["reason"] for document in lake.rejected()] == ["missing_field"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--file", "no-such.jsonl"], "no-such.jsonl: no such file."),
        (["--flights", "3"], "use a number from 1000 to 336776, or all."),
        (["--arch", "nope"], "ARCH=nope: no such architecture."),
        (["--arch", "language-chain"], "language-chain: nothing fills this architecture"),
        (["-c", "name_prefix=Other-"], "Other-StreamingLake is not deployed here"),
    ],
)
def test_what_cannot_be_produced_is_one_sentence(
    deployed: DeployedLake, options: list[str], sentence: str
) -> None:
    process = produce(deployed, *options)
    assert process.returncode == 1
    assert process.stderr.startswith(f"Error: {sentence}")
