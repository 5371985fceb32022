"""The text of a picture: construct ids as words, and the width that a text will have."""

import re

# Widths of Arial's letters in thousandths of the font size. Readers' fonts differ by a few per
# cent, so `_SPARE` is added.
_WIDTHS = {
    **dict.fromkeys("il'|j,.:;!", 240),
    **dict.fromkeys("ftrI()[]/- ", 320),
    **dict.fromkeys("ckvxyzsJ", 500),
    **dict.fromkeys("mMW%@", 880),
    **dict.fromkeys("ABCDEGHKNOPQRSTUVXYw&", 710),
}
_SPARE = 1.06
_ACRONYMS = {"api": "API", "pii": "PII", "vpc": "VPC"}


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a text in pixels, independent of the fonts of this machine."""
    width = sum(_WIDTHS.get(letter, 560) for letter in text) / 1000 * size * _SPARE
    return width * 1.07 if bold else width


def wrapped(text: str, size: float, limit: float, *, lines: int, bold: bool = False) -> list[str]:
    """A text in at most `lines` lines, broken at words; an ellipsis marks what does not fit."""
    rows: list[str] = []
    for word in text.split():
        longer = f"{rows[-1]} {word}" if rows else word
        if rows and text_width(longer, size, bold=bold) <= limit:
            rows[-1] = longer
        else:
            rows.append(word)
    if len(rows) > lines:
        rows = [*rows[: lines - 1], " ".join(rows[lines - 1 :])]
    return [_shortened(row, size, limit, bold=bold) for row in rows]


def _shortened(text: str, size: float, limit: float, *, bold: bool) -> str:
    if text_width(text, size, bold=bold) <= limit:
        return text
    while text and text_width(f"{text}…", size, bold=bold) > limit:
        text = text[:-1]
    return f"{text.rstrip()}…"


def spoken(identifier: str) -> str:
    """The id of a construct as words: `JobFailure` -> `Job failure`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", identifier).strip()
    words = " ".join(_ACRONYMS.get(word.lower(), word.lower()) for word in words.split())
    return words[:1].upper() + words[1:]


def counted(number: int, noun: str) -> str:
    """`1 alarm`, `2 alarms`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
