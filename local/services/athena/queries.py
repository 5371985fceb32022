"""Athena queries in the local AWS: written for Trino, run by the DuckDB of ministack.

Translates the dialect, writes the files of UNLOAD, and runs a view as its SELECT. Refuses an UNLOAD
without partitions. Cost limits of work groups are not applied.
"""

import re
import time
import uuid
from dataclasses import dataclass
from io import BytesIO, StringIO
from string import Template
from typing import Any, Protocol

import pandas as pd
import sqlglot
from sqlglot import exp
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from local.runtime.workspace import LocalError
from local.services.s3.objects import list_keys
from local.services.s3.uri import split_uri
from repository import ROOT

LENIENT = [
    (
        "The limit on scanned bytes of a work group is not applied.",
        "DuckDB runs the query and does not count as Athena does.",
    ),
]

SQL = ROOT / "sql"
UNLOAD = re.compile(
    r"^UNLOAD \((?P<select>.*)\)\s+TO 's3://(?P<bucket>[^/']+)/(?P<prefix>[^']+)'"
    r"\s+WITH \((?P<options>.*)\)\s*$",
    re.DOTALL,
)
_VIEW = re.compile(r"^CREATE OR REPLACE VIEW \w+ AS\s+(?P<select>.*)$", re.DOTALL)


class HasClients(Protocol):
    """An account that makes boto3 clients."""

    def client(self, service: str) -> Any:
        """A boto3 client for `service`."""
        ...


@dataclass(frozen=True)
class Answer:
    """The rows of a query, its seconds, and the location of its result."""

    name: str
    question: str
    sql: str
    rows: pd.DataFrame
    seconds: float
    location: str


class Athena:
    """One work group and database, which stack outputs name.

    `translate`: into DuckDB's dialect, which ministack runs; Athena itself takes queries as they
    are.
    """

    def __init__(
        self, account: HasClients, outputs: dict[str, str], *, translate: bool = True
    ) -> None:
        self._athena = account.client("athena")
        self._s3 = account.client("s3")
        self._outputs, self._translate = outputs, translate

    def ask(self, folder: str, name: str) -> Answer:
        """Run `sql/<folder>/<name>.sql`. Raises LocalError with Athena's reason."""
        text = (SQL / folder / f"{name}.sql").read_text()
        sql = Template(text).substitute(LakeBucket=self._outputs.get("LakeBucketName", ""))
        question, statement = _split(sql)
        started = time.monotonic()
        if unload := UNLOAD.match(statement):
            rows, location = self.unload(unload)
        else:
            # ministack keeps no views: the SELECT of one is run instead.
            view = _VIEW.match(statement)
            rows, location = self.run(view["select"] if view else statement)
        return Answer(name, question, statement, rows, time.monotonic() - started, location)

    def run(self, select: str, *, as_text: bool = False) -> tuple[pd.DataFrame, str]:
        """The rows of one SELECT in Athena's dialect, and where they were written (ET-07).

        `as_text` keeps every value as the text that Athena wrote. Raises LocalError with Athena's
        reason.
        """
        execution = self.execute(select)
        location: str = execution["ResultConfiguration"]["OutputLocation"]
        body = self._result(location)
        # Athena writes text; an empty string and no value differ by their quotes.
        kind = str if as_text else None
        rows = pd.read_csv(BytesIO(body), keep_default_na=False, na_values=[""], dtype=kind)
        return rows, location

    def execute(self, select: str) -> dict[str, Any]:
        """The execution of one SELECT that has succeeded, as GetQueryExecution tells it.

        Raises LocalError with Athena's reason.
        """
        started = self._athena.start_query_execution(
            QueryString=to_duckdb(select) if self._translate else select,
            QueryExecutionContext={"Database": self._outputs["DatabaseName"]},
            WorkGroup=self._outputs["WorkGroupName"],
        )
        while True:
            response = self._athena.get_query_execution(
                QueryExecutionId=started["QueryExecutionId"]
            )
            execution = response["QueryExecution"]
            state = execution["Status"]["State"]
            if state not in ("QUEUED", "RUNNING"):
                break
            time.sleep(0.05)
        if state != "SUCCEEDED":
            reason = execution["Status"].get("StateChangeReason", state)
            raise LocalError(f"Athena refused a query: {reason}\n{select}")
        succeeded: dict[str, Any] = execution
        return succeeded

    @retry(
        retry=retry_if_exception_type(StopIteration),
        wait=wait_fixed(0.05),
        stop=stop_after_delay(5),
        reraise=True,
    )
    def _result(self, location: str) -> bytes:
        # ministack reports SUCCEEDED a moment before it writes the result, and writes it to
        # <location>/<id>.csv, where Athena writes to the location itself. The prefix matches both.
        bucket, prefix = split_uri(location)
        keys = list_keys(self._s3, bucket, prefix)
        result_key = next(key for key in keys if key.endswith(".csv"))
        body: bytes = self._s3.get_object(Bucket=bucket, Key=result_key)["Body"].read()
        return body

    def unload(self, unload: re.Match[str]) -> tuple[pd.DataFrame, str]:
        """Write the files of an UNLOAD: text without header, a folder for each partition.

        Athena refuses a folder that holds files, except for an UNLOAD by partitions, which adds
        its files to those that are there: docs.aws.amazon.com/athena/latest/ug/unload.html.
        """
        bucket, prefix = unload["bucket"], unload["prefix"]
        rows, _ = self.run(unload["select"])
        partition = re.search(r"partitioned_by = ARRAY\['(\w+)'\]", unload["options"])
        if partition is None:
            raise LocalError("The local AWS supports only an UNLOAD with partitioned_by.")
        for value, part in rows.groupby(partition[1]):
            text = StringIO()
            part.drop(columns=partition[1]).to_csv(text, index=False, header=False)
            key = f"{prefix}{partition[1]}={value}/{uuid.uuid4().hex}"
            self._s3.put_object(Bucket=bucket, Key=key, Body=text.getvalue().encode())
        return rows, f"s3://{bucket}/{prefix}"


def to_duckdb(select: str) -> str:
    """The same query in DuckDB's dialect."""
    tree = sqlglot.parse_one(select, read="athena")
    sql: str = tree.transform(_rewrite).sql(dialect="duckdb")
    return sql


def _rewrite(node: Any) -> Any:
    # sqlglot does not translate from_base(hexadecimal, 16).
    if isinstance(node, exp.FromBase):
        if node.expression.name != "16":
            raise LocalError(f"from_base to base {node.expression} is not supported: use base 16.")
        prefixed = exp.DPipe(this=exp.Literal.string("0x"), expression=node.this)
        return exp.cast(prefixed, "bigint")
    return node


def _split(sql: str) -> tuple[str, str]:
    """The first comment line, and the statement without comments."""
    lines = sql.splitlines()
    comment = [line for line in lines if line.startswith("--")]
    statement = "\n".join(line for line in lines if not line.startswith("--"))
    return comment[0].removeprefix("-- "), statement.strip()
