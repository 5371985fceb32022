"""Words of a picture: names of constructs as people read them, and how wide a text will be."""

import re

# Widths of Arial in thousandths of its size, by what looks alike; the fonts that readers have
# differ by a few per cent, so a little is added.
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
    """Pixels that a text takes, whatever fonts this machine has."""
    width = sum(_WIDTHS.get(letter, 560) for letter in text) / 1000 * size * _SPARE
    return width * 1.07 if bold else width


def wrapped(text: str, size: float, limit: float, *, lines: int, bold: bool = False) -> list[str]:
    """A text in at most so many lines, cut at words; what does not fit ends in an ellipsis."""
    made: list[str] = []
    for word in text.split():
        longer = f"{made[-1]} {word}" if made else word
        if made and text_width(longer, size, bold=bold) <= limit:
            made[-1] = longer
        else:
            made.append(word)
    if len(made) > lines:
        made = [*made[: lines - 1], " ".join(made[lines - 1 :])]
    return [_shortened(line, size, limit, bold=bold) for line in made]


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
