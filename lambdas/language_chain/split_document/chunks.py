"""Split a text into chunks within a service's limit, at sentence ends, in any script."""

from collections.abc import Iterator, Sequence

import regex

from .sentences import ends_sentence

# The end of a sentence. A Latin full stop also occurs in numbers and abbreviations, so it must be
# followed by white space; those of other scripts need not. Searched backwards, for the last one.
_SENTENCE_END = regex.compile(
    r"""(?r)[.!?]+[\p{Pe}\p{Pf}"']*\s+|(?![.!?])\p{STerm}+[\p{Pe}\p{Pf}"']*\s*"""
    r"""|\n[ \t\r]*\n\s*"""
)
# The end of a line is one of a list, or of a text that is wrapped within its sentences.
_LINE_END = regex.compile(r"(?r)\n\s*")
_WORD_END = regex.compile(r"(?r)\s+")
_CHARACTER = regex.compile(r"\X")
# Between two of these a grapheme certainly ends, so the search can start there.
_SAFE = regex.compile(r"(?r)[ -~](?=[ -~])")


def chunks(text: str, most_bytes: int) -> Iterator[str]:
    """Split `text` into chunks of at most `most_bytes` in UTF-8; joined, they are the text again.

    A chunk ends with a sentence, or else with a line, a word or a grapheme (a letter with its
    marks, an emoji with its joiners); a grapheme is split only if it is too long by itself.
    Raises ValueError if `most_bytes` is below 4, the size of one code point.
    """
    if most_bytes < 4:
        raise ValueError(f"most_bytes={most_bytes} is less than the 4 bytes of one code point")
    start = 0
    while start < len(text):
        end = _cut(text, start, _furthest(text, start, most_bytes))
        yield text[start:end]
        start = end


def searched_together(pieces: Sequence[str], most_bytes: int) -> list[str]:
    """Runs of pieces, each of at most `most_bytes` in UTF-8, as `first-last`; each piece is in one.

    A run ends where the next piece would be too much, so between two sentences as pieces do.
    """
    runs: list[tuple[int, int]] = []
    size = 0
    for number, piece in enumerate(pieces):
        size += len(piece.encode())
        if runs and size <= most_bytes:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
            size = len(piece.encode())
    return [f"{first}-{last}" for first, last in runs]


def _furthest(text: str, start: int, most_bytes: int) -> int:
    """The largest end for which `text[start:end]` takes at most `most_bytes`."""
    encoded = text[start : start + most_bytes].encode()[:most_bytes]
    return start + len(encoded.decode(errors="ignore"))


def _cut(text: str, start: int, furthest: int) -> int:
    if furthest == len(text):
        return furthest
    for pattern in (_SENTENCE_END, _LINE_END, _WORD_END):
        for match in pattern.finditer(text, start, furthest):
            cut = int(match.end())
            if pattern is _SENTENCE_END and not ends_sentence(text, match.start(), cut):
                continue
            if _character_end(text, start, cut) == cut:
                return cut
    end = _character_end(text, start, furthest)
    return end if end > start else furthest


def _character_end(text: str, start: int, furthest: int) -> int:
    """The last end of a grapheme up to `furthest`; `start` if there is none."""
    safe = _SAFE.search(text, start, furthest + 1)
    end = safe.end() if safe and safe.end() > start else start
    for character in _CHARACTER.finditer(text, safe.end() if safe else start):
        if character.end() > furthest:
            break
        end = character.end()
    return int(end)
