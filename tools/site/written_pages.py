"""Pages that combine hand-written text with lists that are derived from the code."""

import re

from repository import ROOT
from stacks.catalogue import ARCHITECTURES
from tools.markdown import table
from tools.site.architecture_page import summary
from tools.site.facts import PAGES
from tools.site.links import architecture_page, architecture_title, code_page
from tools.site.sources import sources

_LIST = "<!-- architectures -->"
_LINK = re.compile(r"\[([^\]]+)\]\((?![a-z]+:|#)([^)#]+)(#[^)]*)?\)")


def index() -> str:
    """The start page: `docs/pages/index.md` with a table of the architectures."""
    rows = [
        (f"[{architecture_title(name)}]({architecture_page(name)})", manifest.summary)
        for name, manifest in ARCHITECTURES.items()
    ]
    text = (PAGES / "index.md").read_text()
    return text.replace(_LIST, table(["architecture", "what it does"], rows))


def contributing() -> str:
    """`CONTRIBUTING.md`, its links to files leading to their annotated pages."""

    def on_the_site(link: re.Match[str]) -> str:
        text, path = link[1], link[2]
        return f"[{text}]({code_page(path)})" if path in sources() else text

    return _LINK.sub(on_the_site, (ROOT / "CONTRIBUTING.md").read_text())


def code_index() -> str:
    """A table of all annotated files."""
    rows = [(f"[`{path}`]({code_page(path)})", summary(path)) for path in sources()]
    return "# Every file, annotated\n\n" + table(["file", "description"], rows) + "\n"
