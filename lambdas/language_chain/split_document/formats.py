"""The format of a document, and the text in it."""

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
    """An object without a text. The message says why, and what to do."""


def format_of(key: str, content_type: str, formats: Collection[str]) -> str:
    """`text`, `markdown`, `html` or `json_lines`, by the key's extension or the content type.

    Raises UnreadableError for a format that is not one of `formats`.
    """
    extension = key.lower().rpartition(".")[2]
    media_type = content_type.partition(";")[0].strip().lower()
    text_format = _BY_EXTENSION.get(extension) or _BY_CONTENT_TYPE.get(media_type, "text")
    if text_format not in formats:
        raise UnreadableError(
            f"it is {text_format}, and the setting `formats` allows {', '.join(formats)}"
        )
    return text_format


def plain(text: str, text_format: str, field: str) -> str:
    """The readable text: HTML without its tags, of JSON lines the value of `field`.

    Markdown stays as it is: its markup is sparse, and Translate keeps it. Raises UnreadableError.
    """
    if text_format == "html":
        text = BeautifulSoup(text, "html.parser").get_text("\n")
    elif text_format == "json_lines":
        lines = [line for line in text.splitlines() if line.strip()]
        text = "\n".join(_field(line, number, field) for number, line in enumerate(lines, 1))
    if not text.strip():
        raise UnreadableError("it holds no text between its tags")
    return text


def _field(line: str, number: int, field: str) -> str:
    try:
        value: Any = json.loads(line)[field]
    except (ValueError, KeyError, TypeError):
        value = None
    if not isinstance(value, str):
        raise UnreadableError(
            f"line {number} is not a JSON object with a string in {field!r}:"
            " see the setting `json_lines_field`"
        )
    return value


def spoken(job_output: dict[str, Any]) -> str:
    """The text of a transcript of Transcribe, one line per turn if there are several speakers."""
    results = job_output["results"]
    turns = [turn for turn in results.get("audio_segments", []) if turn.get("speaker_label")]
    if len({turn["speaker_label"] for turn in turns}) > 1:
        return "\n".join(f"{turn['speaker_label']}: {turn['transcript']}" for turn in turns)
    text = " ".join(transcript["transcript"] for transcript in results["transcripts"])
    if not text.strip():
        raise UnreadableError("Transcribe recognises no speech in it")
    return text
