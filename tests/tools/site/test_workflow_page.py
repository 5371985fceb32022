"""The pages of workflows: each state once, with its reason; what is retried, and what is caught."""

import json
import re
from pathlib import Path

import pytest

from repository import ROOT
from tools.assembly import asl
from tools.site import workflow_page

WORKFLOWS = sorted((ROOT / "step_functions").glob("*/*.asl.json"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_state_has_a_row_that_the_picture_leads_to(path: Path) -> None:
    page = workflow_page.page(str(path.relative_to(ROOT)), "language-chain")
    rows = re.findall(r'<a id="(state-[^"]+)"></a>', page)
    assert len(rows) == len(set(rows)) == len(list(asl.states(asl.read(path))))
    assert {f"#{row}" for row in rows} == set(re.findall(r'href="(#state-[^"]+)"', page))


def test_errors_are_listed_with_their_waits_and_where_they_lead(tmp_path: Path) -> None:
    retrier = {"IntervalSeconds": 2, "MaxAttempts": 4, "BackoffRate": 2, "MaxDelaySeconds": 5}
    task = {
        "Type": "Task",
        "Comment": "Because.",
        "Resource": "arn:aws:states:::aws-sdk:sns:publish",
        "TimeoutSeconds": 120,
        "Retry": [{"ErrorEquals": ["States.TaskFailed"], **retrier}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Stop"}],
        "End": True,
    }
    states = {"Tell": task, "Stop": {"Type": "Fail", "Error": "Refused"}}
    path = tmp_path / "tell.asl.json"
    path.write_text(json.dumps({"Comment": "It tells.", "StartAt": "Tell", "States": states}))
    page = workflow_page.page(str(path), "language-chain")
    assert "| calls `sns:publish` | Because. | 2 min |" in page
    assert "| any error of a task | 4 times | up to 16 s | `Tell` |" in page
    assert "| any error | `Stop` | `Tell` |" in page
    assert "ends with `Refused`" in page
