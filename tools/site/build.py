"""Gathers the pages of the site, those written and those made, and has MkDocs build it."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from repository import ROOT
from stacks.catalogue import ARCHITECTURES
from tools.assembly import Templates, synthesise
from tools.site import (
    annotated,
    architecture_page,
    closed_services,
    contradictions,
    coverage,
    settings_reference,
)
from tools.site.facts import FACTS, PAGES
from tools.site.links import code_page
from tools.site.tables import table

ENVIRONMENTS = ("sandbox", "production")
GATHERED = ROOT / ".build" / "docs" / "pages"
SITE = ROOT / "site"
REPORTS = ROOT / "reports"
# What readers of the architectures read; facts may lead to more.
_SOURCES = (
    "app.py",
    "stacks/environments.py",
    "tools/assembly/__init__.py",
    "tools/costs/*.py",
    "tools/costs/*.csv",
    "settings/*.py",
    "stacks/**/*.py",
    "stacks/**/*.toml",
    "stacks/**/*.guard",
    "stacks/**/*.sh",
    "lambdas/*/*.py",
    "step_functions/*.asl.json",
    "spark_jobs/**/*.py",
    "spark_jobs/**/*.dqdl",
    "models/*/*.py",
    "models/*/*.md",
    "schemas/*.json",
    "sql/*/*.sql",
)
# A link of a page that is written by hand to an annotated source.
_CODE_LINK = re.compile(r"\]\((?:\.\./)*code/(.+?)\.md[#)]")


class BuildError(RuntimeError):
    """The site could not be built; the message is MkDocs' own."""


def templates() -> dict[str, Templates]:
    """Those of each environment that the site tells of."""
    return {name: synthesise(name) for name in ENVIRONMENTS}


def gather(made: Mapping[str, Templates]) -> None:
    """Put all pages where MkDocs looks for them."""
    shutil.rmtree(GATHERED, ignore_errors=True)
    shutil.copytree(PAGES, GATHERED)
    shutil.copytree(FACTS / "assets", GATHERED / "assets")
    # What lets a browser search from the file system.
    shutil.copy(
        ROOT / "node_modules" / "iframe-worker" / "shim" / "index.js",
        GATHERED / "assets" / "iframe-worker.js",
    )
    if REPORTS.exists():
        shutil.copytree(REPORTS, GATHERED / "reports")
    for page, text in _pages(made):
        file = GATHERED / page
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def build(site: Path = SITE) -> None:
    """Have MkDocs make the site of what was gathered. Raises BuildError."""
    done = subprocess.run(
        [f"{sys.prefix}/bin/mkdocs", "build", "--site-dir", str(site),
         "--config-file", str(FACTS / "mkdocs.yml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BuildError((done.stdout + done.stderr).strip())


def sources() -> list[str]:
    """Every source file that has an annotated page."""
    named = {row.source for row in coverage.rows() if row.source}
    named |= {row.where for row in contradictions.rows() if (ROOT / row.where).is_file()}
    for page in PAGES.rglob("*.md"):
        named |= set(_CODE_LINK.findall(page.read_text()))
    found = {str(path.relative_to(ROOT)) for each in _SOURCES for path in ROOT.glob(each)}
    return sorted(path for path in found | named if (ROOT / path).read_text().strip())


def _pages(made: Mapping[str, Templates]) -> Iterator[tuple[str, str]]:
    for name in ARCHITECTURES:
        yield f"architectures/{name}.md", architecture_page.page(name, made, GATHERED / "reports")
    for path in sources():
        yield code_page(path), annotated.page(path)
    yield "coverage.md", coverage.page()
    yield "contradictions.md", contradictions.page()
    yield "closed-services.md", closed_services.page()
    yield "settings.md", settings_reference.page()
    yield "contributing.md", (ROOT / "CONTRIBUTING.md").read_text()
    yield "code.md", _index()


def _index() -> str:
    rows = [
        (f"[`{path}`]({code_page(path)})", architecture_page.summary(path)) for path in sources()
    ]
    return "# Every file, annotated\n\n" + table(["file", "what it says of itself"], rows)


def size(folder: Path = SITE) -> int:
    """Bytes of the site."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
