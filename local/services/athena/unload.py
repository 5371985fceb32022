"""Athena's StartQueryExecution for workflows: runs UNLOAD statements, and refuses any other.

The work group and database are those of the request. The query runs as root: what the workflow's
role needs of the data was asked for before (local/services/iam).
"""

from functools import partial

from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError
from local.services.athena.queries import UNLOAD, Athena
from local.services.task import Arguments, Table


def table(emulator: Emulator) -> Table:
    """The stand-in of Athena's integration."""
    return {"athena:startQueryExecution": partial(_unload, emulator)}


def _unload(emulator: Emulator, request: Arguments) -> Arguments:
    outputs = {
        "DatabaseName": request["QueryExecutionContext"]["Database"],
        "WorkGroupName": request["WorkGroup"],
    }
    statement = UNLOAD.match(request["QueryString"])
    if statement is None:
        raise LocalError("The local AWS runs only UNLOAD statements for workflows.")
    _, location = Athena(emulator, outputs).unload(statement)
    return {"QueryExecution": {"Status": {"State": "SUCCEEDED"}, "Location": location}}
