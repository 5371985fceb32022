"""The rules of data quality: what breaks each of them, and that a run which breaks one stops."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from curate_flights.columns import CURATED
from curate_flights.quality import BrokenRulesError, check, deployed_rules
from curate_flights.rules import Rule, RuleError, parse
from tests.spark_jobs.streaming_lake.conftest import ARRIVED, NAME, Lake, at, event

RULES = deployed_rules()
WEATHER = {
    "temperature_fahrenheit": 39.0,
    "wind_speed_miles_per_hour": 10.0,
    "wind_gust_miles_per_hour": 10.0,
    "precipitation_inches": 0.0,
    "visibility_miles": 10.0,
}


def flight(event_id: str, **changes: Any) -> dict[str, Any]:
    """One curated flight, without weather."""
    return {
        **event(event_id),
        "cancelled": False,
        "late": False,
        "weather_missing": True,
        **dict.fromkeys(WEATHER),
        **changes,
    }


NOT_DEPARTED = {"cancelled": True, "departure_delay_minutes": None}
NOT_ARRIVED = {"arrival_delay_minutes": None, "air_time_minutes": None}
GOOD = [
    flight("a", flight=1, distance_miles=1, departure_delay_minutes=-1440),
    flight("b", flight=9999, distance_miles=12_500, departure_delay_minutes=10_080),
    flight("c", arrival_delay_minutes=-1440, air_time_minutes=1),
    flight("d", arrival_delay_minutes=10_080, air_time_minutes=1440),
    flight("cancelled", tail_number=None, **NOT_DEPARTED, **NOT_ARRIVED),
    flight("diverted", carrier="9E", **NOT_ARRIVED),
    flight("of a backlog", arrived_at=ARRIVED - timedelta(days=400)),
    flight("with weather", weather_missing=False, **WEATHER),
    flight("not measured", weather_missing=False),
    flight("a", scheduled_departure=at(7)),  # an id that returns on another day
]
# The first words of a rule -> rows that break it, and no other.
BAD: dict[str, list[dict[str, Any]]] = {
    "CustomSql": [flight("x", scheduled_departure=at(2)), flight("x", scheduled_departure=at(2))],
    'IsComplete "event_id"': [{**flight("x"), "event_id": None}],
    'IsComplete "carrier"': [flight("x", carrier=None)],
    'IsComplete "origin"': [flight("x", origin=None)],
    'IsComplete "destination"': [flight("x", destination=None)],
    'IsComplete "scheduled_departure"': [flight("x", scheduled_departure=None)],
    'IsComplete "arrived_at"': [flight("x", arrived_at=None)],
    'ColumnValues "carrier"': [flight("x", carrier="UAL"), flight("y", carrier="ua")],
    'ColumnValues "origin"': [flight("x", origin="EW"), flight("y", origin="EWR\n")],
    'ColumnValues "destination"': [flight("x", destination="IAH ")],
    'ColumnValues "flight"': [flight("x", flight=0), flight("y", flight=10_000)],
    'ColumnValues "distance_miles"': [
        flight("x", distance_miles=0),
        flight("y", distance_miles=12_501),
        flight("z", distance_miles=None),
    ],
    'ColumnValues "departure_delay_minutes"': [
        flight("x", departure_delay_minutes=-1441),
        flight("y", departure_delay_minutes=10_081),
    ],
    'ColumnValues "arrival_delay_minutes"': [
        flight("x", arrival_delay_minutes=-1441),
        flight("y", arrival_delay_minutes=10_081),
    ],
    'ColumnValues "air_time_minutes"': [
        flight("x", air_time_minutes=0),
        flight("y", air_time_minutes=1441),
    ],
    'RowCount = 0 where "cancelled': [
        flight("x", cancelled=True),
        flight("y", departure_delay_minutes=None),
    ],
    'RowCount = 0 where "weather_missing': [flight("x", temperature_fahrenheit=39.0)],
}
# A carrier that is missing matches no pattern, either.
ALSO_BROKEN = {
    'IsComplete "carrier"': ['ColumnValues "carrier"'],
    'IsComplete "origin"': ['ColumnValues "origin"'],
    'IsComplete "destination"': ['ColumnValues "destination"'],
    # An event without an id or a day is none of the distinct ones.
    'IsComplete "event_id"': ["CustomSql"],
    'IsComplete "scheduled_departure"': ["CustomSql"],
}


def broken(lake: Lake, rows: list[dict[str, Any]], rules: list[Rule] = RULES) -> list[str]:
    """The lines about the rules that rows break."""
    ordered = [tuple(row[name] for name in CURATED.names) for row in rows]
    frame = lake.spark.createDataFrame(ordered, CURATED, verifySchema=False)
    try:
        check(frame, rules)
    except BrokenRulesError as error:
        return str(error).splitlines()[1:]
    return []


def test_good_flights_and_old_ones_and_those_without_weather_break_no_rule(lake: Lake) -> None:
    assert broken(lake, GOOD) == []


def test_no_flights_at_all_break_the_rule_about_their_number(lake: Lake) -> None:
    assert broken(lake, []) == ["- RowCount > 0: it is 0"]


@pytest.mark.parametrize("rule", BAD)
def test_each_rule_is_broken_by_its_own_bad_flights(lake: Lake, rule: str) -> None:
    lines = broken(lake, [*GOOD, *BAD[rule]])
    expected = sorted([rule, *ALSO_BROKEN.get(rule, [])])
    assert len(lines) == len(expected)
    for line, words in zip(sorted(lines), expected, strict=True):
        assert line.startswith(f"- {words}")
    if rule != "CustomSql":
        (line,) = (line for line in lines if line.startswith(f"- {rule}"))
        day = "no day" if "scheduled_departure" in rule else "2013-01-01"
        assert f": {len(BAD[rule])} rows break it, of {day}, such as event " in line


def test_every_rule_is_tested() -> None:
    tested = {rule.text for rule in RULES for words in BAD if rule.text.startswith(words)}
    assert tested == {rule.text for rule in RULES} - {"RowCount > 0"}


def test_of_many_days_some_are_named(lake: Lake) -> None:
    rows = [flight(str(day), flight=0, scheduled_departure=at(day)) for day in range(1, 9)]
    (line,) = broken(lake, rows)
    assert "8 rows break it, of 2013-01-01, " in line
    assert "2013-01-05 and 3 more days, such as event 1" in line


def test_a_run_with_bad_flights_stops_and_the_corrected_ones_are_published(curated: Lake) -> None:
    published = curated.published()
    state = curated.read_state()
    curated.deliver([event("a", carrier="united"), event("c", flight=0), event("d")])
    with pytest.raises(BrokenRulesError) as stopped:
        curated.run()
    assert str(stopped.value).startswith(f"2 of {len(RULES)} rules of data quality do not hold")
    assert curated.published() == published
    assert curated.references() == ["main"]
    assert curated.read_state() == state
    assert curated.by_id()["a"]["carrier"] == "UA"
    later = ARRIVED + timedelta(hours=1)
    curated.deliver([event("a", carrier="DL", arrived_at=later), event("c", arrived_at=later)])
    summary = curated.run()
    assert (summary.fresh, summary.corrected) == (2, 1)
    rows = {i: (row["carrier"], row["flight"]) for i, row in curated.by_id().items()}
    united = ("UA", 1545)
    assert rows == {"a": ("DL", 1545), "b": united, "c": united, "d": united}


def test_bad_flights_that_are_left_out_stay_out(lake: Lake) -> None:
    lake.deliver([event("a"), event("b", flight=0), event("c", flight=0)])
    lake.settings = replace(lake.settings, leave_out=frozenset({"b", "c"}))
    summary = lake.run()
    assert (summary.events, summary.fresh, summary.left_out) == (1, 1, 2)
    lake.settings = replace(lake.settings, leave_out=frozenset())
    assert lake.run().files_read == 0
    assert set(lake.by_id()) == {"a"}


def test_a_mended_rule_lets_the_same_events_through(lake: Lake) -> None:
    lake.deliver([event("a")])
    strict = parse('Rules = [ ColumnValues "carrier" matches "[A-T][A-Z]" ]')
    lake.settings = replace(lake.settings, rules=strict)
    with pytest.raises(BrokenRulesError):
        lake.run()
    lake.settings = replace(lake.settings, rules=RULES)
    assert lake.run().fresh == 1


def test_rules_are_about_all_flights_of_the_changed_days_and_about_no_other_day(
    curated: Lake,
) -> None:
    curated.settings = replace(curated.settings, rules=parse("Rules = [ RowCount = 2 ]"))
    curated.deliver([event("c", flight=1600)])
    assert curated.run().fresh == 1
    curated.settings = replace(
        curated.settings, rules=parse('Rules = [ ColumnValues "flight" between 1545 and 9999 ]')
    )
    curated.deliver([event("d", flight=1600)])
    with pytest.raises(BrokenRulesError, match="1 rows break it, of 2013-01-01, such as event a"):
        curated.run()


def test_a_person_can_look_at_what_was_refused(lake: Lake) -> None:
    lake.deliver([event("a", flight=0)])
    with pytest.raises(BrokenRulesError, match="Nothing was published") as stopped:
        lake.run()
    snapshot = re.search(r"Snapshot (\d+) of", str(stopped.value))
    assert snapshot is not None
    refused = lake.spark.sql(f"SELECT flight FROM {NAME} VERSION AS OF {snapshot[1]}")  # noqa: S608
    assert [row["flight"] for row in refused.collect()] == [0]
    assert lake.rows() == []


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ('IsUnique "event_id"', 'cannot evaluate this rule: IsUnique "event_id"'),
        ('ColumnValues "carrier" in ["UA"]', "cannot evaluate this rule"),
        ('(IsComplete "carrier") and (IsComplete "origin")', "cannot evaluate this rule"),
        ('CustomSql "select carrier from primary where flight = 0" = 0', "cannot evaluate"),
        ('IsComplete "carrier" > 0.9', "cannot evaluate this rule"),
        ('IsComplete "carier"', 'no curated flight has a column "carier"'),
        ("", "cannot evaluate this rule"),
    ],
)
def test_a_rule_that_cannot_be_evaluated_is_refused_with_its_text(rule: str, message: str) -> None:
    with pytest.raises(RuleError, match=f"(?i){message.replace('(', '[(]')}"):
        parse(f"Rules = [\n    RowCount > 0,\n    {rule}\n]")


def test_a_text_without_a_list_of_rules_is_refused() -> None:
    with pytest.raises(RuleError, match="must read `Rules ="):
        parse('Analyzers = [ IsComplete "carrier" ]')


@pytest.mark.parametrize(
    ("rule", "measured", "holds"),
    [
        ("RowCount >= 2", 2, True),
        ("RowCount <= 2", 3, False),
        ("RowCount != 2", 2, False),
        ("RowCount < 2.5", 2, True),
        ("RowCount > 2", None, False),
    ],
)
def test_a_number_is_compared_as_the_rule_says(
    rule: str, measured: float | None, holds: bool
) -> None:
    (parsed,) = parse(f"Rules = [ {rule} ]")
    assert parsed.holds(measured) is holds
