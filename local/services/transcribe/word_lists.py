"""Custom vocabularies and vocabulary filters, as Transcribe keeps them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_COLUMNS = {"Phrase", "SoundsLike", "IPA", "DisplayAs"}


@dataclass(frozen=True)
class Phrase:
    """A row of a vocabulary."""

    spoken: str
    """Its words, without the hyphens between them."""
    display_as: str


class VocabularyError(ValueError):
    """A vocabulary that Transcribe does not build; the text is the reason."""


def phrases_of_table(table: str) -> list[Phrase]:
    """The rows of a vocabulary in table format. Raises VocabularyError.

    Columns are separated by tabs, in any order, and words within a phrase by hyphens
    (docs.aws.amazon.com/transcribe/latest/dg/custom-vocabulary-create-table.html, read 2026-11-29).
    """
    lines = [line.split("\t") for line in table.splitlines() if line.strip()]
    if not lines or "Phrase" not in lines[0] or not set(lines[0]) <= _COLUMNS:
        raise VocabularyError(
            "The first line of a vocabulary names its columns, separated by tabs: Phrase, and"
            " SoundsLike, IPA, DisplayAs."
        )
    rows = [dict(zip(lines[0], line, strict=False)) for line in lines[1:]]
    return [phrase(row["Phrase"], row.get("DisplayAs", "")) for row in rows]


def phrase(words: str, display_as: str = "") -> Phrase:
    """A phrase, displayed as its words if nothing else is said."""
    spoken = words.replace("-", " ").replace(".", "").strip()
    return Phrase(spoken, display_as.strip() or spoken)


class KeptLists:
    """The lists that are kept in a folder, one file each."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the workspace's."""
        self._folder = folder / "word_lists"

    def keep(self, kind: str, name: str, word_list: Mapping[str, Any]) -> None:
        """Write a `vocabulary`, a `vocabulary-filter` or a `lexicon`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path(kind, name).write_text(json.dumps(word_list))

    def find(self, kind: str, name: str) -> dict[str, Any] | None:
        """A list, None if there is none of this name."""
        path = self._path(kind, name)
        return json.loads(path.read_text()) if path.exists() else None

    def delete(self, kind: str, name: str) -> None:
        """Remove a list, if there is one."""
        self._path(kind, name).unlink(missing_ok=True)

    def _path(self, kind: str, name: str) -> Path:
        return self._folder / f"{kind}-{name}.json"
