"""The page of closed services lists what the gate refuses, and where former names are used."""

import re
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from stacks.shared.gate import closed
from tools.site import closed_services, former_names

ROWS: list[dict[str, Any]] = [*closed.table()["types"], *closed.table()["values"]]
# Names in the notes that readers will search for.
SEARCHED = {
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
def test_every_name_on_the_page_is_one_that_the_gate_refuses(row: dict[str, Any]) -> None:
    names = closed_services.names_of(row["match"])
    assert names
    for name in names:
        # A star stands for text, or for one digit.
        samples = [name.replace("*", sample) for sample in ("2", "large")]
        assert any(re.fullmatch(row["match"], sample) for sample in samples), name


def test_nested_alternatives_are_expanded() -> None:
    names = closed_services.names_of(r"AWS::X::(A|(B|C)D)(E)?::.*")
    assert set(names) == {f"AWS::X::{name}::*" for name in ("A", "AE", "BD", "BDE", "CD", "CDE")}


def test_the_page_has_a_line_for_every_row_of_the_gate_and_every_former_name() -> None:
    page = closed_services.page()
    for row in ROWS:
        assert f"| {row.get('since', '')} | {row['instead']} |" in page
    for runtime in closed.table()["runtimes"]:
        assert f"| `{runtime}` |" in page
    for name in former_names.names():
        assert f"| {name.old} | {name.now} |" in page


def test_no_regular_expression_is_on_the_page() -> None:
    assert not re.search(r"[()\[\]\\]", "".join(re.findall(r"`([^`]*)`", closed_services.page())))


@pytest.mark.parametrize(("name", "architecture"), SEARCHED.items())
def test_an_architecture_lists_the_name_that_the_notes_use(name: str, architecture: str) -> None:
    assert name in former_names.section(architecture)


def test_an_architecture_lists_only_its_own_services() -> None:
    assert "Firehose" not in former_names.section("language-chain")
    assert "Firehose" in former_names.section("streaming-lake")


def test_what_concerns_all_architectures_is_listed_for_a_new_one() -> None:
    assert "IAM Identity Center" in former_names.section("chatbot")


def test_a_row_for_an_unknown_architecture_is_an_error() -> None:
    row = {"old": "a", "now": "b", "architectures": ["chatbot"], "here": "c"}
    with pytest.raises(ValidationError, match=r"'chatbot' is no architecture; use .*ml-platform"):
        TypeAdapter(former_names.Name).validate_python(row)
