"""The page of leniencies lists what each service of the local AWS declares."""

from pathlib import Path

import pytest

from local.services.rules import all_rules
from repository import ROOT
from tools.site import leniencies

# What serves other services, and answers nothing itself.
SHARED = {"contract", "iam", "rules", "cloudformation", "iot", "__pycache__"}
SERVICES = sorted(
    folder
    for folder in (ROOT / "local" / "services").iterdir()
    if folder.is_dir() and folder.name not in SHARED
)


@pytest.mark.parametrize("folder", SERVICES, ids=[folder.name for folder in SERVICES])
def test_each_service_says_what_it_does_not_check(folder: Path) -> None:
    declared = [
        sentence for file in folder.glob("*.py") for sentence in leniencies.declarations(file)
    ]
    assert declared, f"{folder.name} declares no LENIENT in any of its files"


def test_a_declaration_is_read_from_the_code(tmp_path: Path) -> None:
    file = tmp_path / "service.py"
    file.write_text('LENIENT = [("Sizes are not counted.", "Nothing is stored.")]\n')
    assert leniencies.declarations(file) == [("Sizes are not counted.", "Nothing is stored.")]
    file.write_text("OTHER = {}\n")
    assert leniencies.declarations(file) == []


def test_the_page_lists_every_leniency_and_every_rule() -> None:
    page = leniencies.page()
    assert all(unchecked in page for _, unchecked, _ in leniencies.leniencies())
    rows = page.partition("rules that no model carries")[2].partition("## ")[0]
    assert rows.count("](https://") == len(all_rules())
    for rule in all_rules():
        verification = rule.read
        parts = (rule.operations[0], rule.says, rule.source, verification)
        assert any(all(part in row for part in parts) for row in rows.splitlines()), rule.id
