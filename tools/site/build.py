"""Builds the site: gathers hand-written and generated pages, and runs MkDocs on them."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from repository import BUILD, ROOT
from stacks.catalogue import ARCHITECTURES
from tools.assembly import Assembly, synthesise
from tools.costs import sensitivity
from tools.costs.sensitivity import Change
from tools.site import (
    annotated,
    architecture_page,
    closed_services,
    contradictions,
    coverage,
    figures_page,
    leniencies,
    navigation,
    settings_reference,
    workflow_page,
    written_pages,
)
from tools.site.architecture_page import Sources
from tools.site.boxes import files_beside
from tools.site.facts import FACTS, PAGES
from tools.site.links import architecture_page as architecture_address
from tools.site.links import code_page
from tools.site.links import workflow_page as workflow_address
from tools.site.sources import sources

ENVIRONMENTS = ("sandbox", "production")
GATHERED = BUILD / "docs"
SITE = ROOT / "site"
REPORTS = ROOT / "reports"


class BuildError(RuntimeError):
    """MkDocs failed; the message is its own."""


@contextmanager
def pricing(*, processes: int = 2) -> Iterator["Future[dict[str, list[Change]]]"]:
    """Price the settings that change the costs, in `processes` others than this one."""
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(sensitivity.ranked, ARCHITECTURES, processes=processes)


def assemblies() -> dict[str, Assembly]:
    """The environments that pages show. `make lint` and every deployment run the gate."""
    return {name: synthesise(name, gated=False) for name in ENVIRONMENTS}


def gather(folder: Path = GATHERED) -> None:
    """Put all pages but those of the architectures into `folder`, and MkDocs' configuration."""
    pages = folder / "pages"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(PAGES, pages)
    shutil.copytree(FACTS / "assets", pages / "assets")
    shutil.copytree(FACTS / "overrides", folder / "overrides")
    # With it, the search works from the file system, too.
    shutil.copy(
        ROOT / "node_modules" / "iframe-worker" / "shim" / "index.js",
        pages / "assets" / "iframe-worker.js",
    )
    if REPORTS.exists():
        shutil.copytree(REPORTS, pages / "reports")
    for page, text in _pages():
        _write(pages / page, text)
    configuration = {
        "INHERIT": str(FACTS / "mkdocs.yml"),
        "docs_dir": str(pages),
        "nav": navigation.tree(),
    }
    # JSON is YAML, too.
    (folder / "mkdocs.yml").write_text(json.dumps(configuration, indent=2))


def gather_architectures(sources: Sources, folder: Path = GATHERED) -> None:
    """Put the pages of the architectures into `folder`."""
    for name in ARCHITECTURES:
        page = folder / "pages" / architecture_address(name)
        _write(page, architecture_page.page(name, sources))


def _workflow_pages() -> Iterator[tuple[str, str]]:
    for name in ARCHITECTURES:
        for path in files_beside(name)["workflows"]:
            yield workflow_address(path, name), workflow_page.page(path, name)


def build(site: Path = SITE, folder: Path = GATHERED) -> None:
    """Run MkDocs on what was gathered in `folder`. Raises BuildError."""
    process = subprocess.run(
        [f"{sys.prefix}/bin/mkdocs", "build", "--site-dir", str(site),
         "--config-file", str(folder / "mkdocs.yml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if process.returncode:
        raise BuildError((process.stdout + process.stderr).strip())


def size(folder: Path = SITE) -> int:
    """The size of the site in bytes."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _pages() -> Iterator[tuple[str, str]]:
    for path in sources():
        yield code_page(path), annotated.page(path)
    yield from _workflow_pages()
    yield "index.md", written_pages.index()
    yield "coverage.md", coverage.page()
    yield "contradictions.md", contradictions.page()
    yield "closed-services.md", closed_services.page()
    yield "as-strict-as-aws.md", leniencies.page()
    yield "settings.md", settings_reference.page()
    yield "figures.md", figures_page.page()
    yield "add-an-architecture.md", written_pages.contributing()
    yield "code.md", written_pages.code_index()
