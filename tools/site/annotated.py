"""The annotated page of a source file: its docstrings and comments beside the code they explain.

A row of the notes that a comment names opens beside it: what the notes say, what is true today, and
what goes wrong with the obvious setting.
"""

import posixpath
import re
from functools import cache
from html import escape, unescape
from pathlib import Path

import jinja2
import markdown
from pygments import format as format_tokens
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_for_filename
from pygments.token import Name, Text, Whitespace
from pygments.util import ClassNotFound

from repository import ROOT
from tools.site import coverage
from tools.site.links import code_page
from tools.site.passages import Passage, passages
from tools.site.targets import NOTE_ID

_TEMPLATE = "annotated.html.j2"
_CARDS = 5
# Of the colour of all other code: half of the elements that MkDocs would parse, twice.
_PLAIN = {Name, Whitespace}


def page(path: str) -> str:
    """The page of `path`, in Markdown with HTML, for `links.code_page(path)`."""
    # The code needs the whole width.
    return (
        f"---\nhide: [navigation, toc]\n---\n# {Path(path).name}\n\n`{path}`\n\n"
        f"{body(path, code_page(path))}\n"
    )


def body(path: str, seen_from: str, anchors: str = "") -> str:
    """The passages of `path` as HTML, with links relative to the page `seen_from`.

    `anchors` prefixes the anchors of lines, for a page with several files.
    """
    text = (ROOT / path).read_text()
    lines = _highlighted(path, text)
    rendered = [_Rendered(passage, lines, seen_from) for passage in passages(path, text)]
    return _environment().get_template(_TEMPLATE).render(passages=rendered, anchors=anchors)


class _Rendered:
    """A passage as the HTML template takes it."""

    def __init__(self, passage: Passage, lines: list[str], seen_from: str) -> None:
        ids = dict.fromkeys(NOTE_ID.findall(passage.text))
        self.text_lines = passage.text_lines
        self.text = _linked(_html(passage.text), seen_from)
        # A list of many rows has links, and no cards.
        self.notes = [coverage.row(note_id) for note_id in ids] if len(ids) <= _CARDS else []
        self.coverage = relative("coverage.md", seen_from)
        numbered = [(number, lines[number - 1]) for number in passage.code]
        while numbered and not numbered[0][1].strip():
            numbered.pop(0)
        while numbered and not numbered[-1][1].strip():
            numbered.pop()
        self.code = numbered


def relative(page: str, seen_from: str) -> str:
    """The address of `page`, a Markdown file with or without an anchor, on another page."""
    file, _, anchor = page.partition("#")
    target = posixpath.relpath(file, posixpath.dirname(seen_from) or ".")
    return target.removesuffix(".md") + ".html" + (f"#{anchor}" if anchor else "")


def _html(text: str) -> str:
    return markdown.markdown(text, extensions=["tables", "sane_lists", "fenced_code"])


def _linked(html: str, seen_from: str) -> str:
    address = relative("coverage.md", seen_from)

    def link(match: re.Match[str]) -> str:
        note = coverage.row(match[0])
        return (
            f'<a class="note" href="{address}#{note.id}" title="{escape(note.note)}">{note.id}</a>'
        )

    return NOTE_ID.sub(link, html)


def _highlighted(path: str, text: str) -> list[str]:
    """The lines of a file with the markup of syntax highlighting, balanced in each line."""
    try:
        lexer = get_lexer_for_filename(path, stripnl=False)
    except ClassNotFound:
        return [escape(line) for line in text.splitlines()]
    tokens = ((Text if kind in _PLAIN else kind, value) for kind, value in lexer.get_tokens(text))
    return format_tokens(tokens, HtmlFormatter(nowrap=True)).splitlines()


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    return jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip


def words(html: str) -> str:
    """The text of some HTML."""
    return unescape(re.sub(r"<[^>]+>", "", html))
