"""The section "What it costs": totals that add up, with the dates of their prices."""

import re
from collections.abc import Iterator

import pytest

from stacks.catalogue import ARCHITECTURES
from tools.costs.idle import monthly
from tools.costs.lines import total
from tools.costs.prices import sheet
from tools.site.architecture_page import Sources
from tools.site.cost_pages import section

_ROWS = re.compile(r"^ *\|(.*)\|$", re.MULTILINE)


@pytest.fixture(scope="module")
def pages(sources: Sources) -> dict[str, str]:
    return {
        name: section(
            name,
            {
                environment: assembly.of(name)
                for environment, assembly in sources.assemblies.items()
            },
            sources.changes[name],
            "production",
        )
        for name in ARCHITECTURES
    }


def _bills(page: str) -> Iterator[list[list[str]]]:
    """The rows of each bill: item, quantity, unit price, USD."""
    for table in re.findall(r"(?:^ *\|.*(?:\n|$))+", page, re.MULTILINE):
        heads, _, *rows = [
            [cell.strip() for cell in row.split("|")] for row in _ROWS.findall(table)
        ]
        if heads[1:3] == ["quantity", "unit price"]:
            yield rows


def test_headings_begin_at_the_third_level(pages: dict[str, str]) -> None:
    for page in pages.values():
        levels = {len(marks) for marks in re.findall(r"^(#+) ", page, re.MULTILINE)}
        assert levels == {3, 4}


def test_every_total_has_the_dates_of_its_prices_beside_it(pages: dict[str, str]) -> None:
    for page in pages.values():
        totals = [row for row in page.splitlines() if row.strip().startswith("| **")]
        assert totals
        assert all(re.search(r"prices of \d{4}-\d{2}", row) for row in totals)


def test_the_rows_of_a_bill_add_up_to_its_total(pages: dict[str, str]) -> None:
    for page in pages.values():
        for rows in _bills(page):
            usd = 0.0
            for *_, cell in rows:
                if cell.startswith("**"):
                    # Each row is rounded to a cent.
                    total_usd = float(cell.strip("*").replace(",", ""))
                    assert usd == pytest.approx(total_usd, abs=0.006 * len(rows)), rows
                else:
                    usd += float(cell.replace(",", ""))


def test_every_row_of_a_bill_is_quantity_times_price(pages: dict[str, str]) -> None:
    for page in pages.values():
        bills = list(_bills(page))
        assert bills
        for item, *cells in (row for rows in bills for row in rows):
            if not item.startswith("**"):
                quantity, price, usd = (float(re.sub(r",|\*\w+\*", "", cell)) for cell in cells)
                # Quantities have four significant digits.
                assert usd == pytest.approx(quantity * price, rel=0.01, abs=0.006), item


def test_the_idle_total_is_that_of_the_cost_model(pages: dict[str, str], sources: Sources) -> None:
    for name, page in pages.items():
        idle = total(monthly(sources.assemblies["sandbox"].of(name)))
        assert f"| **{idle:,.2f}** |" in page


def test_a_price_that_was_not_read_at_aws_is_marked(pages: dict[str, str]) -> None:
    marked = {row.confidence for row in sheet().values()} - {"primary"}
    assert marked
    for confidence in marked:
        assert any(f" *{confidence}* |" in page for page in pages.values())


def test_three_settings_are_shown_the_largest_first(pages: dict[str, str]) -> None:
    for page in pages.values():
        _, _, settings = page.partition("### The settings that change it most")
        rows = [row.split("|") for row in settings.splitlines() if re.match(r"\| `\w+\.", row)]
        changes = [abs(float(cells[2].replace(",", ""))) for cells in rows]
        assert len(changes) == 3
        assert changes == sorted(changes, reverse=True)


def test_no_figure_is_written_as_a_power_of_ten(pages: dict[str, str]) -> None:
    for page in pages.values():
        assert not re.findall(r"\de-\d", page)
