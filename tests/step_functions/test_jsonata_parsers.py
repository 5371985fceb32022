"""jsonata-python, which the gate uses, takes and refuses what the reference implementation does."""

import json
import subprocess

import jsonata
import pytest
from jsonata.jexception import JException

from repository import ROOT
from tests.step_functions.workflows import WORKFLOWS, expressions

_NODE = ROOT / ".venv" / "bin" / "node"
_PROGRAM = """
const jsonata = require("jsonata");
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const parses = (text) => { try { jsonata(text); return true; } catch { return false; } };
process.stdout.write(JSON.stringify(texts.map(parses)));
"""
BROKEN = [
    "$merge([{'a': 1})",
    "a.b.",
    "{'a' 1}",
    "$x := ",
    "a ? b : ",
    "function($a) { $a",
    "'unclosed",
    "a[",
    "1 + * 2",
    "(a; b",
    "~> $f",
    "a and",
]
EXPRESSIONS = sorted({text for workflow in WORKFLOWS for text in expressions(workflow.definition)})


def reference_parses(texts: list[str]) -> list[bool]:
    """Whether npm's jsonata parses each of `texts`."""
    completed = subprocess.run(
        [str(_NODE), "-e", _PROGRAM],
        input=json.dumps(texts),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    verdicts: list[bool] = json.loads(completed.stdout)
    return verdicts


def parses(text: str) -> bool:
    """Whether jsonata-python parses `text`."""
    try:
        jsonata.Jsonata(text)
    except JException:
        return False
    return True


def test_both_parse_every_expression_of_the_workflows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.setrecursionlimit", lambda _: None)
    assert len(EXPRESSIONS) > 200
    assert [text for text in EXPRESSIONS if not parses(text)] == []
    verdicts = zip(EXPRESSIONS, reference_parses(EXPRESSIONS), strict=True)
    assert [text for text, parsed in verdicts if not parsed] == []


def test_both_refuse_what_is_no_jsonata(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.setrecursionlimit", lambda _: None)
    assert [text for text in BROKEN if parses(text)] == []
    verdicts = zip(BROKEN, reference_parses(BROKEN), strict=True)
    assert [text for text, parsed in verdicts if parsed] == []
