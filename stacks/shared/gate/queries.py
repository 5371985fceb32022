"""SQL and column types as Athena takes them, by sqlglot's grammars of Athena and Hive."""

import re
from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from stacks.shared.gate.findings import Finding
from stacks.shared.gate.resolved import Resolved

RULES = ("SQL", "COLUMN_TYPE")
# sqlglot has no grammar for these statements of Athena, and takes them as they are.
_UNPARSED = re.compile(r"\s*(UNLOAD|MSCK|OPTIMIZE|VACUUM|SHOW|EXPLAIN)\b", re.IGNORECASE)
_INNER = re.compile(r"UNLOAD\s*\((?P<select>.*)\)\s*TO\s", re.IGNORECASE | re.DOTALL)


def findings(template: Resolved) -> Iterator[Finding]:
    """Named queries that Athena would refuse, and columns of types that do not exist."""
    for query in template.of_type("Athena::NamedQuery"):
        for text in template.texts(query.properties.get("QueryString")):
            if problem := _problem(text):
                yield Finding("SQL", f"Athena would refuse the query: {problem}.", query.logical_id)
    for table in template.of_type("Glue::Table"):
        for place in (("StorageDescriptor", "Columns"), ("PartitionKeys",)):
            for column in template.get(table.properties, "TableInput", *place):
                for kind in template.texts(column.get("Type")):
                    if not _is_type(kind):
                        sentence = f"the column {column.get('Name')} is of no type: {kind}."
                        yield Finding("COLUMN_TYPE", sentence, table.logical_id)


def _problem(text: str) -> str | None:
    # References become names: `${Database}`.
    text = re.sub(r"\$\{[^}]*\}", "name", text)
    bare = re.sub(r"--[^\n]*", "", text).strip()
    if match := _INNER.match(bare):
        bare = match["select"]
    elif _UNPARSED.match(bare):
        return None
    try:
        trees = sqlglot.parse(bare, read="athena")
    except SqlglotError as error:
        return str(error).splitlines()[0].rstrip(".")
    if len(trees) != 1:
        return f"it holds {len(trees)} statements, and Athena takes one"
    if isinstance(trees[0], exp.Command | exp.TruncateTable):
        return f"it knows no statement {bare.split()[0] if bare else ''}"
    return None


def _is_type(kind: str) -> bool:
    try:
        exp.DataType.build(re.sub(r"\$\{[^}]*\}", "name", kind), dialect="hive")
    except (SqlglotError, ValueError):
        return False
    return True
