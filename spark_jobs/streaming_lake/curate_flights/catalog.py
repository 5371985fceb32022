"""The partitions of a Glue table: which folder holds each day, and moving a day to a new folder."""

from collections.abc import Mapping
from typing import Any

Day = tuple[str, str]  # event_month, event_day
_AT_ONCE = 100  # Glue's limit for BatchCreatePartition and BatchUpdatePartition


class Catalog:
    """One table, through a boto3 Glue client. Locations are keys that end in a slash."""

    def __init__(self, glue: Any, database: str, table: str, bucket: str) -> None:
        self._glue = glue
        self._names = {"DatabaseName": database, "TableName": table}
        self._root = f"s3://{bucket}/"

    def locations(self) -> dict[Day, str]:
        """Where readers find each day now."""
        pages = self._glue.get_paginator("get_partitions").paginate(**self._names)
        return {
            (partition["Values"][0], partition["Values"][1]): partition["StorageDescriptor"][
                "Location"
            ].removeprefix(self._root)
            for page in pages
            for partition in page["Partitions"]
        }

    def publish(self, folders: Mapping[Day, str]) -> None:
        """Point each day at its new folder; a reader sees the old one or the new, nothing between.

        Raises RuntimeError if Glue refuses a partition. Publishing again is safe.
        """
        registered = self.locations()
        table = self._glue.get_table(
            DatabaseName=self._names["DatabaseName"], Name=self._names["TableName"]
        )
        storage = table["Table"]["StorageDescriptor"]
        inputs = {
            day: {
                "Values": [*day],
                "StorageDescriptor": {**storage, "Location": f"{self._root}{folder}"},
            }
            for day, folder in folders.items()
        }
        created = [inputs[day] for day in folders if day not in registered]
        updated = [
            {"PartitionValueList": [*day], "PartitionInput": inputs[day]}
            for day in folders
            if day in registered
        ]
        for chunk in _chunks(created):
            answer = self._glue.batch_create_partition(**self._names, PartitionInputList=chunk)
            _refuse_errors(answer)
        for chunk in _chunks(updated):
            _refuse_errors(self._glue.batch_update_partition(**self._names, Entries=chunk))


def _chunks(entries: list[Any]) -> list[list[Any]]:
    return [entries[start : start + _AT_ONCE] for start in range(0, len(entries), _AT_ONCE)]


def _refuse_errors(answer: dict[str, Any]) -> None:
    if errors := answer.get("Errors"):
        raise RuntimeError(f"Glue refused {len(errors)} partitions, the first: {errors[0]}")
