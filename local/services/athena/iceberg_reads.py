"""Which files of an Iceberg table a query reads, and how DuckDB reads them.

PyIceberg plans the files of a snapshot from the table's metadata; DuckDB finds columns in them by
field id, as the format demands, so files that are older than a column or its name read right.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil
from pyiceberg.types import IcebergType

ReadObject = Callable[[str], bytes]
_DUCKDB_TYPES = {"boolean": "BOOLEAN", "double": "DOUBLE", "int": "INTEGER", "long": "BIGINT"}
_DUCKDB_TYPES |= {"string": "VARCHAR", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMPTZ"}
_DUCKDB_TYPES |= {"date": "DATE", "float": "FLOAT"}


@dataclass(frozen=True)
class PlannedRead:
    """The data files of a snapshot by URI, and the columns to read from them."""

    files: list[str]
    columns: dict[int, tuple[str, str]]
    """Field id -> name and DuckDB type."""

    def relation(self, paths: list[str]) -> str:
        """A DuckDB relation over `paths`, copies of the files."""
        if not paths:
            nothing = (f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in self.columns.values())
            return f"(SELECT {', '.join(nothing)} WHERE FALSE)"
        fields = ", ".join(
            f"{field_id}: {{name: '{name}', type: '{kind}', default_value: NULL}}"
            for field_id, (name, kind) in self.columns.items()
        )
        listed = ", ".join(f"'{path}'" for path in paths)
        return f"read_parquet([{listed}], schema = MAP {{{fields}}}, hive_partitioning = false)"


def plan(location: str, read_object: ReadObject, snapshot_id: int | None = None) -> PlannedRead:
    """What a query of the table with metadata at `location` reads.

    `snapshot_id`: the version of `FOR VERSION AS OF`, else the current one. Raises
    NotImplementedError for a table with delete files, and ValueError for an unknown version.
    """
    metadata = TableMetadataUtil.parse_raw(read_object(location).decode())
    table = Table(("table",), metadata, location, ObjectIO(read_object), NoopCatalog("none"))
    tasks = list(table.scan(snapshot_id=snapshot_id).plan_files())
    if any(task.delete_files for task in tasks):
        raise NotImplementedError(
            f"{location}: the local Athena reads no delete files of Iceberg: merge copy-on-write."
        )
    return PlannedRead(
        files=[task.file.file_path for task in tasks],
        columns=_columns(metadata, snapshot_id),
    )


def references(location: str, read_object: ReadObject) -> str:
    """A DuckDB relation of the branches and tags in the metadata at `location`.

    Its columns are those of Trino's `$refs`, without the settings of retention
    (trino.io/docs/current/connector/iceberg.html, from knowledge of the page).
    """
    metadata = TableMetadataUtil.parse_raw(read_object(location).decode())
    columns = ("name", "type", "snapshot_id")
    rows = [
        (f"'{name}'", f"'{reference.snapshot_ref_type.upper()}'", str(reference.snapshot_id))
        for name, reference in metadata.refs.items()
    ]
    # A table without a snapshot has no reference, and DuckDB takes no VALUES without a row.
    values = (
        ", ".join(f"{value} AS {column}" for value, column in zip(row, columns, strict=True))
        for row in rows or [("''", "''", "0")]
    )
    selects = " UNION ALL ".join(
        f"SELECT {value}{'' if rows else ' WHERE FALSE'}" for value in values
    )
    return f"({selects})"


def _columns(metadata: TableMetadata, snapshot_id: int | None) -> dict[int, tuple[str, str]]:
    schema = metadata.schema()
    if snapshot_id is not None:
        snapshot = metadata.snapshot_by_id(snapshot_id)
        if snapshot is not None and snapshot.schema_id is not None:
            schema = metadata.schema_by_id(snapshot.schema_id) or schema
    return {field.field_id: (field.name, _type(field.field_type)) for field in schema.fields}


def _type(kind: IcebergType) -> str:
    return _DUCKDB_TYPES[str(kind)]


class ObjectIO(FileIO):
    """PyIceberg's access to files, by a function that reads an object by its URI."""

    def __init__(self, read_object: ReadObject) -> None:
        super().__init__()
        self._read = read_object

    def new_input(self, location: str) -> InputFile:
        """The object at a URI."""
        return _Object(location, self._read)

    def new_output(self, location: str) -> OutputFile:
        """Raises NotImplementedError."""
        raise NotImplementedError("queries write nothing")

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Raises NotImplementedError."""
        raise NotImplementedError("queries delete nothing")


class _Object(InputFile):
    def __init__(self, location: str, read_object: ReadObject) -> None:
        super().__init__(location)
        self._read = read_object

    def __len__(self) -> int:
        return len(self._read(self.location))

    def exists(self) -> bool:
        return True

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002 -- the protocol's
        return BytesIO(self._read(self.location))
