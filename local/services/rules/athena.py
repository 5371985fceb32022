"""Athena: where results go."""

from local.services.rules.rule import API_READ, Rule, api

RULES = [
    Rule(
        id="query-place",
        operations=("athena:StartQueryExecution",),
        says="A query's result has a place: of the request, or of the work group.",
        breaks=lambda request, _: not {"WorkGroup", "ResultConfiguration"} & set(request),
        error="InvalidRequestException",
        message="No output location provided. An output location is required either through the"
        " Workgroup result configuration setting or as an API input.",
        source=api("athena/latest/APIReference", "API_StartQueryExecution"),
        read=API_READ,
        refused={"QueryString": "SELECT 1"},
        accepted={"QueryString": "SELECT 1", "WorkGroup": "lake"},
    ),
]
