"""The page of what the local AWS still accepts and AWS refuses, from declarations in its code."""

import ast
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from local.services.contract.exceptions import TABLE
from local.services.rules import all_rules
from local.services.rules.rule import Rule
from repository import ROOT
from tools.markdown import code, table
from tools.site.links import code_page

SERVICES = ROOT / "local" / "services"
_DECLARATION = "LENIENT"
_AWS = "docs.aws.amazon.com"


def declarations(file: Path) -> list[tuple[str, str]]:
    """What a module declares as `LENIENT`: what is not checked, and why; empty without one."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == _DECLARATION:
            declared: list[tuple[str, str]] = ast.literal_eval(node.value)
            return declared
    return []


def files() -> set[str]:
    """The modules that declare something, relative to the repository."""
    return {str(file.relative_to(ROOT)) for file in SERVICES.glob("*/*.py") if declarations(file)}


def leniencies() -> Iterator[tuple[str, str, str]]:
    """Service, what is not checked, and why, by service."""
    for file in sorted(SERVICES.glob("*/*.py")):
        for unchecked, reason in declarations(file):
            service = code_page(str(file.relative_to(ROOT)))
            yield f"[{file.parent.name.replace('_', ' ')}]({service})", unchecked, reason


def _publisher(rule: Rule) -> str:
    """Whose text a source is: AWS, or a repository on GitHub."""
    address = urlsplit(rule.source)
    return "AWS" if address.netloc == _AWS else "/".join(address.path.split("/")[1:3])


def page() -> str:
    """The page in Markdown, for the root of the site."""
    rules = [
        (code(rule.operations[0]), rule.says, f"[{_publisher(rule)}]({rule.source})", rule.read)
        for rule in all_rules()
    ]
    exceptions = [(exception.shapes, exception.reason) for exception in TABLE]
    parts = [
        "# As strict as AWS",
        "Each task of a workflow is held against the service's model (patterns, enumerations,"
        " lengths, values) and against the rules below before anything answers it. What is refused"
        " fails under the error that Step Functions reports.",
        "## What is still more lenient",
        table(["service", "what is not checked", "why"], list(leniencies())),
        f"## The {len(rules)} rules that no model carries",
        "Each was held against the linked source on its day: AWS's own text (of its API, in the"
        " wording that the SDK's models carry; of its guides, in the stored copy that there was),"
        " the source of a container or an SDK of AWS, a thread that tells AWS's answer, or a"
        " project that records AWS's answers. Where a source tells no message, the message is"
        " ours.",
        table(["operation", "rule", "source", "held against it"], rules),
        "## Where a model is not followed",
        table(["shape", "why"], exceptions),
    ]
    return "\n\n".join(parts) + "\n"
