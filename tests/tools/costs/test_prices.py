"""The price sheet: typed, complete for the rules, and without unused rows."""

from pathlib import Path

import pytest

from stacks.catalogue import ARCHITECTURES
from tests.tools.conftest import Assemblies
from tools.costs import idle, prices
from tools.costs.architectures import costs_of
from tools.costs.prices import PriceError, dates, price, sheet

HEADS = "key,unit,usd,source,date,confidence\n"


def _sheet(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "sheet.csv"
    path.write_text(HEADS + "\n".join(rows) + "\n")
    return path


def test_a_missing_price_is_an_error_that_says_where_to_add_it() -> None:
    with pytest.raises(PriceError, match=r"tools/costs/prices\.csv has no row pigeon_hour: add it"):
        price("pigeon_hour")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,hour,-1,AWS,2025-01-01,primary", "line 2: usd"),
        ("a,hour,1,AWS,undated,primary", "line 2: date"),
        ("a,hour,1,,2025-01-01,primary", "line 2: source"),
        ("a,hour,1,AWS,2025-01-01,guessed", "line 2: confidence"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(PriceError, match=message):
        sheet(_sheet(tmp_path, row))


def test_a_duplicate_key_is_named(tmp_path: Path) -> None:
    row = "a,hour,1,AWS,2025-01-01,primary"
    with pytest.raises(PriceError, match="line 3: a second row a"):
        sheet(_sheet(tmp_path, row, row))


def test_a_unit_with_a_comma_is_read_whole() -> None:
    assert price("stepfunctions_standard_1k").unit == "1,000 state transitions"


def test_the_dates_of_a_total_are_those_of_its_oldest_and_newest_price() -> None:
    older, newer = sorted(
        [price("translate_text_million_chars"), price("kms_key_month")], key=lambda row: row.date
    )
    assert str(dates([newer, older])) == f"{older.date} to {newer.date}"
    assert str(dates([older])) == older.date


def test_every_row_of_the_sheet_is_used(
    assemble_only: Assemblies, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Billed in the environment `local` on an x86 machine.
    used = {"lambda_x86_gb_second"}

    def recorded(key: str) -> prices.Price:
        used.add(key)
        return sheet()[key]

    monkeypatch.setattr("tools.costs.lines.price", recorded)
    for architecture in ARCHITECTURES:
        costs = costs_of(architecture)
        variants = [dict(candidate.settings) for candidate in costs.candidates]
        for environment, settings in [
            ("sandbox", {}),
            ("sandbox", _LAKE_OF_SHARDS),
            *(("production", settings) for settings in ({}, *variants)),
        ]:
            assembly = assemble_only(architecture, environment, *settings.items())
            idle.monthly(assembly, in_service=True)
            idle.notebook_hours(assembly)
            list(costs.units(assembly))
    assert set(sheet()) - used == set()


_LAKE_OF_SHARDS = {"streaming_lake.shards": "2", "streaming_lake.retention_hours": "48"}
