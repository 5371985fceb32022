"""`make replay`: brings hours of the raw log back into a deployed lake, and curates them."""

import gzip
import json
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local.demos.job_runs import run_job
from local.runtime.progress import Step, Steps
from local.runtime.workspace import LocalError
from stacks.shared.python_function import MEMORY_MEBIBYTES
from tools.account.raw_log import Hours, LoggedObject, objects_of
from tools.costs.lake.replay import replay_charges
from tools.costs.lake.table import curation_charge
from tools.costs.prices import price

# A new account runs ten functions at once, and the transform needs some of them.
_AT_ONCE = 4
_FUNCTION_SECONDS = 300
_STATE = "state/curate_flights/"
_ERRORS_SHOWN = 10


@dataclass
class Counts:
    """What became of the lines of raw objects."""

    accepted: int = 0
    rejected: int = 0
    objects_written: int = 0
    objects: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    """Key -> why it could not be replayed."""


class Replay:
    """The replay of some hours into the lake that stack outputs name."""

    def __init__(
        self, session: boto3.Session, lake: dict[str, str], hours: Hours, poll_seconds: float = 2
    ) -> None:
        """Raises LocalError if there is nothing to replay, or if it must be restored first."""
        self._lake, self._hours, self._poll_seconds = lake, hours, poll_seconds
        self._s3, self._glue = session.client("s3"), session.client("glue")
        patient = Config(
            read_timeout=_FUNCTION_SECONDS + 10,
            max_pool_connections=_AT_ONCE,
            # Lambda throttles with TooManyRequestsException, which this mode waits for and retries.
            retries={"mode": "standard", "total_max_attempts": 10},
        )
        self._lambda = session.client("lambda", config=patient)
        self.objects = objects_of(self._s3, lake["RawBucketName"], hours)

    def announcement(self) -> str:
        """How much there is, and about what it costs."""
        size = sum(entry.compressed_bytes for entry in self.objects)
        return (
            f"{len(self.objects):,} objects of {self._hours}, {size:,} bytes compressed: about"
            f" {self._usd():.2f} USD at list prices of us-east-1, the run of the job included."
        )

    def run(self, steps: Steps) -> list[str]:
        """Replay every object, then curate; returns what to print.

        Raises LocalError if an object could not be replayed: all others were.
        """
        with steps.step(f"Replay {len(self.objects):,} objects of the raw log") as step:
            counts = self._replay(step)
        lines = [
            f"{counts.accepted:,} lines accepted, {counts.rejected:,} rejected;"
            f" {counts.objects_written:,} objects written, the others were there already.",
        ]
        if counts.rejected:
            bucket = self._lake["LakeBucketName"]
            lines.append(f"Rejected lines: aws s3 ls --recursive s3://{bucket}/rejected/replayed/")
        if counts.failed:
            raise LocalError("\n".join([*lines, *self._failures(counts.failed)]))
        with steps.step("Curate with the Glue job") as step:
            lines.append(self._curate(step))
        return lines

    def _usd(self) -> float:
        """About what it costs to replay and to curate."""
        job = self._glue.get_job(JobName=self._lake["CurateJobName"])["Job"]
        charges = [
            *replay_charges(
                MEMORY_MEBIBYTES / 1024, "lambda_arm64_gb_second", _by_class(self.objects)
            ),
            curation_charge(
                job.get("NumberOfWorkers", 2),
                job.get("WorkerType", "G.1X"),
                flex=job.get("ExecutionClass") == "FLEX",
            ),
        ]
        return sum(charge.quantity * price(charge.key).usd for charge in charges)

    def _replay(self, step: Step) -> Counts:
        counts = Counts()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            answers = {pool.submit(self._invoke, entry.key): entry for entry in self.objects}
            try:
                for answer in as_completed(answers):
                    _add(counts, answers[answer].key, answer.result())
                    step.detail = (
                        f"{counts.objects:,} of {len(self.objects):,}, {counts.accepted:,} lines"
                    )
            except BaseException:
                # What was not begun stays undone: the same command finishes it.
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return counts

    def _invoke(self, key: str) -> dict[str, Any]:
        """The function's answer, or its error. Raises ClientError if it may not be invoked."""
        response = self._lambda.invoke(
            FunctionName=self._lake["ReplayFunctionName"], Payload=json.dumps({"key": key})
        )
        answer: dict[str, Any] = json.loads(response["Payload"].read())
        if "FunctionError" in response:
            return {"error": f"{answer.get('errorType', '')}: {answer.get('errorMessage', '')}"}
        return answer

    def _failures(self, failed: dict[str, str]) -> list[str]:
        first_failures = sorted(failed.items())[:_ERRORS_SHOWN]
        more = len(failed) - len(first_failures)
        return [
            f"{len(failed):,} of {len(self.objects):,} objects could not be replayed:",
            *(f"  {key}: {error}" for key, error in first_failures),
            *([f"  and {more:,} more"] if more else []),
            "Mend that and type the same command again: it writes nothing twice. To curate without"
            f" them: {self._lake['CurateCommand']}",
        ]

    def _curate(self, step: Step) -> str:
        """Run the job once; what it counted. Raises LocalError if it fails."""
        before = self._remembered()
        while True:
            try:
                run_job(self._glue, self._lake["CurateJobName"], self._poll_seconds)
                break
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConcurrentRunsExceededException":
                    raise
                step.detail = "waits for another run of the job"
                time.sleep(self._poll_seconds)
        after = self._remembered()
        if after is None or after == before:
            return "Curated: nothing new, the job had read these objects before."
        body = self._s3.get_object(Bucket=self._lake["LakeBucketName"], Key=after[0])["Body"].read()
        summary = json.loads(gzip.decompress(body))["summary"]
        return (
            f"Curated: {summary['files_read']:,} files, {summary['events']:,} events:"
            f" {summary['fresh']:,} fresh, {summary['corrected']:,} corrected,"
            f" {summary['known']:,} known; {summary['days_changed']:,} days changed."
        )

    def _remembered(self) -> tuple[str, str, str] | None:
        """The key, moment and ETag of what the job has remembered last."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._lake["LakeBucketName"], Prefix=_STATE
        )
        entries = [entry for page in pages for entry in page.get("Contents", [])]
        if not entries:
            return None
        latest = max(entries, key=lambda entry: entry["LastModified"])
        return latest["Key"], str(latest["LastModified"]), latest["ETag"]


def _add(counts: Counts, key: str, answer: dict[str, Any]) -> None:
    counts.objects += 1
    if "error" in answer:
        counts.failed[key] = answer["error"]
        return
    counts.accepted += answer["accepted"]
    counts.rejected += answer["rejected"]
    counts.objects_written += answer["objects_written"]


def _by_class(objects: Iterable[LoggedObject]) -> dict[str, Sequence[int]]:
    """Storage class -> the compressed sizes of its objects."""
    sizes: dict[str, list[int]] = {}
    for entry in objects:
        sizes.setdefault(entry.storage_class, []).append(entry.compressed_bytes)
    return {**sizes}
