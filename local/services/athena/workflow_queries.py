"""Athena for workflows: runs UNLOAD and SELECT statements, and reads the rows of a SELECT.

The work group and database are those of the request. The query runs as root: what the workflow's
role needs of the data was asked for before (local/services/iam).
"""

from functools import partial

from local.runtime.emulator import Emulator
from local.services.athena.queries import UNLOAD, Athena
from local.services.task import Arguments, Table


def table(emulator: Emulator) -> Table:
    """The stand-ins of Athena's integration."""
    return {
        "athena:startQueryExecution": partial(_start, emulator),
        "athena:getQueryResults": partial(_results, emulator),
    }


def _start(emulator: Emulator, request: Arguments) -> Arguments:
    outputs = {
        "DatabaseName": request["QueryExecutionContext"]["Database"],
        "WorkGroupName": request["WorkGroup"],
    }
    athena, text = Athena(emulator, outputs), request["QueryString"]
    if unload := UNLOAD.match(text):
        athena.unload(unload)
        return {"QueryExecution": {"Query": text, "Status": {"State": "SUCCEEDED"}}}
    # The text is the caller's, not the one in DuckDB's dialect.
    return {"QueryExecution": {**athena.execute(text), "Query": text}}


def _results(emulator: Emulator, request: Arguments) -> Arguments:
    answer: Arguments = emulator.client("athena").get_query_results(**request)
    return {"ResultSet": answer["ResultSet"]}
