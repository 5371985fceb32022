"""The page of an architecture: purpose, picture, code, workflows, permissions, costs, alarms."""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from repository import ROOT
from stacks.catalogue import ARCHITECTURES
from tools.assembly import Assembly
from tools.costs.sensitivity import Change
from tools.markdown import code, table
from tools.site import (
    alarms,
    annotated,
    cost_pages,
    encryption,
    former_names,
    rights,
    workflow_page,
)
from tools.site.boxes import boxes, files_beside, stack_files
from tools.site.facts import FACTS
from tools.site.links import architecture_page, architecture_title, code_page
from tools.site.pictures import Graph, Node, architecture_svg, graph_of, state_machine_svg

_DEFAULT = "architecture.md.j2"
_HEADINGS = {
    "workflows": "Workflows",
    "pipelines": "SageMaker pipelines",
    "functions": "Functions",
    "queries": "Queries",
    "jobs": "Spark jobs",
    "models": "Models",
}
_SQL_COMMENT = re.compile(r"^-- ?(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Sources:
    """What the pages of the architectures are made from."""

    assemblies: Mapping[str, Assembly]
    """Environment -> its assembly: sandbox and production."""
    changes: Mapping[str, Sequence[Change]]
    """Architecture -> the settings that change its cost in production."""
    reports: Path
    """Where the demo's reports and transcripts are."""


def page(name: str, sources: Sources) -> str:
    """The page in Markdown. Without a hand-written `docs/architectures/<name>.md.j2`: a default."""
    environment = _environment()
    template = environment.select_template([f"{name}.md.j2", _DEFAULT])
    return template.render(
        name=name,
        title=architecture_title(name),
        manifest=ARCHITECTURES[name],
        former_names=former_names.section(name),
        **_demo(name, sources.reports),
        **_from_sources(name),
        **_from_templates(name, sources),
        code_page=lambda path: f"../{code_page(path)}",
    )


def _demo(name: str, reports: Path) -> dict[str, Any]:
    transcript = reports / f"{name}.txt"
    return {
        "transcript": transcript.read_text() if transcript.exists() else "",
        "report": (reports / f"{name}.html").exists(),
    }


def _from_sources(name: str) -> dict[str, Any]:
    beside, seen_from = files_beside(name), architecture_page(name)
    handlers = [path for path in beside["functions"] if path.endswith("/handler.py")]
    summaries = {path: summary(path) for paths in beside.values() for path in paths}
    inline = [*stack_files(name).values(), *handlers, *beside["queries"]]
    return {
        "boxes": list(boxes(name)),
        "beside": beside,
        "headings": _HEADINGS,
        "summaries": summaries,
        "inline": {path: annotated.body(path, seen_from, f"{path}-") for path in inline},
        "naive_picture": _naive_picture(name),
        "workflows": workflow_page.summary_table(beside["workflows"], summaries, name),
    }


def _naive_picture(name: str) -> str:
    """The workflow that the page compares with, of `docs/naive/`; empty without one."""
    path = FACTS / "naive" / f"{ARCHITECTURES[name].folder}.asl.json"
    return state_machine_svg(path) if path.exists() else ""


def _from_templates(name: str, sources: Sources) -> dict[str, Any]:
    own_stacks = {
        environment: assembly.of(name) for environment, assembly in sources.assemblies.items()
    }
    sandbox = own_stacks["sandbox"]
    graph = graph_of(name, sources.assemblies["sandbox"])
    return {
        "many_stacks": len(sandbox.templates) > 1,
        "picture_wide": _picture(graph, tall=False),
        "picture_tall": _picture(graph, tall=True),
        "rights": rights.matrix(sandbox),
        "stores": encryption.stores(sandbox),
        "hops": encryption.hops(graph, sandbox),
        "vpc_endpoints": encryption.vpc_endpoints(sandbox),
        "costs": cost_pages.section(name, own_stacks, sources.changes[name], "production"),
        "outputs": _outputs(sandbox),
        "runbook": alarms.runbook(own_stacks["production"]),
    }


def summary(path: str) -> str:
    """The first paragraph of a file's own description, on one line."""
    text = (ROOT / path).read_text()
    if path.endswith(".py"):
        description = (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")[0]
    elif path.endswith(".json"):
        description = json.loads(text).get("Comment", "")
    else:
        description = "\n".join(_SQL_COMMENT.findall(text.partition("\n\n")[0]))
    return " ".join(description.split())


def _picture(graph: Graph, *, tall: bool) -> str:
    """The picture; empty if there is nothing to draw."""
    anchors = {(box.stack, box.id): box.anchor for box in boxes(graph.architecture)}

    def link(node: Node) -> str:
        # A service without a resource has no box: the permissions name it.
        box = (node.stack, node.path.partition("/")[0])
        fallback = "run-it-here" if node.kind == "outside" else "permissions"
        return f"#{anchors.get(box, fallback)}"

    return architecture_svg(graph, tall=tall, link=link) if graph.nodes else ""


def _outputs(assembly: Assembly) -> str:
    rows = [
        (code(name), code(stack))
        for stack, template in assembly.templates.items()
        for name in template.get("Outputs", {})
        if not name.startswith("ExportsOutput")
    ]
    return table(["output", "of"], rows) if rows else "It has no outputs."


def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader([FACTS / "architectures", Path(__file__).parent])
    # The pages are Markdown from this repository, without text from anywhere else.
    return jinja2.Environment(
        loader=loader,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
