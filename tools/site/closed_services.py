"""The page of what new customers can no longer get, from the table that the gate goes by."""

import re
from collections.abc import Mapping
from typing import Any

from stacks.shared.gate import closed
from tools.site import former_names
from tools.site.links import code_page

_SOURCE = "stacks/shared/gate/closed.toml"
# The innermost choice of an expression, and whether it may be left out.
_CHOICE = re.compile(r"\(([^()]*)\)(\??)|\[(\w+)\]")
_IN_FRONT = re.compile(r"^(AWS::|arn:\*:states:::)")


def page() -> str:
    """The page in Markdown, for the root of the site. Raises FactsError."""
    table = closed.table()
    runtimes = [f"| `{name}` | {end} |" for name, end in table["runtimes"].items()]
    return "\n".join(
        [
            "# Closed services and former names",
            "",
            "CloudFormation and the CDK still take most of what is closed, so a template that is"
            " valid proves nothing. Each synth here is refused, with the sentence of what to take"
            f" instead, if it asks for something of [this table]({code_page(_SOURCE)}).",
            "",
            "## Types that are refused",
            "",
            "| type | closed since | take instead |",
            "|---|---|---|",
            *(f"| {_names(row['match'])} | {_since(row)} |" for row in table["types"]),
            "",
            "## Parts of services that are refused",
            "",
            "| property | value | closed since | take instead |",
            "|---|---|---|---|",
            *(f"| {_property(row)} | {_names(row['match'])} | {_since(row)} |"
              for row in table["values"]),
            "",
            "## Runtimes of Lambda",
            "",
            "A runtime is refused from a year before its last patch on, and so is one that is not"
            " in this list.",
            "",
            "| runtime | patched until |",
            "|---|---|",
            *runtimes,
            "",
            "## Former names",
            "",
            "What was renamed, or has ended without a type of its own.",
            "",
            former_names.table(),
        ]
    )  # fmt: skip


def spelt_out(expression: str) -> list[str]:
    """The names that an expression of the table stands for, a star in the place of anything."""
    if not (choice := _CHOICE.search(expression)):
        plain = expression.replace("[.:]", ":").replace(r"\d", "*").replace(r"\.", ".")
        return [plain.replace(".*", "*")]
    alternatives = list(choice[3]) if choice[3] else choice[1].split("|")
    if choice[2]:
        alternatives.insert(0, "")
    before, behind = expression[: choice.start()], expression[choice.end() :]
    names = (name for each in alternatives for name in spelt_out(before + each + behind))
    return list(dict.fromkeys(names))


def _names(expression: str) -> str:
    if expression == ".*":
        return "any"
    # What a call of the SDK is waited for is no other call.
    called = expression.removesuffix(r"(\..*)?")
    return ", ".join(f"`{_IN_FRONT.sub('', name)}`" for name in spelt_out(called))


def _property(row: Mapping[str, Any]) -> str:
    name = f"`{row['property'].replace('s?', '')}`"
    return f"{name} of {_names(row['on'])}" if "on" in row else name


def _since(row: Mapping[str, Any]) -> str:
    return f"{row.get('since', '')} | {row['instead']}"
