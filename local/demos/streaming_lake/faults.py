"""What the demo of all flights does to the lake on purpose; readers must see none of it.

A run is killed between its data and its commit, another writer compacts the table during a
run, the whole raw log is replayed, and every snapshot but the last expires.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psutil
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import SnapshotRefType

from local.demos.report import Check
from local.demos.streaming_lake.readers import SparkClient
from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError, Workspace
from local.services.glue.iceberg_catalog import IcebergTables
from local.services.glue.job_run import WORKER, run_job
from local.services.glue.warm_java import java_processes
from local.services.s3.objects import list_keys

_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Faults:
    """Faults of one deployed lake, whose stack outputs are `outputs`."""

    emulator: Emulator
    workspace: Workspace
    outputs: dict[str, str]

    def kill_between_data_and_commit(self) -> Check:
        """Kill a run once its rows are on its branch, before readers of the table see them.

        Raises LocalError if the run ends before that.
        """
        published = self._published()
        with ThreadPoolExecutor(1) as pool:
            run = pool.submit(self._run)
            while not self._is_written(published):
                if run.done():
                    raise LocalError(f"The run ended before it was killed: {run.exception()}")
                time.sleep(_POLL_SECONDS)
            _kill_spark(self.workspace)
            if run.exception() is None:
                raise LocalError("The run was killed, and says that it succeeded.")
        return Check(
            "snapshot that readers see after a run was killed between data and commit",
            str(published),  # an id, and no figure
            str(self._published()),
        )

    def compact_meanwhile(self, fresh: int) -> Check:
        """Run the job while another Spark writes all files anew.

        Of the two the later one is refused: the job starts again, the compaction is given up until
        the next, as Glue's optimizer does.
        """
        with ThreadPoolExecutor(2) as pool:
            compaction = pool.submit(self._spark.compact)
            run = pool.submit(self._run)
            curated = run.result()["fresh"]
            compaction.result()
        return Check("fresh flights of a run beside a compaction", fresh, curated)

    def replay_everything(self) -> Check:
        """Replay each object of the raw log, and run the job."""
        client, raw = self.emulator.client("lambda"), self.outputs["RawBucketName"]
        for key in list_keys(self.emulator.client("s3"), raw, "flights/"):
            response = client.invoke(
                FunctionName=self.outputs["ReplayFunctionName"], Payload=json.dumps({"key": key})
            )
            if "FunctionError" in response:
                raise LocalError(f"{key} was not replayed: {response['Payload'].read().decode()}")
        summary = self._run()
        changed = {name: summary[name] for name in ("fresh", "corrected")}
        return Check(
            "flights that a replay of the whole raw log changes",
            {"fresh": 0, "corrected": 0},
            changed,
        )

    def expire_snapshots(self) -> Check:
        """Let all snapshots but the last expire, which the raw log and the table survive."""
        self._spark.expire()
        return Check("snapshots left after the expiry", 1, len(self._metadata().snapshots))

    @property
    def _spark(self) -> SparkClient:
        return SparkClient(self.emulator, self.workspace, self.outputs)

    def _run(self) -> dict[str, int]:
        name = self.outputs["CurateCommand"].split()[-1]
        return run_job(self.emulator, self.workspace, name)

    def _is_written(self, published: int | None) -> bool:
        """Whether a branch beside the published one has a snapshot of its own."""
        return any(
            reference.snapshot_id != published
            for reference in self._metadata().refs.values()
            if reference.snapshot_ref_type == SnapshotRefType.BRANCH
        )

    def _published(self) -> int | None:
        return self._metadata().current_snapshot_id

    def _metadata(self) -> TableMetadata:
        tables = IcebergTables(self.emulator.client("glue"), self.emulator.client("s3"))
        database, name = (self.outputs[f"{part}Name"] for part in ("Database", "CuratedTable"))
        _, metadata = tables.load(database, name)
        return metadata


def _kill_spark(workspace: Workspace) -> None:
    """Kill the job's process and its Java, without a chance to tidy up."""
    workers = [
        process
        for process in psutil.Process().children(recursive=True)
        if WORKER in (process.as_dict(["cmdline"])["cmdline"] or [])  # None of a zombie
    ]
    for process in [*java_processes(workspace), *workers]:
        process.kill()
