"""The command line of the site: build it, or serve it on this machine."""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated

import typer
from rich.console import Console

from local.runtime.progress import Steps
from tools.site import build as site
from tools.site.architecture_page import Sources
from tools.site.facts import FactsError
from tools.site.pictures.__main__ import FOLDER, redraw
from tools.site.targets import TargetError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()


@app.command()
def build() -> None:
    """Build the site into `site/`, and redraw the pictures below `docs/pictures/`."""
    steps = Steps(console)
    try:
        with site.pricing() as changes:
            with steps.step("Annotate the sources"):
                site.gather()
            with steps.step("Synthesise sandbox and production"):
                assemblies = site.assemblies()
            with steps.step("Price the settings that change the costs"):
                sources = Sources(assemblies, changes.result(), site.GATHERED / "pages" / "reports")
        with steps.step("Describe the architectures"):
            redraw(assemblies["sandbox"], FOLDER)
            site.gather_architectures(sources)
        with steps.step("Build the site"):
            site.build()
    except (site.BuildError, FactsError, TargetError) as error:
        sys.exit(f"Error: {error}")
    pages = sum(1 for _ in site.SITE.rglob("*.html"))
    console.print(
        f"{pages} pages, {site.size() / 1e6:.1f} MB, in site/: open site/index.html, or run"
        " `make docs-serve`."
    )


@app.command()
def serve(port: Annotated[int, typer.Option(help="The port on this machine.")] = 8000) -> None:
    """Serve `site/` on this machine until Ctrl-C."""
    if not (site.SITE / "index.html").exists():
        sys.exit("Error: there is no site yet. Run `make docs` first.")
    handler = partial(SimpleHTTPRequestHandler, directory=str(site.SITE))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        console.print(f"http://127.0.0.1:{port}/ (Ctrl-C stops it)", highlight=False)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            console.print("Stopped.")


if __name__ == "__main__":
    app()
