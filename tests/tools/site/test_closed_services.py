"""The page of closed services says what the gate refuses, and where a former name is met."""

import re
from typing import Any

import pytest

from stacks.catalogue import ARCHITECTURES
from stacks.shared.gate import closed
from tools.site import closed_services, former_names

ROWS: list[dict[str, Any]] = [*closed.table()["types"], *closed.table()["values"]]
# Whoever learnt it from the notes looks for these.
ASKED_FOR = {
    "Elasticsearch": "streaming-lake",
    "Kinesis Data Analytics": "streaming-lake",
    "Kinesis Data Firehose": "streaming-lake",
    "QuickSight": "streaming-lake",
    "vault lock": "streaming-lake",
    "Data Pipeline": "streaming-lake",
    "SageMaker": "ml-platform",
    "Model Monitor": "ml-platform",
    "Ground Truth": "ml-platform",
    "Elastic Inference": "ml-platform",
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["match"][:40])
def test_every_name_that_is_spelt_out_is_one_that_the_gate_refuses(row: dict[str, Any]) -> None:
    names = closed_services.spelt_out(row["match"])
    assert names
    for name in names:
        # A star stands for text, or for one digit.
        tried = [name.replace("*", sample) for sample in ("2", "large")]
        assert any(re.fullmatch(row["match"], each) for each in tried), name


def test_alternatives_are_spelt_out_however_deep_they_lie() -> None:
    found = closed_services.spelt_out(r"AWS::X::(A|(B|C)D)(E)?::.*")
    assert set(found) == {f"AWS::X::{name}::*" for name in ("A", "AE", "BD", "BDE", "CD", "CDE")}


def test_the_page_has_a_line_for_every_row_of_the_gate_and_every_former_name() -> None:
    page = closed_services.page()
    for row in ROWS:
        assert f"| {row.get('since', '')} | {row['instead']} |" in page
    for name in closed.table()["runtimes"]:
        assert f"| `{name}` |" in page
    for each in former_names.names():
        assert f"| {each.old} | {each.now} |" in page


def test_no_expression_is_left_on_the_page() -> None:
    assert not re.search(r"[()\[\]\\]", "".join(re.findall(r"`([^`]*)`", closed_services.page())))


@pytest.mark.parametrize(("name", "architecture"), ASKED_FOR.items())
def test_an_architecture_tells_the_name_that_the_notes_know(name: str, architecture: str) -> None:
    assert name in former_names.section(architecture)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_tells_by_what_people_sign_in(architecture: str) -> None:
    section = former_names.section(architecture)
    assert section.startswith("## By its former name\n\n| in the notes |")
    assert "AWS SSO" in section
    assert "IAM Identity Center" in section


def test_an_architecture_tells_only_its_own() -> None:
    assert "Firehose" not in former_names.section("language-chain")
    assert former_names.section("chatbot") == ""
