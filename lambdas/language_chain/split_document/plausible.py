"""How plausible a reading of bytes is: a wrong charset writes letters where none belong."""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache

from .alphabets import CYRILLIC, FREQUENT, LATIN, LOANWORDS, RICH

# Without a decoding error, a wrong charset still gives controls, private and unassigned characters.
_IMPOSSIBLE = frozenset({"Cc", "Cn", "Co", "Cs"})
_ALPHABETIC = ("LATIN", "GREEK", "CYRILLIC", "HEBREW", "ARABIC")
_JOINERS = frozenset("’‘·‑–—…\u00a0\u00ad\u200b\u200c\u200d/")
_OPENING = frozenset("¡¿‚„")
# Characters that no text needs and wrong readings are full of.
_STRANGE = frozenset("｡｢｣､･¤¦¬¨´¸¯ˆ˜ˇ˘˙˛˝‡ƒ\u0192ªˇ∂∆∏∑√∞∫≈≠≤≥◊\uf8ffπΩ")
# From so many characters on, what is missing says something, too.
_MANY, _ENOUGH = 12, 60
_KANA, _HAN, _HANGUL, _THAI = "KANA", "HAN", "HANGUL", "THAI"


@dataclass(frozen=True)
class Plausibility:
    """Characters beyond ASCII in a text, and how many of them stand where nobody writes them."""

    characters: int
    odd: int
    weak: bool
    """Whether only languages explain it that write more such letters, or other ones."""
    all_loanwords: bool
    frequent: frozenset[str]
    """The words that are among the most frequent of some language."""

    @property
    def oddness(self) -> float:
        """The share of odd characters."""
        return self.odd / max(1, self.characters)


def impossible(text: str) -> bool:
    """Whether the text holds characters that no text does."""
    return any(
        unicodedata.category(character) in _IMPOSSIBLE and character not in "\t\n\r\f\ufeff"
        for character in set(text)
    )


def plausibility(text: str, charset: str) -> Plausibility:
    """Judge each character beyond ASCII by its neighbours and its language's alphabet."""
    scripts: Counter[str] = Counter()
    letters: dict[str, Counter[str]] = {"LATIN": Counter(), "CYRILLIC": Counter()}
    odd = characters = 0
    padded = f" {text} "
    for index, character in enumerate(padded):
        if character < "\x80":
            continue
        characters += 1
        before, after = padded[index - 1], padded[index + 1]
        script = _script(character)
        if script == "":
            odd += _odd_symbol(character, before, after)
            continue
        scripts[script] += 1
        if script in letters:
            letters[script][character.lower()] += 1
        odd += _odd_letter(character, script, before, after, charset)
    weak = sum(scripts.values()) >= _MANY and _shouting(text)
    ascii_letters = sum(letter.isalpha() for letter in text if letter < "\x80")
    for script, alphabets in (("LATIN", LATIN), ("CYRILLIC", CYRILLIC)):
        if counts := letters[script]:
            outside = {name: _outside(counts, alphabet) for name, alphabet in alphabets.items()}
            least = min(outside.values())
            odd += least
            explains = [name for name, count in outside.items() if count == least]
            weak |= not any(_is_usual(counts, name, ascii_letters) for name in explains)
    odd += _odd_scripts(scripts, charset)
    words = _words(text)
    return Plausibility(
        characters,
        min(odd, characters),
        weak,
        all_loanwords=bool(words) and words <= LOANWORDS,
        frequent=words & FREQUENT,
    )


def _outside(letters: Counter[str], alphabet: str) -> int:
    return sum(count for letter, count in letters.items() if letter not in alphabet)


def _is_usual(letters: Counter[str], language: str, ascii_letters: int) -> bool:
    """Whether as many and as different letters occur as the language writes."""
    if language not in RICH:
        return True
    distinct, share = RICH[language]
    total = letters.total()
    if total >= _MANY and len(letters) < distinct / (2 if total >= 3 * _MANY else 3):
        return False
    return ascii_letters < _ENOUGH or total >= share * ascii_letters


def _shouting(text: str) -> bool:
    """Whether nearly all letters beyond ASCII are capitals: how KOI8-R looks as windows-1251."""
    cased = [letter for letter in text if letter > "\x7f" and letter.lower() != letter.upper()]
    capitals = sum(letter.isupper() for letter in cased)
    return len(cased) >= _MANY and capitals > 0.9 * len(cased)


