"""Cutting a text into chunks that a service takes: at sentence ends, in any script."""

from collections.abc import Iterator

import regex

# Where a sentence ends. A full stop of the Latin script also stands in numbers and abbreviations,
# so it needs white space behind it; the others do not. Read backwards, for the last one.
_SENTENCE_END = regex.compile(
    r"""(?r)[.!?]+[\p{Pe}\p{Pf}"']*\s+|(?![.!?])\p{STerm}+[\p{Pe}\p{Pf}"']*\s*|\n\s*"""
)
_WORD_END = regex.compile(r"(?r)\s+")
_CHARACTER = regex.compile(r"\X")
# Between two of these a character ends for sure: what lies before need not be looked at.
_SAFE = regex.compile(r"(?r)[ -~](?=[ -~])")


def chunks(text: str, most_bytes: int) -> Iterator[str]:
    """`text` in pieces of at most `most_bytes` in UTF-8; joined, they are the text again.

    Each ends with a sentence, else with a word, else with a character as people see one (a letter
    with its marks, an emoji with its joiners), and inside one only where that alone is too long.
    Raises ValueError for less than the four bytes that one code point may take.
    """
    if most_bytes < 4:
        raise ValueError(f"most_bytes={most_bytes} is less than the 4 bytes of one code point")
    start = 0
    while start < len(text):
        end = _cut(text, start, _furthest(text, start, most_bytes))
        yield text[start:end]
        start = end


def _furthest(text: str, start: int, most_bytes: int) -> int:
    """The last place up to which the text from `start` on takes at most `most_bytes`."""
    encoded = text[start : start + most_bytes].encode()[:most_bytes]
    return start + len(encoded.decode(errors="ignore"))


def _cut(text: str, start: int, furthest: int) -> int:
    if furthest == len(text):
        return furthest
    for pattern in (_SENTENCE_END, _WORD_END):
        for found in pattern.finditer(text, start, furthest):
            if _character_end(text, start, found.end()) == found.end():
                return int(found.end())
    return _character_end(text, start, furthest)


def _character_end(text: str, start: int, furthest: int) -> int:
    """The last place up to `furthest` where a character ends; `furthest` if none does."""
    safe = _SAFE.search(text, start, furthest + 1)
    end = safe.end() if safe and safe.end() > start else furthest
    for character in _CHARACTER.finditer(text, safe.end() if safe else start):
        if character.end() > furthest:
            break
        end = character.end()
    return int(end)
