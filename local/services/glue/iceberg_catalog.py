"""Glue's catalogue for a Spark without the AWS SDK: an HTTP server that speaks Iceberg's REST.

A commit is that of Iceberg's GlueCatalog: new metadata goes to S3, and UpdateTable with the version
that was read points the table at it, so of two writers the later one is refused, and tries again on
what the first has written. PyIceberg applies the changes. Every call is made under the job's role.

The protocol: apache/iceberg, open-api/rest-catalog-open-api.yaml; the commit: apache/iceberg,
aws/src/main/java/org/apache/iceberg/aws/glue/GlueTableOperations.java (both read 2026-11-29).
"""

import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from botocore.exceptions import ClientError
from pydantic import BaseModel
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil, TableMetadataV1
from pyiceberg.table.update import (
    AddSnapshotUpdate,
    AssertRefSnapshotId,
    TableRequirement,
    TableUpdate,
    update_table_metadata,
)

from local.services.s3.uri import split_uri

LENIENT = [
    (
        "Iceberg's tables are found by its REST protocol, not by its GlueCatalog.",
        "GlueCatalog needs the AWS SDK for Java. Each call to Glue is made under the job's role.",
    ),
    (
        "Table optimizers are kept and do nothing: no snapshot expires, and no file is compacted.",
        "Glue runs them by itself, after more commits than a demo makes.",
    ),
]
_TABLE = re.compile(r"/v1/namespaces/(?P<database>[^/]+)/tables/(?P<table>[^/?]+)(?P<below>/\w+)?")
_GLUE_TYPES = {"boolean": "boolean", "double": "double", "int": "int", "string": "string"}
_GLUE_TYPES |= {"timestamp": "timestamp", "timestamptz": "timestamp", "long": "bigint"}
_Answer = tuple[int, dict[str, Any] | None]


class Commit(BaseModel):
    """What a writer read, and what it changes."""

    requirements: tuple[TableRequirement, ...]
    updates: tuple[TableUpdate, ...]


@dataclass(frozen=True)
class IcebergTables:
    """The Iceberg tables of a Glue catalogue, through boto3 clients for Glue and S3."""

    glue: Any
    s3: Any

    def load(self, database: str, name: str) -> tuple[dict[str, Any], TableMetadata]:
        """Glue's table, and Iceberg's metadata of it. Raises ClientError."""
        table = self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        bucket, key = split_uri(table["Parameters"]["metadata_location"])
        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return table, TableMetadataUtil.parse_raw(body.decode())

    def commit(self, database: str, name: str, request: Commit) -> TableMetadata:
        """Apply a commit. Raises CommitFailedException if another writer was first."""
        table, metadata = self.load(database, name)
        for requirement in request.requirements:
            _hold(requirement, metadata)
        hold_order(request.updates, metadata)
        location = table["Parameters"]["metadata_location"]
        updated = update_table_metadata(metadata, request.updates, metadata_location=location)
        version = int(location.rpartition("/")[2].partition("-")[0]) + 1
        new_location = f"{metadata.location}/metadata/{version:05d}-{uuid.uuid4()}.metadata.json"
        bucket, key = split_uri(new_location)
        self.s3.put_object(Bucket=bucket, Key=key, Body=updated.model_dump_json().encode())
        parameters = {
            **table["Parameters"],
            "metadata_location": new_location,
            "previous_metadata_location": location,
        }
        try:
            self.glue.update_table(
                DatabaseName=database,
                TableInput={
                    "Name": name,
                    "TableType": table["TableType"],
                    "Parameters": parameters,
                    "StorageDescriptor": {
                        **table["StorageDescriptor"],
                        "Columns": glue_columns(updated.schema()),
                    },
                },
                VersionId=table["VersionId"],
                SkipArchive=True,
            )
        except self.glue.exceptions.ConcurrentModificationException as error:
            raise CommitFailedException(str(error)) from error
        return updated


