"""The charset of a document: what it declares, what its bytes prove, or a guess with a confidence.

The order: a byte order mark; what is declared; bytes that only one encoding writes (UTF-8,
ISO-2022, UTF-16 and UTF-32 without a mark); and at last a guess. A guess must satisfy two judges:
the letters of the text must be those that some language writes, in places where it writes them, and
no other reading that does may come close in chardet's statistics. A text that stays undecided is
refused: a wrong letter is silent, a quarantined document is not.
"""

import codecs
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from .plausible import Plausibility, impossible, plausibility
from .unreadable import UnreadableError

# A guess below this is refused. 1 less the next reading's score in chardet's statistics, as a share
# of the best one's: measured, on texts that no rule was made with, in `make bench PART=documents`.
LEAST_CONFIDENCE = 0.45
# Of a text that holds fewer characters beyond ASCII than this.
_FEW, LEAST_CONFIDENCE_OF_FEW = 5, 0.6
_ALONE, _LOANWORDS = 0.99, 0.9
# A score of chardet that text in UTF-16, which it is not asked about, does not reach.
_CERTAINLY_NARROW = 0.25
# What text of two bytes a character has at least, and text of another charset does not.
_LEAST_MULTI_BYTE = 0.1
# How much less a reading counts that its language would not write like that.
_WEAK = 0.7
_OLD = 0.6
# How many characters may stand where no one writes them. Charsets of two bytes a character hold
# rare ones, as in names.
_MOST_ODD, _MOST_ODD_MULTI_BYTE = 0.02, 0.12
# A file with one broken byte in so many good characters is still in UTF-8.
_GOOD_FOR_A_BROKEN = 10
# The characters that decide may be few: the guess looks at this much of the lines that have some,
# taken from all over the file.
_EVIDENCE_BYTES = 8 * 1024

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
# What a label means in a browser (https://encoding.spec.whatwg.org/#names-and-labels, read
# 2026-11-29): the superset that people's files are in, and not the standard of that name.
_SUPERSETS = {
    "ascii": "cp1252",
    "latin-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "johab": "johab",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "utf-16": "utf-16-le",
    "utf-32": "utf-32-le",
}
_LABELS = {
    "unicode": "utf-16-le",
    "utf8": "utf-8",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ks_c_5601-1987": "cp949",
    "windows-949": "cp949",
    "x-mac-roman": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ce": "mac_latin2",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "x-gbk": "gb18030",
    "x-x-big5": "big5hkscs",
}
# Charsets of one byte a character that people's files are in, by how common they are.
_SINGLE_BYTE = (
    "cp1252 cp1251 cp1250 cp1254 cp1253 cp1256 cp1255 cp1257 cp874 cp1258 iso8859-2 iso8859-15"
    " koi8-r koi8-u iso8859-5 iso8859-7 iso8859-8 iso8859-6 iso8859-4 iso8859-13 iso8859-16"
    " mac_roman mac_cyrillic mac_latin2 mac_turkish mac_greek cp850 cp437 cp852 cp866 cp775 cp857"
    " cp737 cp855 cp862"
).split()
_MULTI_BYTE = "cp932 euc_jp gb18030 big5hkscs cp949".split()
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_CHARDET_NAMES = {"euc_jp": "euc_jis_2004"}
_ESCAPED = ("iso2022_jp", "iso2022_jp_2", "iso2022_jp_ext", "iso2022_kr")
# Control characters that texts do not hold, or seldom; UTF-16 in ASCII's range is full of them.
_CONTROLS = re.compile(r"[\0-\x08\x0b\x0e-\x1f\x7f]")
_UTF_7 = re.compile(rb"\+([A-Za-z0-9+/]{3,})-")
_SAY_WHICH = (
    "upload it again with its charset, as in `aws s3 cp --content-type"
    " 'text/plain; charset=windows-1250'`, or save it as UTF-8"
)


@dataclass(frozen=True)
class Decoded:
    """A text, and what it was read as.

    `source` is what named the charset: `mark`, `declared`, `bytes` (only one charset writes them),
    or `guessed`. `confidence` is 1 unless it was guessed. `replaced` counts the broken bytes.
    """

    text: str
    charset: str
    source: str
    confidence: float = 1.0
    replaced: int = 0


