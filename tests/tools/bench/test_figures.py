"""`docs/figures.toml`: valid, merged by id, and the source of README's figures."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from tools.bench import figures
from tools.bench.figures import END, README, START, Figure, FiguresError
from tools.bench.parts import BY_NAME_ONLY, PARTS

FIGURE = Figure(
    id="synth-app", title="synthesis", value=4.25, unit="s", date="2026-11-28",
    machine="2 cores", command="make bench PART=synth",
)  # fmt: skip


def test_every_figure_names_a_command_that_exists() -> None:
    commands = {f"make bench PART={part}" for part in PARTS} | {"make docs", "make bench WALL=yes"}
    for figure in figures.read().values():
        assert figure.command in commands, figure.id


def test_readme_shows_the_figures_of_the_file() -> None:
    block = figures.in_readme(README.read_text())
    assert block == figures.readme_block(figures.read().values()), (
        "run: python -m tools.bench readme"
    )


def test_a_new_measurement_replaces_the_figure_of_its_id(tmp_path: Path) -> None:
    file = tmp_path / "figures.toml"
    file.write_text(figures.FILE.read_text())
    before = figures.read(file)
    figures.merge([FIGURE, replace(FIGURE, id="new-figure")], file)
    after = figures.read(file)
    assert list(after) == [*before, "new-figure"]
    assert after["synth-app"].value == FIGURE.value
    assert after["synth-app"].readme == before["synth-app"].readme
    assert {**after, "synth-app": before["synth-app"], "new-figure": FIGURE} == {
        **before,
        "new-figure": FIGURE,
    }


def test_a_figure_of_0_is_written_and_read(tmp_path: Path) -> None:
    file = tmp_path / "figures.toml"
    file.write_text(figures.FILE.read_text())
    figures.merge([replace(FIGURE, id="none-found", value=0)], file)
    assert figures.read(file)["none-found"].value == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [({"id": "Synth App"}, "id"), ({"date": "yesterday"}, "date"), ({"valu": 1}, "valu")],
)
def test_an_invalid_figure_is_an_error(change: dict[str, object], field: str) -> None:
    row = {name: getattr(FIGURE, name) for name in ("id", "title", "value", "unit", "date")}
    row |= {"machine": "m", "command": "c", **change}
    with pytest.raises(ValidationError, match=field):
        TypeAdapter(Figure).validate_python(row)


def test_numbers_have_their_unit_and_thousands() -> None:
    assert replace(FIGURE, value=1188, unit="s").measured == "1,188 s"
    assert replace(FIGURE, value=0.789, unit="").measured == "0.789"


def test_a_readme_without_markers_is_an_error(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n")
    with pytest.raises(FiguresError, match=f"{START} and {END}"):
        figures.update_readme(readme)
    readme.write_text(f"before\n{START}\nold\n{END}\nafter\n")
    figures.update_readme(readme)
    text = readme.read_text()
    assert text.startswith(f"before\n{START}\n| figure |")
    assert text.endswith(f"\n{END}\nafter\n")


def test_parts_that_take_minutes_run_by_name_only() -> None:
    assert set(BY_NAME_ONLY) < set(PARTS)
