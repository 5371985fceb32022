"""Which kind of text an object is, and the text in it."""

import json
from collections.abc import Collection
from typing import Any

from bs4 import BeautifulSoup

_BY_EXTENSION = {
    "htm": "html",
    "html": "html",
    "jsonl": "json_lines",
    "markdown": "markdown",
    "md": "markdown",
    "ndjson": "json_lines",
    "txt": "text",
}
_BY_CONTENT_TYPE = {
    "application/jsonl": "json_lines",
    "application/x-ndjson": "json_lines",
    "text/html": "html",
    "text/markdown": "markdown",
}


class UnreadableError(ValueError):
    """An object that holds no text. The message says why, and what to do."""


def kind(key: str, content_type: str, known: Collection[str]) -> str:
    """`text`, `markdown`, `html` or `json_lines`: by the name, else by the content type.

    Raises UnreadableError for one that is not among `known`.
    """
    extension = key.lower().rpartition(".")[2]
    of_type = _BY_CONTENT_TYPE.get(content_type.partition(";")[0].strip().lower(), "text")
    found = _BY_EXTENSION.get(extension, of_type)
    if found not in known:
        raise UnreadableError(
            f"it is {found}, and this chain takes {', '.join(known)}: see the setting `formats`"
        )
    return found


def plain(text: str, found: str, field: str) -> str:
    """The text that people read: of HTML without its tags, of JSON lines what stands in `field`.

    Markdown stays as it is: its marks are few, and Translate keeps them. Raises UnreadableError.
    """
    if found == "html":
        text = BeautifulSoup(text, "html.parser").get_text("\n")
    elif found == "json_lines":
        lines = [line for line in text.splitlines() if line.strip()]
        text = "\n".join(_field(line, number, field) for number, line in enumerate(lines, 1))
    if not text.strip():
        raise UnreadableError("it holds no text between its tags")
    return text


def _field(line: str, number: int, field: str) -> str:
    try:
        found: Any = json.loads(line)[field]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, str):
        raise UnreadableError(
            f"line {number} is no JSON object with a text under {field!r}:"
            " see the setting `json_lines_field`"
        )
    return found


def spoken(transcript: dict[str, Any]) -> str:
    """What was said, by Transcribe's own file: a line a turn where several people speak."""
    results = transcript["results"]
    turns = [each for each in results.get("audio_segments", []) if each.get("speaker_label")]
    if len({each["speaker_label"] for each in turns}) > 1:
        return "\n".join(f"{each['speaker_label']}: {each['transcript']}" for each in turns)
    text = " ".join(each["transcript"] for each in results["transcripts"])
    if not text.strip():
        raise UnreadableError("nothing is said in it that Transcribe understands")
    return text
