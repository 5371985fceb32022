"""The page of an architecture: its purpose, picture, code, workflows, rights, costs and alarms."""

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path

import jinja2

from repository import ROOT
from tools.assembly import Templates
from tools.costs.architectures import only
from tools.site import alarms, annotated, cost_pages, encryption, former_names, rights
from tools.site.boxes import boxes, files_beside, stack_files
from tools.site.facts import FACTS
from tools.site.links import architecture_page, code_page
from tools.site.pictures import Node, architecture_svg, state_machine_svg
from tools.site.tables import code, table

_HEADINGS = {
    "workflows": "Workflows",
    "functions": "Functions",
    "queries": "Queries",
    "jobs": "Spark jobs",
    "models": "Models",
}
_SQL_COMMENT = re.compile(r"^-- ?(.*)$", re.MULTILINE)


def page(name: str, templates: Mapping[str, Templates], reports: Path) -> str:
    """The page in Markdown; `templates` by environment, `reports` where the demo's lie."""
    sandbox = templates["sandbox"]
    own = only(sandbox, name)
    beside = files_beside(name)
    seen_from = architecture_page(name)
    inline = [*stack_files(name).values(), *_handlers(beside["functions"]), *beside["queries"]]
    transcript = reports / f"{name}.txt"
    return (
        _environment()
        .get_template(f"{name}.md.j2")
        .render(
            name=name,
            title=name.replace("-", " ").capitalize().replace("Ml ", "ML "),
            former_names=former_names.section(name),
            picture_wide=_picture(name, sandbox, tall=False),
            picture_tall=_picture(name, sandbox, tall=True),
            transcript=transcript.read_text() if transcript.exists() else "",
            report=(reports / f"{name}.html").exists(),
            expected=_expected(),
            boxes=list(boxes(name)),
            many_stacks=len(own) > 1,
            beside=beside,
            headings=_HEADINGS,
            summaries={path: summary(path) for paths in beside.values() for path in paths},
            inline={path: annotated.body(path, seen_from, f"{path}-") for path in inline},
            drawings={path: state_machine_svg(ROOT / path) for path in beside["workflows"]},
            comments={path: summary(path) for path in beside["workflows"]},
            rights=rights.matrix(own),
            stores=encryption.stores(own),
            hops=encryption.hops(name, sandbox),
            vpc_endpoints=encryption.vpc_endpoints(own),
            costs=cost_pages.section(name, templates),
            outputs=_outputs(own),
            runbook=alarms.runbook(only(templates["production"], name)),
            code_page=lambda path: f"../{code_page(path)}",
        )
    )


def summary(path: str) -> str:
    """What a file says of itself, its first paragraph, on one line."""
    text = (ROOT / path).read_text()
    if path.endswith(".py"):
        said = (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")[0]
    elif path.endswith(".json"):
        said = json.loads(text).get("Comment", "")
    else:
        said = "\n".join(_SQL_COMMENT.findall(text.partition("\n\n")[0]))
    return " ".join(said.split())


def _handlers(functions: list[str]) -> list[str]:
    return [path for path in functions if path.endswith("/handler.py")]


def _picture(name: str, templates: Templates, *, tall: bool) -> str:
    anchors = {(box.stack, box.id): box.anchor for box in boxes(name)}

    def link(node: Node) -> str:
        # A service that is only called has no box: what may call it is told by the roles.
        box = (node.stack, node.path.partition("/")[0])
        fallback = "run-it-here" if node.kind == "outside" else "who-may-do-what"
        return f"#{anchors.get(box, fallback)}"

    return architecture_svg(name, templates, tall=tall, link=link)


def _outputs(templates: Templates) -> str:
    rows = [
        (code(name), code(stack))
        for stack, template in templates.items()
        for name in template.get("Outputs", {})
        if not name.startswith("ExportsOutput")
    ]
    return table(["output", "of"], rows)


def _expected() -> str:
    """The lines that the README promises of `make demo`, and its test holds it to."""
    (block,) = re.findall(r"```text\n(✓.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return str(block).strip()


def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader([FACTS / "architectures", Path(__file__).parent])
    # Markdown of our own is made here, and nothing that a stranger has written.
    return jinja2.Environment(
        loader=loader,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
