"""Divides a source file into passages: explanatory text, and the lines of code that it explains.

The text is that of docstrings and of comments on lines of their own; in a workflow, of the
`Comment` of each state. Nothing is written a second time for the site.
"""

import ast
import json
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import groupby

from tools.assembly.asl import states

_STATE = re.compile(r'^\s*"(?P<name>.+)": \{$')
# The comment sign of a language, by the ending of the file name.
_MARKS = {".py": "#", ".sql": "--", ".toml": "#", ".guard": "#", ".sh": "#", ".dqdl": "#"}


@dataclass(frozen=True)
class Passage:
    """Text, and the numbers of the lines of code beside it, counted from 1."""

    text: str
    """In Markdown."""
    first: int
    """The line that the text begins in."""
    code: range

    @property
    def text_lines(self) -> range:
        """The lines that `text` comes from."""
        return range(self.first, self.code.start)


def passages(path: str, text: str) -> list[Passage]:
    """Every line of a file, in order, in passages."""
    if path.endswith(".asl.json"):
        return list(_workflow(text))
    lines = text.splitlines()
    explained = _explanations(path, text, lines)
    result: list[Passage] = []
    for is_text, group in groupby(range(1, len(lines) + 1), key=lambda number: number in explained):
        numbers = list(group)
        if is_text:
            words = "\n".join(explained[number] for number in numbers)
            result.append(Passage(words.strip("\n"), numbers[0], range(numbers[-1] + 1, 0)))
            continue
        code = range(numbers[0], numbers[-1] + 1)
        if result and not result[-1].code:
            result[-1] = Passage(result[-1].text, result[-1].first, code)
        else:
            result.append(Passage("", code.start, code))
    return result


def _explanations(path: str, text: str, lines: list[str]) -> dict[int, str]:
    """Line number -> explanatory text; a docstring's whole text is at its first line."""
    mark = next((mark for end, mark in _MARKS.items() if path.endswith(end)), None)
    if mark is None:
        return {}
    comments = {
        number: line.strip().removeprefix(mark).removeprefix(" ")
        for number, line in enumerate(lines, start=1)
        if line.lstrip().startswith(mark) and not line.startswith("#!")
    }
    if path.endswith(".py"):
        return _python_comments(text, comments) | _docstrings(text)
    return comments


def _python_comments(text: str, candidates: dict[int, str]) -> dict[int, str]:
    """Those of `candidates` that are comments to Python: a string may hold a line like one."""
    tokens = tokenize.generate_tokens(StringIO(text).readline)
    numbers = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
    return {number: words for number, words in candidates.items() if number in numbers}


def _docstrings(text: str) -> dict[int, str]:
    docstrings: dict[int, str] = {}
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        docstring = ast.get_docstring(node)
        if not docstring:
            continue
        first = node.body[0]
        last_line = first.end_lineno or first.lineno
        docstrings |= dict.fromkeys(range(first.lineno, last_line + 1), "")
        docstrings[first.lineno] = docstring
    return docstrings


def _workflow(text: str) -> Iterator[Passage]:
    """A passage a state; a state inside a Map or a Parallel has a passage of its own."""
    definition = json.loads(text)
    comments = {state.name: state.body.get("Comment", "") for state in states(definition)}
    lines = text.splitlines()
    heads = [
        (match["name"], number)
        for number, line in enumerate(lines, start=1)
        if (match := _STATE.match(line)) and match["name"] in comments
    ]
    starts = [number for _, number in heads]
    yield Passage(definition.get("Comment", ""), 1, range(1, starts[0]))
    for (name, start), end in zip(heads, [*starts[1:], len(lines) + 1], strict=True):
        yield Passage(f"**{name}**\n\n{comments[name]}".strip(), start, range(start, end))
