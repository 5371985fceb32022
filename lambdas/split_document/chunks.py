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
    ends = set()
    for character in _CHARACTER.finditer(text, start):
        if character.end() > furthest:
            break
        ends.add(character.end())
    for pattern in (_SENTENCE_END, _WORD_END):
        for found in pattern.finditer(text, start, furthest):
            if found.end() in ends:
                return int(found.end())
    return max(ends, default=furthest)
