"""Mutants of the files that AWS runs or obeys: one changed place in a file each."""

import ast
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

# A member of a state on a line of its own: `"MaxAttempts": 6,`.
_MEMBER = re.compile(r'^(?P<before>\s*"(?P<name>[^"]+)":\s*)(?P<value>[^{\[].*?)(?P<after>,?)$')
_DESCRIPTIVE = {"Comment", "Type", "QueryLanguage", "StartAt", "Mode", "ExecutionType"}
# Another wording for a person, and a longer page of a listing of which the first entries are read:
# both change nothing that AWS or a program could see.
_EQUIVALENT = {"Cause", "MaxKeys", "MaxResults"}
_OPERATORS = {
    " = ": " != ", " != ": " = ", " < ": " >= ", " > ": " <= ", " <= ": " > ", " >= ": " < ",
    " and ": " or ", " or ": " and ", "$min(": "$max(", "$max(": "$min(", "^(<": "^(>",
    "^(>": "^(<", " + ": " - ",
}  # fmt: skip
_ACTION = re.compile(r"^[a-z0-9-]+:[A-Z]\w+$")


@dataclass(frozen=True)
class Mutant:
    """A file with one place changed."""

    path: Path
    """Relative to the repository."""
    line: int
    change: str
    """The old and the new text, for the report."""
    text: str
    """The whole file."""

    @property
    def name(self) -> str:
        """Where it is and what it changes."""
        return f"{self.path}:{self.line}: {self.change}"


def mutants(root: Path, count: int, seed: int) -> list[Mutant]:
    """`count` mutants, drawn evenly from workflows and stacks; the same ones for a seed."""
    pools = [
        [mutant for path in sorted(root.glob(pattern)) for mutant in make(root, path)]
        for pattern, make in (
            ("step_functions/**/*.asl.json", of_workflow),
            ("stacks/**/*.py", of_stack),
        )
    ]
    generator = random.Random(seed)  # noqa: S311 -- a sample
    share = count // len(pools)
    samples = [generator.sample(pool, min(share, len(pool))) for pool in pools]
    # In turn, so that a run that is stopped has tried both.
    return [mutant for pair in zip_longest(*samples) for mutant in pair if mutant]


def of_workflow(root: Path, path: Path) -> Iterator[Mutant]:
    """Each member of a state with another value; the file stays valid JSON."""
    lines = path.read_text().splitlines(keepends=True)
    for number, line in enumerate(lines):
        match = _MEMBER.match(line.rstrip("\n"))
        if match is None or match["name"] in _DESCRIPTIVE | _EQUIVALENT:
            continue
        try:
            value = json.loads(match["value"])
        except json.JSONDecodeError:
            continue
        for changed in _other_values(value):
            text = f"{match['before']}{json.dumps(changed, ensure_ascii=False)}{match['after']}\n"
            yield Mutant(
                path.relative_to(root),
                number + 1,
                f"{match['name']}: {value!r} -> {changed!r}",
                "".join([*lines[:number], text, *lines[number + 1 :]]),
            )


def of_stack(root: Path, path: Path) -> Iterator[Mutant]:
    """Each number, flag and IAM action of a construct changed, and each grant taken out."""
    source = path.read_text()
    for node in ast.walk(ast.parse(source)):
        replacement = _replacement(node)
        if replacement is None or not isinstance(node, ast.expr | ast.stmt):
            continue
        old = ast.get_source_segment(source, node) or ""
        yield Mutant(
            path.relative_to(root),
            node.lineno,
            f"{' '.join(old.split())[:80]} -> {replacement}",
            _replaced(source, node, replacement),
        )


def _other_values(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value * 10 + 1
    elif isinstance(value, str) and value.startswith("{%"):
        for operator, opposite in _OPERATORS.items():
            if operator in value:
                yield value.replace(operator, opposite, 1)
    elif isinstance(value, str) and value and not value.startswith("arn:"):
        yield f"{value}-changed"


def _replacement(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=bool(flag)):
            return str(not flag)
        case ast.Constant(value=int(number)):
            return str(number * 10 + 1)
        case ast.Constant(value=str(text)) if _ACTION.match(text):
            return repr(f"{text.partition(':')[0]}:NoSuchAction")
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name))) if name.startswith("allow"):
            return "pass"
    return None


def _replaced(source: str, node: ast.expr | ast.stmt, replacement: str) -> str:
    lines = source.encode().splitlines(keepends=True)
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
    before = b"".join([*lines[: node.lineno - 1], lines[node.lineno - 1][: node.col_offset]])
    after = b"".join([lines[end_line - 1][end_column:], *lines[end_line:]])
    return (before + replacement.encode() + after).decode()
