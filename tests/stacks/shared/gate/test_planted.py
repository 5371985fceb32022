"""Each planted defect of `planted/*.yaml` is refused by its rule, at the resource that has it."""

from collections import Counter
from pathlib import Path

import pytest
from aws_cdk import Stack

from stacks.shared.gate import own
from tests.stacks.shared.gate.planted import Planted, planted_defects
from tests.stacks.shared.gate.small_app import refusal, small_app

DEFECTS = planted_defects()


@pytest.mark.parametrize("defect", DEFECTS, ids=[defect.id for defect in DEFECTS])
def test_a_planted_defect_is_refused_where_it_is(tmp_path: Path, defect: Planted) -> None:
    def plant(stack: Stack) -> None:
        defect.plant(stack, tmp_path)

    paragraphs = refusal(small_app(tmp_path / "out", plant, defect.region)).split("\n\n")
    places = (f"at Small/{defect.at}\n".replace("/\n", "\n"), f"at Small/All/{defect.at}\n")
    assert [
        paragraph
        for paragraph in paragraphs
        if paragraph.partition("\n")[0].endswith(f"::{defect.rule}")
        and any(place in paragraph for place in places)
    ], "\n\n".join(paragraphs)


def test_each_defect_is_planted_once() -> None:
    assert [
        name for name, count in Counter(defect.id for defect in DEFECTS).items() if count > 1
    ] == []


def test_each_rule_of_the_project_has_a_planted_defect() -> None:
    assert own.RULES - {defect.rule.partition("[")[0] for defect in DEFECTS} == set()
