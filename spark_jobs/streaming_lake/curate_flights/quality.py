"""Whether rows keep the rules of data quality, before readers see them (SE-26).

On Glue, `awsgluedq` would evaluate the rules; it exists in Glue's runtime only, so neither tests
nor the local AWS could run what is deployed.
"""

import pkgutil
from collections.abc import Sequence

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F  # noqa: N812 -- as every Spark text calls it

from curate_flights.rules import Rule, parse

_DAY = "coalesce(string(to_date(scheduled_departure)), 'no day')"
_DAYS_SHOWN = 5


class BrokenRulesError(Exception):
    """Rows break rules of data quality; the message names rules, numbers, days and an event."""


def deployed_rules() -> list[Rule]:
    """The rules of `data_quality.dqdl`, beside this file. Raises RuleError."""
    text = pkgutil.get_data("curate_flights", "data_quality.dqdl")
    if text is None:
        raise FileNotFoundError("data_quality.dqdl is missing from the job's modules")
    return parse(text.decode())


def check(rows: DataFrame, rules: Sequence[Rule]) -> None:
    """Evaluate all rules in one pass over `rows`, curated flights. Raises BrokenRulesError."""
    measures = []
    for number, rule in enumerate(rules):
        offence = rule.offence or "false"
        # As many days as the rows have, and one event, whatever the number of wrong rows.
        measures += [
            F.expr(f"CAST({rule.measure} AS DOUBLE)").alias(f"measured_{number}"),
            F.expr(f"sort_array(collect_set({_DAY}) FILTER (WHERE {offence}))").alias(
                f"days_{number}"
            ),
            F.expr(f"min(event_id) FILTER (WHERE {offence})").alias(f"event_{number}"),
        ]
    (result,) = rows.agg(*measures).collect()
    broken = [
        _finding(rule, number, result)
        for number, rule in enumerate(rules)
        if not rule.holds(result[f"measured_{number}"])
    ]
    if broken:
        raise BrokenRulesError(
            f"{len(broken)} of {len(rules)} rules of data quality do not hold:\n"
            + "\n".join(broken)
        )


def _finding(rule: Rule, number: int, result: Row) -> str:
    measured, event_id = result[f"measured_{number}"], result[f"event_{number}"]
    days = result[f"days_{number}"]
    if rule.offence is None:
        return f"- {rule.text}: it is {'unknown' if measured is None else f'{measured:g}'}"
    first_days = ", ".join(days[:_DAYS_SHOWN])
    if len(days) > _DAYS_SHOWN:
        first_days += f" and {len(days) - _DAYS_SHOWN} more days"
    return f"- {rule.text}: {measured:g} rows break it, of {first_days}, such as event {event_id}"
