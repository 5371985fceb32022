r"""The patterns of botocore's models as Python's `re` takes them.

Services write their patterns for Java and hold the whole value against them, as its `matches()`
does. Four constructs differ from Python's and are rewritten: classes such as `\p{L}`, characters
beyond U+FFFF as a pair of surrogates, a dash after `\w` inside a class, and `\z`. Services that
nothing here uses write more of Java (17 of botocore's 4,876 patterns): compiling those fails.
"""

import re
import sys
import unicodedata
from functools import cache

_UNICODE_CLASS = re.compile(r"\\(?P<kind>[pP])\{(?P<name>\w+)\}")
_SURROGATES = re.compile(r"\\u(D[89AB][0-9A-F]{2})\\u(D[C-F][0-9A-F]{2})", re.IGNORECASE)
# Java reads `[\w-_]` as three members; Python takes it for a range.
_DASH_AFTER_CLASS = re.compile(r"(\\[wdsWDS])-(?=[^\]])")
_POSIX = {"ASCII": "\\x00-\\x7f", "Print": "\\x20-\\x7e", "Alnum": "A-Za-z0-9", "Alpha": "A-Za-z"}


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A model's pattern, to be used with `fullmatch`. Raises re.error if it has no translation."""
    return re.compile(translated(pattern))


def translated(pattern: str) -> str:
    """The same pattern in Python's syntax."""
    pattern = _SURROGATES.sub(lambda pair: _code_point(pair[1], pair[2]), pattern)
    pattern = _DASH_AFTER_CLASS.sub(r"\1\\-", pattern)
    text, position, inside = "", 0, False
    while position < len(pattern):
        unicode_class = _UNICODE_CLASS.match(pattern, position)
        if unicode_class:
            ranges = _ranges(unicode_class["name"], negated=unicode_class["kind"] == "P")
            text += ranges if inside else f"[{ranges}]"
            position = unicode_class.end()
            continue
        if pattern.startswith(r"\z", position):
            text, position = text + r"\Z", position + 2
            continue
        length = 2 if pattern[position] == "\\" else 1
        if length == 1:
            inside = pattern[position] == "[" or (inside and pattern[position] != "]")
        text += pattern[position : position + length]
        position += length
    return text


def _code_point(high: str, low: str) -> str:
    return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)


@cache
def _ranges(name: str, *, negated: bool) -> str:
    r"""What `\p{name}`, or `\P{name}`, holds: the inside of a class."""
    if name in _POSIX:
        if negated:
            raise re.error(f"\\P{{{name}}} has no translation")
        return _POSIX[name]
    text, first = "", None
    for code_point in range(sys.maxunicode + 2):
        member = code_point <= sys.maxunicode and (
            unicodedata.category(chr(code_point)).startswith(name) != negated
        )
        if member and first is None:
            first = code_point
        elif not member and first is not None:
            text += f"\\U{first:08x}-\\U{code_point - 1:08x}"
            first = None
    return text
