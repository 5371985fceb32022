"""The section "What it costs": totals with their dates, for every architecture."""

import re

import pytest

from tests.conftest import Templates
from tools.costs import sensitivity
from tools.site.cost_pages import section


@pytest.fixture(scope="module")
def pages(synthesise: Templates) -> dict[str, str]:
    templates = {each: synthesise(each) for each in ("sandbox", "production")}
    return {each: section(each, templates) for each in sensitivity.CANDIDATES}


def test_headings_begin_at_the_third_level(pages: dict[str, str]) -> None:
    for page in pages.values():
        levels = {len(each) for each in re.findall(r"^(#+) ", page, re.MULTILINE)}
        assert levels == {3, 4}


def test_every_total_has_the_dates_of_its_prices_beside_it(pages: dict[str, str]) -> None:
    for page in pages.values():
        totals = [row for row in page.splitlines() if row.strip().startswith("| **")]
        assert len(totals) > 4
        assert all(re.search(r"prices of \d{4}-\d{2}", row) for row in totals)


def test_every_table_has_as_many_cells_in_each_row(pages: dict[str, str]) -> None:
    for page in pages.values():
        for table in re.findall(r"(?:^ *\|.*\n)+", page, re.MULTILINE):
            assert len({row.count("|") for row in table.splitlines()}) == 1, table


def test_the_lake_says_what_a_weekend_costs(pages: dict[str, str]) -> None:
    assert "| left running for a weekend (60 hours) | USD | prices of |" in pages["streaming-lake"]
    assert "| `sandbox` | 1.28 | 2025-08-28 to 2025-12-03 |" in pages["streaming-lake"]


def test_a_price_that_was_not_read_at_aws_is_marked(pages: dict[str, str]) -> None:
    assert "| 0.121 *derived* | 88.33 |" in pages["ml-platform"]
    assert "| 0.14 *secondary* | 2.80 |" in pages["ml-platform"]


def test_three_settings_are_shown_the_largest_first(pages: dict[str, str]) -> None:
    _, _, settings = pages["ml-platform"].partition("### The settings that change it most")
    rows = [row for row in settings.splitlines() if row.startswith("| `ml_")]
    changes = [abs(float(row.split("|")[2].replace(",", ""))) for row in rows]
    assert len(changes) == 3
    assert changes == sorted(changes, reverse=True)


def test_no_figure_is_written_as_a_power_of_ten(pages: dict[str, str]) -> None:
    for page in pages.values():
        assert not re.findall(r"\de-\d", page)
