"""The deployed lake, end to end, IAM enforced: every line arrives in the right place."""

import gzip
import json
from collections import Counter

import pytest

from local.demos import flights
from local.services.athena import workflow_queries
from local.services.athena.queries import SQL, Athena
from local.services.glue.job_run import run_job
from tests.local.conftest import DeployedLake, deliver
from tests.local.services.firehose.aggregates import aggregate

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("deployed lake")]

FRAME = flights.flights(300)
LINES = list(flights.lines(FRAME))


def test_every_line_is_a_row_or_a_rejection(lake: DeployedLake) -> None:
    bad_lines = flights.bad_lines(LINES[0])
    lines = [*LINES[:150], *(bad.line for bad in bad_lines), *LINES[150:]]
    lake.send(lines, record_bytes=9_000)
    deliver(lake.firehose())
    assert Counter(lake.event_ids()) == Counter(FRAME.event_id)
    reasons = Counter(document["reason"] for document in lake.rejected())
    assert reasons == Counter(bad.reason for bad in bad_lines)


def test_the_raw_log_holds_every_record_as_received(lake: DeployedLake) -> None:
    lines = [*LINES[:20], b"\xff not text", b"{}"]
    lake.send(lines, record_bytes=2_000)
    deliver(lake.firehose())
    log = b"".join(map(gzip.decompress, lake.bodies("flights/", "RawBucketName").values()))
    assert Counter(log.splitlines()) == Counter(lines)


def test_events_that_the_producer_library_aggregated_are_rows(lake: DeployedLake) -> None:
    lines = [*LINES[:3], b"{}", LINES[3]]
    lake.emulator.client("kinesis").put_record(
        StreamName=lake.outputs["StreamName"], PartitionKey="a", Data=aggregate(lines)
    )
    deliver(lake.firehose())
    assert Counter(lake.event_ids()) == Counter(FRAME.event_id[:4])
    assert [document["reason"] for document in lake.rejected()] == ["missing_field"]


def test_objects_are_partitioned_by_their_hour_of_arrival(lake: DeployedLake) -> None:
    lake.send([LINES[0], b"{}"])
    deliver(lake.firehose())
    keys = [*lake.bodies("events/"), *lake.bodies("rejected/")]
    assert all(key.split("/")[1].startswith("arrival_hour=20") for key in keys)
    assert len(keys) == 2


def test_two_runs_of_the_job_curate_each_flight_once(lake: DeployedLake) -> None:
    job = lake.outputs["CurateCommand"].split()[-1]
    late = FRAME.index % 10 == 9
    first = [line for line, is_late in zip(LINES, late, strict=True) if not is_late]
    second = [line for line, is_late in zip(LINES, late, strict=True) if is_late]
    firehose = lake.firehose()
    lake.send([*first, *first[:30]])
    deliver(firehose)
    before = run_job(lake.emulator, lake.workspace, job)
    assert before["fresh"] == len(first)
    lake.send([*second, *first[:5]])
    deliver(firehose)
    summary = run_job(lake.emulator, lake.workspace, job)
    assert (summary["fresh"], summary["late"]) == (len(second), len(second))
    assert run_job(lake.emulator, lake.workspace, job)["fresh"] == 0
    athena = Athena(lake.emulator, lake.outputs)
    query = "SELECT count(*) AS flights FROM flights_curated"
    now, _ = athena.run(query)
    earlier, _ = athena.run(f"{query} FOR VERSION AS OF {before['snapshot_id']}")
    assert (now.flights[0], earlier.flights[0]) == (len(LINES), len(first))
    versions = (before["snapshot_id"], summary["snapshot_id"])
    assert_each_version_exports_its_own_set(lake, *versions)


def assert_each_version_exports_its_own_set(lake: DeployedLake, earlier: int, current: int) -> None:
    """As the training workflow asks: which version is current, and the set of one of them."""
    athena = workflow_queries.table(lake.emulator)
    context = {
        "WorkGroup": lake.outputs["WorkGroupName"],
        "QueryExecutionContext": {"Database": lake.outputs["DatabaseName"]},
    }
    select = "SELECT snapshot_id FROM \"flights_curated$refs\" WHERE name = 'main'"
    execution = athena["athena:startQueryExecution"]({"QueryString": select, **context})
    query_id = execution["QueryExecution"]["QueryExecutionId"]
    answer = athena["athena:getQueryResults"]({"QueryExecutionId": query_id})
    names, row = answer["ResultSet"]["Rows"]
    assert names["Data"] == [{"VarCharValue": "snapshot_id"}]
    assert row["Data"] == [{"VarCharValue": str(current)}]

    def exported(snapshot_id: int, folder: str) -> Counter[str]:
        text = (SQL / "streaming_lake" / "training_set.sql").read_text()
        statement = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
        version = f"FROM flights_curated FOR VERSION AS OF {snapshot_id}"
        query = (
            statement.strip()
            .replace("FROM flights_curated", version)
            .replace("training/first/", f"training/{folder}/")
            .replace("${LakeBucket}", lake.outputs["LakeBucketName"])
        )
        execution = athena["athena:startQueryExecution"]({"QueryString": query, **context})
        assert execution["QueryExecution"]["Query"] == query
        files = lake.bodies(f"training/{folder}/")
        return Counter(
            f"{key.split('/')[2]},{line}"
            for key, body in files.items()
            for line in body.decode().splitlines()
        )

    first, again, newest = (
        exported(snapshot_id, folder)
        for snapshot_id, folder in ((earlier, "a"), (earlier, "b"), (current, "c"))
    )
    assert first == again
    # Later flights change the features of earlier ones that leave after them, and the split.
    earlier_flights, flights = ({line.split(",")[-3] for line in rows} for rows in (first, newest))
    assert earlier_flights < flights
    assert newest.total() == FRAME.arrival_delay_minutes.notna().sum()


def test_a_batch_that_fails_to_convert_is_kept_in_the_error_prefix(lake: DeployedLake) -> None:
    """The transform accepts nothing that the table cannot hold, so this bypasses it."""
    firehose = lake.firehose()
    good = json.dumps({"event_id": "a", "flight": 1}).encode() + b"\n"
    firehose._good.add(good, 0)
    firehose._good.add(b'{"event_id": "b", "flight": "one"}\n', 0)
    deliver(firehose)
    assert lake.event_ids() == ["a"]
    (error,) = lake.bodies("errors/format-conversion-failed/").values()
    assert json.loads(error)["rawData"]
