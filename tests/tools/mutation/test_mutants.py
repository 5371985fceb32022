"""The mutants that `make mutants` tries: valid files, each different in one place."""

import ast
import json
from pathlib import Path

from repository import ROOT
from tools.mutation.mutants import mutants, of_workflow


def test_each_mutant_is_a_valid_file_that_differs_in_one_place() -> None:
    chosen = mutants(ROOT, 400, seed=7)
    assert len(chosen) == 400
    for mutant in chosen:
        original = (ROOT / mutant.path).read_text()
        assert mutant.text != original, mutant.name
        if mutant.path.suffix == ".json":
            json.loads(mutant.text)
        else:
            ast.parse(mutant.text)


def test_a_seed_chooses_the_same_ones_again() -> None:
    names = [[mutant.name for mutant in mutants(ROOT, 50, seed)] for seed in (1, 1, 2)]
    assert names[0] == names[1] != names[2]


def test_wordings_and_sizes_of_pages_stay_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "a.asl.json"
    lines = [
        '{"States": {"A": {',
        '"Cause": "it is late",',
        '"MaxResults": 1,',
        '"Seconds": 5',
        "}}}",
    ]
    file.write_text("\n".join(lines))
    assert [mutant.change for mutant in of_workflow(tmp_path, file)] == ["Seconds: 5 -> 51"]
