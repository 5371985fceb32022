"""Athena queries against the embedded AWS: written for Trino, run there by DuckDB.

What ministack's Athena leaves undone is done here: the dialect, UNLOAD's files, views.
"""

import re
import time
from dataclasses import dataclass
from io import BytesIO, StringIO
from string import Template
from typing import Any

import pandas as pd
import sqlglot
from sqlglot import exp
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError
from repository import ROOT

SQL = ROOT / "sql"
UNLOAD = re.compile(
    r"^UNLOAD \((?P<select>.*)\)\s+TO 's3://(?P<bucket>[^/']+)/(?P<prefix>[^']+)'"
    r"\s+WITH \((?P<options>.*)\)\s*$",
    re.DOTALL,
)
_VIEW = re.compile(r"^CREATE OR REPLACE VIEW \w+ AS\s+(?P<select>.*)$", re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """The rows of a query, and what it took."""

    name: str
    question: str
    sql: str
    rows: pd.DataFrame
    seconds: float
    location: str


class Athena:
    """One work group, as a reader of the lake sees it."""

    def __init__(self, emulator: Emulator, outputs: dict[str, str]) -> None:
        self._athena = emulator.client("athena")
        self._s3 = emulator.client("s3")
        self._outputs = outputs

    def ask(self, folder: str, name: str) -> Answer:
        """Run `sql/<folder>/<name>.sql`. Raises LocalError with Athena's reason."""
        text = (SQL / folder / f"{name}.sql").read_text()
        sql = Template(text).substitute(LakeBucket=self._outputs.get("LakeBucketName", ""))
        question, statement = _split(sql)
        started = time.monotonic()
        if unload := UNLOAD.match(statement):
            rows, location = self.unload(unload)
        else:
            # ministack keeps no views; their SELECT is what would be stored.
            view = _VIEW.match(statement)
            rows, location = self.run(view["select"] if view else statement)
        return Answer(name, question, statement, rows, time.monotonic() - started, location)

    def run(self, select: str, *, as_text: bool = False) -> tuple[pd.DataFrame, str]:
        """The rows of one SELECT in Athena's dialect, and where they were written (ET-07).

        `as_text` keeps every value as the text that Athena wrote.
        """
        started = self._athena.start_query_execution(
            QueryString=to_duckdb(select),
            QueryExecutionContext={"Database": self._outputs["DatabaseName"]},
            WorkGroup=self._outputs["WorkGroupName"],
        )
        while True:
            answer = self._athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])
            execution = answer["QueryExecution"]
            state = execution["Status"]["State"]
            if state not in ("QUEUED", "RUNNING"):
                break
            time.sleep(0.05)
        if state != "SUCCEEDED":
            reason = execution["Status"].get("StateChangeReason", state)
            raise LocalError(f"Athena refused a query: {reason}\n{select}")
        location: str = execution["ResultConfiguration"]["OutputLocation"]
        body = self._result(location)
        # Everything Athena writes is text; an empty string and no value differ by their quotes.
        kind = str if as_text else None
        rows = pd.read_csv(BytesIO(body), keep_default_na=False, na_values=[""], dtype=kind)
        return rows, location

    @retry(
        retry=retry_if_exception_type(StopIteration),
        wait=wait_fixed(0.05),
        stop=stop_after_delay(5),
        reraise=True,
    )
    def _result(self, location: str) -> bytes:
        # ministack says SUCCEEDED a moment before it writes the result, and writes it to
        # <location>/<id>.csv, where Athena writes to the location itself. The prefix finds both.
        bucket, _, key = location.removeprefix("s3://").partition("/")
        found = self._s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", [])
        result = next(each["Key"] for each in found if each["Key"].endswith(".csv"))
        body: bytes = self._s3.get_object(Bucket=bucket, Key=result)["Body"].read()
        return body

    def unload(self, unload: re.Match[str]) -> tuple[pd.DataFrame, str]:
        """Write what UNLOAD would: text files without header, a folder for each partition."""
        bucket, prefix = unload["bucket"], unload["prefix"]
        if self._s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("Contents"):
            raise LocalError(f"UNLOAD to s3://{bucket}/{prefix}: the folder holds files already")
        rows, _ = self.run(unload["select"])
        partition = re.search(r"partitioned_by = ARRAY\['(\w+)'\]", unload["options"])
        if partition is None:
            raise LocalError("only a partitioned UNLOAD is understood here")
        for value, part in rows.groupby(partition[1]):
            text = StringIO()
            part.drop(columns=partition[1]).to_csv(text, index=False, header=False)
            key = f"{prefix}{partition[1]}={value}/part-0"
            self._s3.put_object(Bucket=bucket, Key=key, Body=text.getvalue().encode())
        return rows, f"s3://{bucket}/{prefix}"


def to_duckdb(select: str) -> str:
    """The same query in DuckDB's dialect."""
    tree = sqlglot.parse_one(select, read="athena")
    sql: str = tree.transform(_rewrite).sql(dialect="duckdb")
    return sql


def _rewrite(node: Any) -> Any:
    # The one function of ours that sqlglot does not translate: from_base(hexadecimal, 16).
    if isinstance(node, exp.FromBase):
        if node.expression.name != "16":
            raise LocalError(f"from_base to base {node.expression} is not understood here")
        prefixed = exp.DPipe(this=exp.Literal.string("0x"), expression=node.this)
        return exp.cast(prefixed, "bigint")
    return node


def _split(sql: str) -> tuple[str, str]:
    """The opening comment, as one line, and the statement behind it."""
    lines = sql.splitlines()
    comment = [line for line in lines if line.startswith("--")]
    statement = "\n".join(line for line in lines if not line.startswith("--"))
    return comment[0].removeprefix("-- "), statement.strip()
