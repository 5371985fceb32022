"""Hours of the raw log, and the objects that arrived in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from local.runtime.workspace import LocalError

_PREFIX = "flights/"
_HOUR, _WRITTEN = "%Y-%m-%d-%H", re.compile(r"\d{4}-\d\d-\d\d-\d\d")
# Classes that S3 reads only after a restore; from Glacier Instant Retrieval it reads at once:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/archived-objects.html (read 2026-11-29).
_ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")


@dataclass(frozen=True)
class Hours:
    """Hours of arrival, UTC, as the keys of the raw log write them; both are included."""

    first: str
    last: str

    @classmethod
    def of(cls, first: str, last: str, now: datetime | None = None) -> Self:
        """Read FROM and TO. Raises LocalError for what are no hours, or none that have begun."""
        for name, hour in (("FROM", first), ("TO", last)):
            if not _WRITTEN.fullmatch(hour) or not _exists(hour):
                value = f"{name}={hour}: no hour" if hour else f"{name} is missing"
                raise LocalError(
                    f"{value}. Type hours of arrival, UTC, both included: make replay"
                    " FROM=2026-11-20-05 TO=2026-11-20-07"
                )
        if first > last:
            raise LocalError(f"FROM={first} is after TO={last}: exchange them.")
        begun = f"{now or datetime.now(UTC):{_HOUR}}"
        if first > begun:
            raise LocalError(f"FROM={first} has not begun: it is {begun} by UTC.")
        return cls(first, last)

    def __str__(self) -> str:
        return f"{self.first} to {self.last} (UTC)"


@dataclass(frozen=True)
class LoggedObject:
    """One object of the raw log; `archived` if S3 cannot read it now."""

    key: str
    compressed_bytes: int
    storage_class: str
    archived: bool

    @property
    def hour(self) -> str:
        """Its hour of arrival."""
        return self.key.removeprefix(f"{_PREFIX}arrival_hour=").partition("/")[0]


def objects_of(s3: Any, bucket: str, hours: Hours) -> list[LoggedObject]:
    """The objects that arrived in `hours`, oldest hour first.

    Raises LocalError if there are none, or if some must be restored first.
    """
    logged = list(_listed(s3, bucket, hours))
    if not logged:
        raise LocalError(
            f"Nothing arrived from {hours}: s3://{bucket}/{_PREFIX} has no object of these hours."
            f" {_extent(s3, bucket)}"
        )
    if archived := [entry for entry in logged if entry.archived]:
        raise LocalError(_restore(bucket, archived, len(logged)))
    return logged


def _exists(hour: str) -> bool:
    try:
        datetime.strptime(hour, _HOUR)  # noqa: DTZ007 -- only whether it is one
    except ValueError:
        return False
    return True


def _listed(s3: Any, bucket: str, hours: Hours) -> Iterator[LoggedObject]:
    """Keys sort as their hours do, so one listing from the first on meets all of them."""
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket,
        Prefix=_PREFIX,
        StartAfter=f"{_PREFIX}arrival_hour={hours.first}/",
        OptionalObjectAttributes=["RestoreStatus"],
    )
    for page in pages:
        for entry in page.get("Contents", []):
            logged = _logged(entry)
            if logged.hour > hours.last:
                return
            yield logged


def _logged(entry: dict[str, Any]) -> LoggedObject:
    storage_class = entry.get("StorageClass", "STANDARD")
    # A restored copy can be read until it expires.
    restored = "RestoreExpiryDate" in entry.get("RestoreStatus", {})
    archived = storage_class in _ARCHIVES and not restored
    return LoggedObject(entry["Key"], entry["Size"], storage_class, archived)


def _extent(s3: Any, bucket: str) -> str:
    """Since when there is a log."""
    oldest = s3.list_objects_v2(Bucket=bucket, Prefix=_PREFIX, MaxKeys=1).get("Contents", [])
    if not oldest:
        return "The log is empty: Firehose writes an object once a buffer is full or old."
    return f"The log begins at {_logged(oldest[0]).hour}; hours are those of arrival, UTC."


def _restore(bucket: str, archived: list[LoggedObject], total: int) -> str:
    """What to type, in a shell: all archived objects of these hours, one request each."""
    classes = sorted({entry.storage_class for entry in archived})
    hours = " ".join(sorted({entry.hour for entry in archived}))
    conditions = " || ".join(f"StorageClass=='{storage_class}'" for storage_class in classes)
    return (
        f"{len(archived)} of {total} objects are in {' and '.join(classes)}, and cannot be read"
        " before they are restored, which takes hours. Nothing was replayed. It takes"
        " s3:RestoreObject, which the steward's policy does not allow; type:\n"
        f"  for hour in {hours}; do\n"
        f"    for key in $(aws s3api list-objects-v2 --bucket {bucket}"
        f" --prefix {_PREFIX}arrival_hour=$hour/"
        f' --query "Contents[?{conditions}].Key" --output text); do\n'
        f'      aws s3api restore-object --bucket {bucket} --key "$key"'
        " --restore-request 'Days=7,GlacierJobParameters={Tier=Standard}'\n"
        "    done\n"
        "  done\n"
        "A request that is repeated meanwhile is refused with RestoreAlreadyInProgress. Then type"
        " the same make replay again."
    )