def decode(body: bytes, declared: str = "") -> Decoded:
    """The text of `body`, which `declared` (a label as in HTTP) says the charset of, if it does.

    Raises UnreadableError if no reading is right beyond doubt.
    """
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return _marked(body[len(mark) :], charset)
    utf_8 = _utf_8(body)
    if (charset := codec(declared)) and (decoded := _declared(body, charset, utf_8)):
        return decoded
    decoded = _escaped(body) or utf_8
    if decoded and len(_CONTROLS.findall(decoded.text)) <= _MOST_ODD * len(decoded.text):
        return decoded
    if decoded := _guessed(body):
        return decoded
    raise UnreadableError(f"its charset cannot be told from its bytes: {_SAY_WHICH}")


@cache
def codec(label: str) -> str:
    """Python's name of what a label means in a browser; empty if it means nothing."""
    label = label.strip(" \t\r\n\"'").lower()
    if label in _LABELS:
        return _LABELS[label]
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    is_text = name not in ("base64", "bz2", "hex", "quopri", "rot13", "uu", "zlib", "undefined")
    return (
        _SUPERSETS.get(name, name) if is_text and "unicode" not in name and name != "idna" else ""
    )


def _marked(body: bytes, charset: str) -> Decoded:
    text = body.decode(charset, "replace")
    replaced = text.count("\ufffd") - _own(body, charset)
    if replaced * _GOOD_FOR_A_BROKEN > len(text):
        raise UnreadableError(f"it begins as {charset.upper()} and is not: save it as UTF-8")
    return Decoded(text, charset, "mark", replaced=replaced)


def _own(body: bytes, charset: str) -> int:
    """How often the document itself holds the character that stands for a broken one."""
    return body.count("\ufffd".encode(charset))


def _utf_8(body: bytes) -> Decoded | None:
    try:
        return Decoded(body.decode(), "utf-8", "bytes")
    except UnicodeDecodeError:
        text = body.decode(errors="replace")
    replaced = text.count("\ufffd") - _own(body, "utf-8")
    good = sum(character > "\x7f" for character in text) - replaced
    if replaced * _GOOD_FOR_A_BROKEN > good:
        return None
    return Decoded(text, "utf-8", "bytes", replaced=replaced)


def _declared(body: bytes, charset: str, utf_8: Decoded | None) -> Decoded | None:
    """None if the bytes refute the declaration."""
    if charset == "utf-8":
        return replace(utf_8, source="declared") if utf_8 else None
    if utf_8 and charset in _SINGLE_BYTE and not body.isascii():
        # A page that says iso-8859-1 because its server always does.
        sequences = sum(character > "\x7f" for character in utf_8.text)
        if sequences > 1 or charset == "cp1252":
            return None
    try:
        text = body.decode(charset)
    except UnicodeDecodeError:
        return None
    return None if impossible(text) else Decoded(text, charset, "declared")


def _escaped(body: bytes) -> Decoded | None:
    """Text of seven bits that is not ASCII. Raises UnreadableError for UTF-7."""
    if not body.isascii():
        return None
    if b"\x1b" in body:
        return _first_of(body, _ESCAPED)
    if b"~{" in body and b"~}" in body:
        return _first_of(body, ("hz",))
    runs = _UTF_7.findall(body)
    if runs and all(map(_is_utf_7, runs)):
        raise UnreadableError("it looks like UTF-7, which can hide what it says: save it as UTF-8")
    return None


def _first_of(body: bytes, charsets: Iterable[str]) -> Decoded | None:
    for charset in charsets:
        try:
            text = body.decode(charset)
        except UnicodeDecodeError:
            continue
        if not text.isascii() and not impossible(text):
            return Decoded(text, charset, "bytes")
    return None


def _is_utf_7(run: bytes) -> bool:
    try:
        text = (b"+" + run + b"-").decode("utf-7")
    except UnicodeDecodeError:
        return False
    return all(character > "\x7f" for character in text) and not impossible(text)