@cache
def _script(character: str) -> str:
    """The script of a letter or of a mark; empty for symbols, marks of Latin count as Latin."""
    category = unicodedata.category(character)
    if category[0] not in "LM" or character in "ªº":
        return ""
    name = unicodedata.name(character, "")
    if name.startswith(("HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA")):
        return _KANA
    if name.startswith(("CJK", "KANGXI")):
        return _HAN
    first = name.partition(" ")[0]
    return "LATIN" if first in ("COMBINING", "FULLWIDTH") else first


def _odd_letter(character: str, script: str, before: str, after: str, charset: str) -> bool:
    if unicodedata.category(character)[0] == "M":
        return _script_of_any(before) != script
    if script in _ALPHABETIC:
        mixed = any(
            letter.isalpha() and _script_of_any(letter) != script for letter in (before, after)
        )
        beside_digits = before.isdigit() or after.isdigit()
        return mixed or beside_digits or _odd_case(character, before, after)
    if _is_ascii_letter(before) and _is_ascii_letter(after):
        return True
    if script == _THAI:
        return _THAI not in (_script(before), _script(after))
    is_rare = {_HAN: _rare, _HANGUL: _rare_hangul}.get(script, _is_halfwidth)
    return is_rare(character, charset)


def _odd_case(character: str, before: str, after: str) -> bool:
    if character in "ςךםןףץ":
        return after.isalpha() and (character == "ς" or _script(after) == "HEBREW")
    if character.isupper() and character != "İ":
        return before.islower()
    return character.islower() and before.isupper() and after.isupper()


def _script_of_any(character: str) -> str:
    if character < "\x80":
        return "LATIN" if character.isalpha() else ""
    return _script(character)


def _is_ascii_letter(character: str) -> bool:
    return character < "\x80" and character.isalpha()


def _odd_symbol(character: str, before: str, after: str) -> bool:
    if character in _STRANGE or unicodedata.category(character) in ("Sm", "So", "Sk"):
        return character not in "©®™°×±№÷¬§¶" or (before.isalpha() and after.isalpha())
    if character in _OPENING:
        return before.isalpha()
    if character in _JOINERS:
        # A closing quote opens no word, except of those that drop their beginning.
        return character == "’" and before in " \n" and after.isalpha() and after > "\x7f"
    return before.isalpha() and after.isalpha()


@cache
def _rare(han: str, charset: str) -> bool:
    """Whether the character is none of the usual ones of the charset's language."""
    if charset in ("cp932", "euc_jp"):
        encoded, usual = han.encode("shift_jis", "ignore"), (0x88, 0x98)
    elif charset == "big5hkscs":
        encoded, usual = han.encode("big5", "ignore"), (0xA4, 0xC6)
    elif charset == "gb18030":
        encoded, usual = han.encode("gb2312", "ignore"), (0xB0, 0xD7)
    elif charset.startswith("utf"):
        return all(_rare(han, usual_in) for usual_in in ("cp932", "gb18030", "big5hkscs"))
    else:
        return True
    return not encoded or not usual[0] <= encoded[0] <= usual[1]


@cache
def _rare_hangul(syllable: str, charset: str) -> bool:  # noqa: ARG001 -- as of the other scripts
    return not syllable.encode("euc_kr", "ignore")


def _is_halfwidth(character: str, charset: str) -> bool:  # noqa: ARG001 -- as of the others
    return unicodedata.name(character, "").startswith("HALFWIDTH")


def _odd_scripts(scripts: Counter[str], charset: str) -> int:
    """Letters of scripts that are not written together."""
    east_asian = {_KANA, _HAN, _HANGUL, "BOPOMOFO"}
    groups: Counter[str] = Counter()
    for script, count in scripts.items():
        groups["EAST ASIAN" if script in east_asian else script] += count
    odd = groups.total() - max(groups.values(), default=0)
    kana, han, hangul = scripts[_KANA], scripts[_HAN], scripts[_HANGUL]
    if charset in ("cp932", "euc_jp"):
        # Kanji alone are a heading or Chinese.
        odd += han if kana < 0.1 * han else 0
    elif charset in ("gb18030", "big5hkscs"):
        odd += kana + hangul
    elif charset == "cp949":
        odd += kana
    return odd


def _words(text: str) -> frozenset[str]:
    """The different words with a letter beyond ASCII, in lower case."""
    if text.isascii():
        return frozenset()
    words = {word.strip("\"'’‘“”«»„.,;:!?()[]…").lower() for word in text.split()}
    return frozenset(
        word for word in words if any(letter.isalpha() for letter in word if letter > "\x7f")
    )
