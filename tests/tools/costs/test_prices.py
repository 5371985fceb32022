"""The price sheet: read with its types, complete for what asks it, and no longer than needed."""

from pathlib import Path

import pytest

from tests.conftest import Templates
from tools.costs import idle, prices, sensitivity, work
from tools.costs.architectures import only
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
    ("row", "said"),
    [
        ("a,hour,-1,AWS,2025-01-01,primary", "line 2: usd"),
        ("a,hour,1,AWS,undated,primary", "line 2: date"),
        ("a,hour,1,,2025-01-01,primary", "line 2: source"),
        ("a,hour,1,AWS,2025-01-01,guessed", "line 2: confidence"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(PriceError, match=said):
        sheet(_sheet(tmp_path, row))


def test_a_key_that_stands_twice_is_named(tmp_path: Path) -> None:
    row = "a,hour,1,AWS,2025-01-01,primary"
    with pytest.raises(PriceError, match="line 3: a stands there twice"):
        sheet(_sheet(tmp_path, row, row))


def test_a_unit_with_a_comma_is_read_whole() -> None:
    assert price("stepfunctions_standard_1k").unit == "1,000 state transitions"


def test_the_dates_of_a_total_are_those_of_its_oldest_and_newest_price() -> None:
    some = [price("translate_text_million_chars"), price("kms_key_month")]
    assert str(dates(some)) == "2024-08-26 to 2025-08-28"
    assert str(dates(some[:1])) == "2024-08-26"


def test_every_row_of_the_sheet_is_used(
    synthesise: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Billed where the machine at hand is one, in the environment local.
    asked = {"lambda_x86_gb_second"}

    def noted(key: str) -> prices.Price:
        asked.add(key)
        return sheet()[key]

    monkeypatch.setattr("costs.lines.price", noted)
    settings = [
        (architecture, candidate.settings.items())
        for architecture, candidates in sensitivity.CANDIDATES.items()
        for candidate in candidates
    ]
    lake_of_shards = [
        (
            "streaming-lake",
            [("streaming_lake.shards", "2"), ("streaming_lake.retention_hours", "48")],
        )
    ]
    for environment in ("sandbox", "production"):
        for architecture, given in [
            *((each, ()) for each in sensitivity.CANDIDATES),
            *settings,
            *lake_of_shards,
        ]:
            templates = only(_synthesised(environment, tuple(given)), architecture)
            idle.monthly(templates, model_deployed=True)
            idle.while_on(templates)
            work.units(architecture, templates)
    assert set(sheet()) - asked == set()


def _synthesised(
    environment: str, settings: tuple[tuple[str, str], ...]
) -> dict[str, dict[str, object]]:
    from tools import assembly

    return assembly.synthesise(environment, dict(settings), gated=False)
