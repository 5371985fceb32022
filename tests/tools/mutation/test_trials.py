"""Which tests a mutant is shown to, and who notices it."""

from contextlib import closing
from pathlib import Path

import pytest

from repository import ROOT
from tools.mutation.mutants import mutants, of_workflow
from tools.mutation.nearness import LOCAL, SCRIPTED, UNIT, Stage, stages
from tools.mutation.trials import Trials

TRAIN = "step_functions/ml_platform/train_model.asl.json"
DEFINITIONS = "tests/step_functions/test_definitions.py::test_names[{}]"


def test_every_mutant_is_shown_to_tests_that_exist() -> None:
    for mutated in {mutant.path for mutant in mutants(ROOT, 400, seed=7)}:
        for stage in stages(mutated, local=True):
            missing = [path for path in stage.paths if not (ROOT / path).exists()]
            assert missing == [], mutated
        assert sum(len(stage.paths) for stage in stages(mutated)) > 1


@pytest.mark.parametrize(
    ("test", "local", "first"),
    [
        (DEFINITIONS.format("ml_platform/train_model"), False, (0, UNIT)),
        (
            "tests/step_functions/test_errors.py::test_x[ml_platform/train_model]",
            True,
            (1, SCRIPTED),
        ),
        ("tests/step_functions/ml_platform/test_ml_workflows.py::test_x", True, (1, SCRIPTED)),
        (DEFINITIONS.format("ml_platform/deploy_model"), False, (2, UNIT)),
        ("tests/step_functions/test_errors.py::test_x[ml_platform/deploy_model]", True, None),
        ("tests/local/ml_platform/test_platform_roles.py::test_x", True, (3, LOCAL)),
        ("tests/stacks/streaming_lake/test_column_grants.py::test_x", False, None),
    ],
)
def test_a_workflow_s_own_tests_come_before_its_scenarios_and_the_rest(
    test: str, local: bool, first: tuple[int, str] | None
) -> None:
    holding = [
        (rank, stage.by)
        for rank, stage in enumerate(stages(Path(TRAIN), local=True))
        if stage.holds(test, local=local)
    ]
    assert (holding[0] if holding else None) == first


def test_a_box_s_own_tests_come_first() -> None:
    near = stages(Path("stacks/ml_platform/notebook/notebook_access.py"))
    assert "tests/stacks/ml_platform/test_notebook.py" in near[0].paths
    assert "tests/stacks/ml_platform/test_network.py" not in near[0].paths


def test_a_stage_holds_no_test_beside_its_folders() -> None:
    stage = Stage(UNIT, ("tests/iam",))
    assert stage.holds("tests/iam/test_people.py::test_x", local=False)
    assert not stage.holds("tests/iam_other/test_people.py::test_x", local=False)
    assert not stage.holds("tests/iam/test_people.py::test_x", local=True)


def test_a_defect_is_noticed_and_the_copy_is_as_before(tmp_path: Path) -> None:
    with closing(Trials(tmp_path)) as trials:
        defect = next(
            mutant
            for mutant in of_workflow(ROOT, ROOT / TRAIN)
            if mutant.change.startswith("Next: ")
        )
        verdict = trials.verdict(defect)
        assert (verdict.by, verdict.test) == (
            UNIT,
            "tests/step_functions/test_definitions.py::"
            "test_every_state_is_reached_and_leads_somewhere[ml_platform/train_model]",
        )
        assert trials.failing_anyway([verdict.test]) == []
        copied = tmp_path / "repository" / TRAIN
        assert copied.read_text() == (ROOT / TRAIN).read_text()
