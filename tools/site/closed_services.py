"""The page of what is closed to new customers, from the table that the gate uses."""

import re
from collections.abc import Mapping
from typing import Any

from stacks.shared.gate import closed
from tools.markdown import code, table
from tools.site import former_names
from tools.site.links import code_page

_SOURCE = "stacks/shared/gate/closed.toml"
# The innermost alternatives of an expression, and whether they are optional.
_ALTERNATIVES = re.compile(r"\(([^()]*)\)(\??)|\[(\w+)\]")
_PREFIX = re.compile(r"^(AWS::|arn:\*:states:::)")


def page() -> str:
    """The page in Markdown, for the root of the site. Raises FactsError."""
    closed_table = closed.table()
    heads = ["closed since", "use instead"]
    types = [(_names(row["match"]), *_since(row)) for row in closed_table["types"]]
    values = [
        (_property(row), _names(row["match"]), *_since(row)) for row in closed_table["values"]
    ]
    runtimes = [(code(name), end) for name, end in closed_table["runtimes"].items()]
    parts = [
        "# Retired and renamed services",
        "CloudFormation and the CDK still accept most of what AWS has closed to new customers, so a"
        " valid template proves nothing. A synthesis fails if it uses anything in [this"
        f" table]({code_page(_SOURCE)}), and says what to use instead.",
        "## Closed resource types",
        table(["type", *heads], types),
        "## Closed features",
        table(["property", "value", *heads], values),
        "## Lambda runtimes",
        "A runtime is refused from a year before the end of its support on, and so is one that is"
        " not in this list.",
        table(["runtime", "supported until"], runtimes),
        "## Former names",
        "Services that were renamed, or that have ended and have no type of their own.",
        former_names.table(),
    ]
    return "\n\n".join(parts) + "\n"


def names_of(expression: str) -> list[str]:
    """The names that a regular expression of the table matches, with `*` for any text."""
    if not (match := _ALTERNATIVES.search(expression)):
        plain = expression.replace("[.:]", ":").replace(r"\d", "*").replace(r"\.", ".")
        return [plain.replace(".*", "*")]
    alternatives = list(match[3]) if match[3] else match[1].split("|")
    if match[2]:
        alternatives.insert(0, "")
    before, behind = expression[: match.start()], expression[match.end() :]
    names = (
        name for alternative in alternatives for name in names_of(before + alternative + behind)
    )
    return list(dict.fromkeys(names))


def _names(expression: str) -> str:
    if expression == ".*":
        return "any"
    # The suffix of a service integration, `.sync`, does not change what is called.
    call = expression.removesuffix(r"(\..*)?")
    return ", ".join(f"`{_PREFIX.sub('', name)}`" for name in names_of(call))


def _property(row: Mapping[str, Any]) -> str:
    name = f"`{row['property'].replace('s?', '')}`"
    return f"{name} of {_names(row['on'])}" if "on" in row else name


def _since(row: Mapping[str, Any]) -> tuple[str, str]:
    return row.get("since", ""), row["instead"]