def _hold(requirement: TableRequirement, metadata: TableMetadata) -> None:
    """Raise CommitFailedException if the table is not as the writer read it.

    PyIceberg refuses a branch of a table without snapshots. The protocol only asks whether the
    branch is where the writer saw it, and Iceberg's Spark starts such a branch with an empty
    snapshot.
    """
    if not isinstance(requirement, AssertRefSnapshotId):
        requirement.validate(metadata)
        return
    present = metadata.refs.get(requirement.ref)
    snapshot_id = present.snapshot_id if present else None
    if snapshot_id != requirement.snapshot_id:
        raise CommitFailedException(
            f"Requirement failed: branch or tag {requirement.ref} is at {snapshot_id},"
            f" not at {requirement.snapshot_id}"
        )


def hold_order(updates: Iterable[TableUpdate], metadata: TableMetadata) -> None:
    """Raise CommitFailedException if a new snapshot is not younger than all others.

    So is one whose writer had not seen a commit to another branch, which no requirement names. It
    reads the table again and commits anew, as it does when Glue refuses the version that it read.
    """
    if isinstance(metadata, TableMetadataV1):
        return  # has no sequence numbers
    for update in updates:
        if isinstance(update, AddSnapshotUpdate):
            number = update.snapshot.sequence_number or 0
            if number <= metadata.last_sequence_number:
                raise CommitFailedException(
                    f"The snapshot has sequence number {number}, and the table"
                    f" {metadata.last_sequence_number} already: another writer was first."
                )


def glue_columns(schema: Schema) -> list[dict[str, Any]]:
    """A schema as Glue shows it."""
    return [
        {"Name": field.name, "Type": _GLUE_TYPES[str(field.field_type)]} for field in schema.fields
    ]


class IcebergCatalogHandler(BaseHTTPRequestHandler):
    """Answers one connection of Iceberg's RESTCatalog."""

    protocol_version = "HTTP/1.1"
    tables: IcebergTables

    def do_GET(self) -> None:
        """Load a table."""
        self._answer(self._get)

    def do_HEAD(self) -> None:
        """Say whether a table is there."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Commit to a table."""
        self._answer(self._post)

    def _get(self, _body: bytes) -> _Answer:
        if self.path.startswith("/v1/config"):
            return 200, {"defaults": {}, "overrides": {}}
        table = _TABLE.match(self.path)
        if table is None:
            return _error(404, "NoSuchNamespaceException", self.path)
        if "%1F" in table["database"]:
            # A metadata table, such as `database.table.snapshots`; GlueCatalog asks for none.
            return _error(404, "NoSuchTableException", self.path)
        return 200, _loaded(*self.tables.load(table["database"], table["table"]))

    def _post(self, body: bytes) -> _Answer:
        table = _TABLE.match(self.path)
        if table is None:
            return _error(406, "UnsupportedOperationException", self.path)
        if table["below"] == "/metrics":
            return 204, None
        request = Commit.model_validate_json(body)
        self.tables.commit(table["database"], table["table"], request)
        return 200, _loaded(*self.tables.load(table["database"], table["table"]))

    def _answer(self, operation: Any) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            status, document = operation(body)
        except CommitFailedException as error:
            status, document = _error(409, "CommitFailedException", str(error))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "EntityNotFoundException":
                status, document = _error(404, "NoSuchTableException", str(error))
            else:
                status, document = _error(403, "ForbiddenException", str(error))
        answer = json.dumps(document).encode() if document is not None else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Log no requests."""


def _loaded(table: dict[str, Any], metadata: TableMetadata) -> dict[str, Any]:
    return {
        "metadata-location": table["Parameters"]["metadata_location"],
        "metadata": json.loads(metadata.model_dump_json()),
        "config": {},
    }


def _error(status: int, kind: str, message: str) -> _Answer:
    return status, {"error": {"message": message, "type": kind, "code": status}}
