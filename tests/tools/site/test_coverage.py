"""The coverage table is complete, and its links lead to what they name."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from repository import ROOT
from tests.tools.site.pages import headings
from tools.site import coverage, facts, targets
from tools.site.coverage import Row
from tools.site.facts import FactsError
from tools.site.links import code_page

# The number of rows in each group of the notes' checklist, and one that was inserted later.
CHECKLIST = {"ST": 14, "IN": 23, "ET": 23, "TR": 27, "DP": 13, "AI": 15, "SE": 26, "EX": 5}
INSERTED = {"SE-25a"}
SOURCES = ("*.py", "*.sql", "*.json", "*.toml", "*.md", "*.sh", "*.guard", "*.dqdl")
FOLDERS = (
    "lambdas", "models", "local", "schemas", "spark_jobs", "sql", "stacks", "step_functions",
    "tools",
)  # fmt: skip


def of(status: str) -> list[Row]:
    return [row for row in coverage.rows() if row.status == status]


def with_a_source() -> list[Row]:
    return [row for row in coverage.rows() if row.source]


def source_files() -> Iterator[Path]:
    yield from ROOT.glob("*.py")
    yield from ROOT.glob("*.md")
    for folder in FOLDERS:
        for kind in SOURCES:
            yield from (ROOT / folder).rglob(kind)


def test_every_row_of_the_checklist_is_there_once() -> None:
    checklist = {f"{group}-{n:02}" for group, last in CHECKLIST.items() for n in range(1, last + 1)}
    ids = [row.id for row in coverage.rows()]
    assert len(ids) == len(set(ids))
    assert set(ids) == checklist | INSERTED


def test_the_counts_are_of_all_rows() -> None:
    assert sum(coverage.counts().values()) == len(coverage.rows())
    assert set(coverage.counts()) == {"encoded", "replaced", "explained", "planned"}


@pytest.mark.parametrize("row", with_a_source(), ids=lambda row: row.id)
def test_the_line_that_a_row_links_to_names_the_row(row: Row) -> None:
    lines = (ROOT / str(row.source)).read_text().splitlines()
    linked = lines[coverage.line(row) - 1]
    # The link to a workflow leads to a state; some Comment of the file names the row.
    text = "\n".join(lines) if row.where.endswith(".json") else linked
    assert row.id in targets.NOTE_ID.findall(text)


@pytest.mark.parametrize("row", of("encoded"), ids=lambda row: row.id)
def test_an_encoded_row_names_the_symbol_that_implements_it(row: Row) -> None:
    assert row.source
    assert row.symbol
    targets.symbol_line(row.source, row.symbol)


@pytest.mark.parametrize("row", of("replaced"), ids=lambda row: row.id)
def test_a_replaced_row_says_what_is_true_today(row: Row) -> None:
    assert row.today


@pytest.mark.parametrize(
    "row", [row for row in coverage.rows() if row.page], ids=lambda row: row.id
)
def test_the_heading_that_a_row_links_to_exists(row: Row) -> None:
    page, _, heading = str(row.page).partition("#")
    assert heading in headings(facts.PAGES / page)


def test_the_source_names_no_row_that_does_not_exist() -> None:
    ids = {row.id for row in coverage.rows()}
    unknown = {
        (str(file.relative_to(ROOT)), note_id)
        for file in source_files()
        for note_id in targets.NOTE_ID.findall(file.read_text())
        if note_id not in ids
    }
    assert unknown == set()


def test_the_page_has_an_anchor_and_a_link_for_every_row() -> None:
    page = coverage.page()
    table = {row[0]: row for row in re.findall(r'^\| <a id="(.*?)"></a>(.*)$', page, re.MULTILINE)}
    assert list(table) == [row.id for row in coverage.rows()]
    for row in coverage.rows():
        _, cells = table[row.id]
        assert len(re.findall(r"(?<!\\)\|", cells)) == 5, row.id
        if row.source:
            assert f"({code_page(row.source, coverage.line(row))})" in cells
    for title in coverage.GROUPS.values():
        assert f"\n## {title}\n" in page


INVALID: list[tuple[dict[str, Any], str]] = [
    ({"status": "done"}, "ST-01, status: input should be 'encoded'"),
    ({"id": "XX-01"}, "XX-01, id: string should match pattern"),
    ({"note": ""}, "ST-01, note: string should have at least 1 character"),
    ({"wher": "x"}, "ST-01, wher: unexpected keyword argument"),
    ({"status": "replaced"}, "ST-01: today is missing"),
    ({"status": "planned"}, "ST-01: where='a.py' does not go with status='planned'"),
    ({"where": "audit"}, "ST-01: where='audit' does not go with status='encoded'"),
    ({"where": "explained.md#x"}, "ST-01: where='explained.md#x' is a page"),
    ({"status": "explained"}, "ST-01: where='a.py' has no heading"),
]


@pytest.mark.parametrize(("change", "sentence"), INVALID, ids=lambda value: str(value)[:40])
def test_an_invalid_row_is_an_error_that_says_where_and_why(
    change: dict[str, Any], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"id": "ST-01", "note": "a note", "status": "encoded", "where": "a.py", **change}
    text = "\n".join(["[[row]]", *(f'{key} = "{value}"' for key, value in row.items())])
    (tmp_path / coverage.FILE).write_text(text)
    monkeypatch.setattr(facts, "FACTS", tmp_path)
    with pytest.raises(FactsError, match=re.escape(f"docs/coverage.toml, {sentence}")):
        facts.read(coverage.FILE, Row)


def test_two_rows_of_one_id_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = '[[row]]\nid = "ST-01"\nnote = "a note"\nstatus = "encoded"\nwhere = "a.py"\n'
    (tmp_path / coverage.FILE).write_text(row + row)
    monkeypatch.setattr(facts, "FACTS", tmp_path)
    with pytest.raises(FactsError, match="ST-01: there are two rows of this id"):
        facts.read(coverage.FILE, Row)


def test_the_line_nearest_to_the_symbol_is_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '"""ST-01."""\n\n\n\nclass First:\n    # ST-01\n    first = 1\n\n\nsecond = 2\n'
    (tmp_path / "nearest.py").write_text(text)
    monkeypatch.setattr(targets, "ROOT", tmp_path)
    assert targets.id_line("nearest.py", "ST-01", "First") == 6
    assert targets.id_line("nearest.py", "ST-01", None) == 1
    assert targets.symbol_line("nearest.py", "first") == 7
    with pytest.raises(targets.TargetError, match=r"nearest.py does not name ST-02"):
        targets.id_line("nearest.py", "ST-02", "First")
    with pytest.raises(targets.TargetError, match=r"nearest.py does not contain 'Third'"):
        targets.id_line("nearest.py", "ST-01", "Third")
    with pytest.raises(targets.TargetError, match=r"gone.py: there is no such file"):
        targets.symbol_line("gone.py", "First")
