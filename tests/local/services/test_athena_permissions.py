"""Which tables the local Athena asks rights for: those of the catalogue, and not a query's own."""

from typing import Any

from local.services.iam.athena_permissions import start_query_execution


class _Account:
    """Two tables, and a work group."""

    def table_location(self, database: str, table: str) -> str:
        return {
            "lake/flights_curated": "s3://lake/curated/",
            "lake/weather_hourly": "s3://lake/w/",
        }[f"{database}/{table}"]

    def results_location(self, work_group: str) -> str:
        return f"s3://results/{work_group}/"

    def key_of(self, resource: str) -> str:  # noqa: ARG002 -- the protocol's
        return ""


def tables_of(query: str) -> set[str]:
    arguments: dict[str, Any] = {
        "QueryString": query,
        "WorkGroup": "group",
        "QueryExecutionContext": {"Database": "lake"},
    }
    account: Any = _Account()
    return {
        permission.resource.rpartition("/")[2]
        for permission in start_query_execution(arguments, account)
        if permission.action == "glue:GetTable" and ":table/" in permission.resource
    }


def test_a_name_that_the_query_gives_is_no_table() -> None:
    query = """
        WITH flights AS (SELECT * FROM flights_curated FOR VERSION AS OF 1),
        observed AS (SELECT * FROM weather_hourly)
        SELECT * FROM flights INNER JOIN observed ON true
    """
    assert tables_of(query) == {"flights_curated", "weather_hourly"}
    assert tables_of('SELECT * FROM "lake"."weather_hourly"') == {"weather_hourly"}