def _guessed(body: bytes) -> Decoded | None:
    """The most plausible reading; None if there is none, or if others are nearly as plausible."""
    sample = _evidence(body)
    charsets: dict[str, list[str]] = {}
    for charset, text in _possible(body):
        excerpt = text[:_EVIDENCE_BYTES] if charset in _WIDE else sample.decode(charset, "replace")
        charsets.setdefault(excerpt, []).append(charset)
    likely = {
        text: judged
        for text, names in charsets.items()
        if (judged := plausibility(text, names[0])).oddness <= _most_odd(names[0])
    }
    if not likely:
        return None
    scores = _scores(sample, charsets, likely)
    if max(scores.values()) >= _CERTAINLY_NARROW and b"\0" not in body:
        likely = {text: likely[text] for text in likely if charsets[text][0] not in _WIDE}
    usual = [text for text in likely if not likely[text].weak] or list(likely)
    best = max(usual, key=scores.__getitem__)
    charset = charsets[best][0]
    other_scores = [
        scores[text] * (1 if text in usual else _WEAK) * _rarity(charsets[text][0], charset)
        for text in likely
        if text != best and not _refuted(text, best, likely)
    ]
    if charset in _WIDE or any(charsets[text][0] in _WIDE for text in likely):
        # Nothing measures how usual its characters are.
        confidence = _ALONE if not other_scores else 0.0
    elif charset in _MULTI_BYTE and scores[best] < _LEAST_MULTI_BYTE:
        confidence = 0.0
    elif not other_scores:
        confidence = _ALONE
    else:
        confidence = min(1 - max(other_scores) / scores[best], _ALONE) if scores[best] else 0.0
    of_loanwords = [text for text in likely if likely[text].all_loanwords]
    if confidence < LEAST_CONFIDENCE and len(of_loanwords) == 1:
        charset, confidence = charsets[of_loanwords[0]][0], _LOANWORDS
    few = likely[best].characters < _FEW and confidence != _LOANWORDS
    if confidence < (LEAST_CONFIDENCE_OF_FEW if few else LEAST_CONFIDENCE):
        return None
    return Decoded(body.decode(charset), charset, "guessed", round(confidence, 3))


def _rarity(charset: str, best: str) -> float:
    """How much less a charset of old systems counts beside one of those that replaced them."""
    old = charset.startswith(("mac_", "cp4", "cp7", "cp8")) and charset != "cp874"
    return _OLD if old and best.startswith(("cp125", "iso")) else 1


def _refuted(text: str, best: str, likely: Mapping[str, Plausibility]) -> bool:
    """Whether most characters in which `text` differs from a faultless reading are odd."""
    if likely[best].odd or not likely[text].odd or len(text) != len(best):
        return False
    differing = sum(mine != theirs for mine, theirs in zip(text, best, strict=True))
    return 2 * likely[text].odd >= differing


def _possible(body: bytes) -> Iterable[tuple[str, str]]:
    """Every charset in which the whole of `body` is text, and that text."""
    for charset in (*_MULTI_BYTE, *_SINGLE_BYTE, *_WIDE):
        try:
            text = body.decode(charset)
        except UnicodeDecodeError:
            continue
        if not impossible(text):
            yield charset, text


def _evidence(body: bytes) -> bytes:
    """Lines of `body` with bytes beyond ASCII, from all over it."""
    if len(body) <= _EVIDENCE_BYTES:
        return body
    lines = [line for line in re.split(rb"[\r\n]+", body) if not line.isascii()]
    if not lines:
        return body[:_EVIDENCE_BYTES]
    usual = max(1, sum(map(len, lines)) // len(lines))
    step = max(1, len(lines) * usual // _EVIDENCE_BYTES)
    return b"\n".join(lines[::step])[:_EVIDENCE_BYTES]


def _most_odd(charset: str) -> float:
    return _MOST_ODD_MULTI_BYTE if charset in (*_MULTI_BYTE, *_WIDE) else _MOST_ODD


def _scores(
    sample: bytes, charsets: Mapping[str, list[str]], likely: Mapping[str, Plausibility]
) -> dict[str, float]:
    """Text -> what chardet's statistics give for the best of its charsets; 0 if nothing."""
    import chardet  # noqa: PLC0415 -- most documents need no guess

    of_names = {
        _CHARDET_NAMES.get(charset, charset.replace("mac_", "mac-")): text
        for text in likely
        for charset in charsets[text]
        if charset not in _WIDE
    }
    scores = dict.fromkeys(likely, 0.0)
    shared = frozenset.intersection(*(judged.frequent for judged in likely.values()))
    multi_byte = any(charset in _MULTI_BYTE for text in likely for charset in charsets[text])
    if of_names and (len(scores) > 1 or multi_byte):
        for detected in chardet.detect_all(
            sample,
            ignore_threshold=True,
            compat_names=False,
            include_encodings=[*of_names, "cp1252"],  # its answer when nothing fits
            max_bytes=len(sample),
        ):
            name = detected["encoding"]
            if name in of_names:
                text = of_names[name]
                # A word of a language's most frequent ones counts as much as all of the letters.
                score = detected["confidence"] * (1 + len(likely[text].frequent - shared))
                scores[text] = max(scores[text], score)
    return scores
