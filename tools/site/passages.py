"""Cuts a source file into passages: what is said, and the lines it is said about.

What is said are the docstrings and the comments that stand on lines of their own; in a workflow,
the `Comment` of each state. Nothing is written a second time for the site.
"""

import ast
import json
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import groupby

_STATE = re.compile(r'^\s*"(?P<name>.+)": \{$')
# How a comment begins that stands on a line of its own, by the end of the file's name.
_MARKS = {".py": "#", ".sql": "--", ".toml": "#", ".guard": "#", ".sh": "#", ".dqdl": "#"}


@dataclass(frozen=True)
class Passage:
    """Lines of a file, counted from 1; `said` is Markdown, `code` what is shown beside it."""

    said: str
    first: int
    code: range

    @property
    def spoken(self) -> range:
        """The lines that `said` comes from."""
        return range(self.first, self.code.start)


def passages(path: str, text: str) -> list[Passage]:
    """Every line of a file, in order, in passages."""
    if path.endswith(".asl.json"):
        return list(_workflow(text))
    lines = text.splitlines()
    said = _said(path, text, lines)
    found: list[Passage] = []
    for spoken, group in groupby(range(1, len(lines) + 1), key=lambda number: number in said):
        numbers = list(group)
        if spoken:
            words = "\n".join(said[number] for number in numbers)
            found.append(Passage(words.strip("\n"), numbers[0], range(numbers[-1] + 1, 0)))
            continue
        code = range(numbers[0], numbers[-1] + 1)
        if found and not found[-1].code:
            found[-1] = Passage(found[-1].said, found[-1].first, code)
        else:
            found.append(Passage("", code.start, code))
    return found


def _said(path: str, text: str, lines: list[str]) -> dict[int, str]:
    """Line number -> what is said there; of several lines' words all stand at the first."""
    mark = next((mark for end, mark in _MARKS.items() if path.endswith(end)), None)
    if mark is None:
        return {}
    own = {
        number: line.strip().removeprefix(mark).removeprefix(" ")
        for number, line in enumerate(lines, start=1)
        if line.lstrip().startswith(mark) and not line.startswith("#!")
    }
    if path.endswith(".py"):
        return _comments(text, own) | _docstrings(text)
    return own


def _comments(text: str, own: dict[int, str]) -> dict[int, str]:
    """Those of `own` that Python, too, takes for comments: a string may hold a line like one."""
    tokens = tokenize.generate_tokens(StringIO(text).readline)
    real = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
    return {number: words for number, words in own.items() if number in real}


def _docstrings(text: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        said = ast.get_docstring(node)
        if not said:
            continue
        first = node.body[0]
        found |= dict.fromkeys(range(first.lineno, (first.end_lineno or first.lineno) + 1), "")
        found[first.lineno] = said
    return found


def _workflow(text: str) -> Iterator[Passage]:
    """A passage a state; one inside a Map or a Parallel is cut out of the one that holds it."""
    machine = json.loads(text)
    comments = dict(_states_of(machine))
    lines = text.splitlines()
    opened = [
        (found["name"], number)
        for number, line in enumerate(lines, start=1)
        if (found := _STATE.match(line)) and found["name"] in comments
    ]
    starts = [number for _, number in opened]
    yield Passage(machine["Comment"], 1, range(1, starts[0]))
    for (name, start), end in zip(opened, [*starts[1:], len(lines) + 1], strict=True):
        yield Passage(f"**{name}**\n\n{comments[name]}".strip(), start, range(start, end))


def _states_of(machine: dict[str, object]) -> Iterator[tuple[str, str]]:
    inside = machine.get("States")
    if not isinstance(inside, dict):
        return
    for name, state in inside.items():
        yield name, str(state.get("Comment", ""))
        for part in [state.get("ItemProcessor"), *state.get("Branches", [])]:
            if part:
                yield from _states_of(part)
