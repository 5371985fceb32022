"""Glue: what a job may ask for at once."""

from typing import Any

from local.services.rules.rule import API_READ, Rule, State, api
from local.services.task import Arguments


def _job(**changes: Any) -> Arguments:
    return {
        "Name": "job",
        "Role": "arn:aws:iam::000000000000:role/job",
        "Command": {"Name": "glueetl", "ScriptLocation": "s3://code/job.py"},
        "GlueVersion": "5.1",
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
        **changes,
    }


def _wrong_flex(request: Arguments, _: State) -> bool:
    return request.get("ExecutionClass") == "FLEX" and (
        request["Command"].get("Name") != "glueetl"
        or request.get("WorkerType") not in ("G.1X", "G.2X")
        or request.get("GlueVersion", "0.9") < "3.0"
    )


RULES = [
    Rule(
        id="workers-or-capacity",
        operations=("glue:CreateJob", "glue:StartJobRun"),
        says="A job has workers or a capacity, not both.",
        breaks=lambda request, _: (
            "MaxCapacity" in request and bool({"WorkerType", "NumberOfWorkers"} & set(request))
        ),
        error="InvalidInputException",
        message="Please do not set Max Capacity if using Worker Type and Number of Workers.",
        source=api("glue/latest/webapi", "API_CreateJob"),
        read=API_READ,
        refused=_job(MaxCapacity=2.0),
        accepted=_job(),
    ),
    Rule(
        id="flex",
        operations=("glue:CreateJob",),
        says="Flexible execution is for Spark jobs of version 3.0 and later on G.1X and G.2X.",
        breaks=_wrong_flex,
        error="InvalidInputException",
        message="FLEX is supported for glueetl jobs of version 3.0 and later, on G.1X and G.2X.",
        source=api("glue/latest/dg", "add-job"),
        read=API_READ,
        refused=_job(ExecutionClass="FLEX", WorkerType="G.4X"),
        accepted=_job(ExecutionClass="FLEX"),
    ),
]
