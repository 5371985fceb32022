"""The demo's texts of several languages: what is uploaded, and what a reader knows about them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from repository import ROOT

_HERE = ROOT / "local" / "demos" / "language_chain"
# Of our own, a sentence or two: the name is the language.
DOCUMENTS = _HERE / "documents"
_LIBRARY = _HERE / "texts"


@dataclass(frozen=True)
class Text:
    """A text, and what a reader knows about it."""

    text: str
    language: str
    encoding: str = "utf-8"
    """What it is uploaded in."""
    sentiment: str = ""
    """Of Comprehend; empty if readers would not agree."""
    entities: Mapping[str, str] = field(default_factory=dict)
    """Some of its entities -> type of Comprehend."""
    pii: Mapping[str, str] = field(default_factory=dict)
    """Its personal data -> type of Comprehend, without dates."""

    @property
    def body(self) -> bytes:
        """What is uploaded."""
        return self.text.encode(self.encoding)


def texts() -> dict[str, Text]:
    """Name -> text: the short ones of `documents/`, and those of `texts/`."""
    short = {path.name: Text(path.read_text(), path.stem) for path in DOCUMENTS.glob("*.txt")}
    with (_LIBRARY / "texts.toml").open("rb") as file:
        facts_by_name = tomllib.load(file)
    longer = {name: _text(_LIBRARY / name, facts) for name, facts in facts_by_name.items()}
    return dict(sorted({**short, **longer}.items()))


def _text(path: Path, facts: Mapping[str, str | dict[str, str]]) -> Text:
    described = {name: fact for name, fact in facts.items() if name != "origin"}
    return Text(path.read_text(), path.name.partition("-")[0], **described)  # type: ignore[arg-type]
