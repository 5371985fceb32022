"""SSML and pronunciation lexicons, read as Polly reads them: what does not parse is refused."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from xml.parsers import expat

# docs.aws.amazon.com/polly/latest/dg/supportedtags.html, read 2026-11-29.
_TAGS = {"amazon:auto-breaths", "amazon:breath", "amazon:domain", "amazon:effect", "break"}
_TAGS |= {"emphasis", "lang", "mark", "p", "phoneme", "prosody", "s", "say-as", "speak", "sub", "w"}
_STANDARD_ONLY = {"amazon:auto-breaths", "amazon:breath", "emphasis"}
# Seconds of the strengths of a break (break-tag.html), and of the ends of paragraph and sentence.
_STRENGTHS = {
    "none": 0.0,
    "x-weak": 0.0,
    "weak": 0.2,
    "medium": 0.2,
    "strong": 0.4,
    "x-strong": 0.8,
}
_ENDS = {"p": _STRENGTHS["x-strong"], "s": _STRENGTHS["strong"]}
_MOST_BREAK_SECONDS = 10
_RATES = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "fast": 1.5, "x-fast": 2.0}
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+|[。！？]+|\n\s*\n")
_WORD = re.compile(r"\w[\w'’-]*")


class MarkupError(ValueError):
    """SSML or a lexicon that Polly refuses; the text says what is wrong."""


@dataclass(frozen=True)
class Lexeme:
    """How a lexicon has a word said: as other words, or as phonemes of IPA."""

    grapheme: str
    alias: str
    phonemes: str


@dataclass(frozen=True)
class Word:
    """A word of the input."""

    begin: int
    """Character of the text."""
    end: int
    spoken: str


@dataclass
class Sentence:
    """A sentence of the input, and how it is spoken."""

    begin: int
    """Character of the text."""
    end: int
    spoken: str
    words: list[Word]
    pause: float
    """Seconds before it."""
    speed: float


@dataclass
class Script:
    """A text to be spoken."""

    text: str
    """Without tags."""
    bytes_of: list[tuple[int, int]] = field(default_factory=list)
    """The bytes of the input that each character is written in: begin and end."""
    replacements: list[tuple[int, int, str]] = field(default_factory=list)
    """Begin, end and what is spoken in the place of these characters."""
    breaks: dict[int, float] = field(default_factory=dict)
    """Character -> seconds of silence before it."""
    speeds: list[tuple[int, int, float]] = field(default_factory=list)
    marks: list[tuple[int, str]] = field(default_factory=list)
    """Character and name of each `<mark>`."""

    @property
    def billed_characters(self) -> int:
        """Characters that Polly charges for: tags are free."""
        return len(self.text)

    def sentences(self, lexemes: Sequence[Lexeme] = ()) -> list[Sentence]:
        """The sentences, with a lexicon applied where SSML does not say how a word is said."""
        replacements = sorted([*self.replacements, *self._of_lexicon(lexemes)])
        ends = {match.end() for match in _SENTENCE_END.finditer(self.text)}
        limits = sorted({0, len(self.text), *ends, *self.breaks})
        sentences, pause = [], 0.0
        for begin, end in pairwise(limits):
            pause += self.breaks.get(begin, 0.0)
            part = self.text[begin:end]
            if not part.strip():
                continue
            first = begin + len(part) - len(part.lstrip())
            last = begin + len(part.rstrip())
            inner = [entry for entry in replacements if first <= entry[0] and entry[1] <= last]
            words = [
                Word(*match.span(), self._spoken(*match.span(), inner))
                for match in _WORD.finditer(self.text, first, last)
            ]
            spoken = self._spoken(first, last, inner)
            sentences.append(Sentence(first, last, spoken, words, pause, self._speed(first)))
            pause = 0.0
        return sentences

    def _of_lexicon(self, lexemes: Sequence[Lexeme]) -> Iterator[tuple[int, int, str]]:
        for lexeme in lexemes:
            spoken = lexeme.alias or f"[[{lexeme.phonemes}]]"
            pattern = re.compile(rf"(?<!\w){re.escape(lexeme.grapheme)}(?!\w)")
            for match in pattern.finditer(self.text):
                begin, end = match.span()
                if not any(start < end and begin < stop for start, stop, _ in self.replacements):
                    yield begin, end, spoken

    def _spoken(self, begin: int, end: int, replacements: list[tuple[int, int, str]]) -> str:
        parts, at = [], begin
        for start, stop, spoken in replacements:
            if at <= start and stop <= end:
                parts += [self.text[at:start], spoken]
                at = stop
        return "".join([*parts, self.text[at:end]])

    def _speed(self, character: int) -> float:
        speeds = [speed for begin, end, speed in self.speeds if begin <= character < end]
        return speeds[-1] if speeds else 1.0


def plain(text: str) -> Script:
    """A text without tags."""
    return Script(text, [*_bytes_of(text, 0)])


def _bytes_of(text: str, byte: int) -> Iterator[tuple[int, int]]:
    for character in text:
        end = byte + len(character.encode())
        yield byte, end
        byte = end


class _Ssml:
    def __init__(self, engine: str) -> None:
        self.script = Script("")
        self._engine = engine
        self._input = b""
        self._open: list[tuple[str, dict[str, str], int]] = []
        self._parser = _parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._take
        # One call for each line and entity, so that the byte at which it begins is known.
        self._parser.buffer_text = False

    def parse(self, ssml: str) -> Script:
        self._input = ssml.encode()
        _parse(self._parser, ssml)
        return self.script

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._open and tag != "speak":
            raise MarkupError("the outermost tag is not <speak>")
        if tag not in _TAGS:
            raise MarkupError(f"<{tag}> is no tag of Polly's")
        if tag in _STANDARD_ONLY and self._engine != "standard":
            raise MarkupError(f"<{tag}> is not available to the engine {self._engine}")
        at = len(self.script.text)
        if tag == "break":
            self._pause(at, _break_seconds(attributes))
        if tag == "mark":
            self.script.marks.append((at, attributes.get("name", "")))
        self._open.append((tag, attributes, at))

    def _end(self, _tag: str) -> None:
        tag, attributes, begin = self._open.pop()
        end = len(self.script.text)
        if tag in _ENDS:
            self._pause(end, _ENDS[tag])
        if tag == "sub" and attributes.get("alias"):
            self.script.replacements.append((begin, end, attributes["alias"]))
        if tag == "phoneme" and attributes.get("alphabet", "ipa") == "ipa":
            self.script.replacements.append((begin, end, f"[[{attributes.get('ph', '')}]]"))
        if tag == "prosody" and "rate" in attributes:
            self.script.speeds.append((begin, end, _speed(attributes["rate"])))

    def _take(self, data: str) -> None:
        byte = self._parser.CurrentByteIndex
        if self._input[byte : byte + 1] == b"&":
            self.script.bytes_of.append((byte, self._input.index(b";", byte) + 1))
        else:
            self.script.bytes_of += _bytes_of(data, byte)
        self.script.text += data

    def _pause(self, at: int, seconds: float) -> None:
        self.script.breaks[at] = max(seconds, self.script.breaks.get(at, 0.0))


def ssml(text: str, engine: str) -> Script:
    """A text with tags. Raises MarkupError."""
    return _Ssml(engine).parse(text)


def lexicon(content: str) -> tuple[str, list[Lexeme]]:
    """The language of a lexicon in W3C's PLS, and its lexemes. Raises MarkupError."""
    parser = _parser()
    texts: dict[str, str] = {}
    graphemes: list[str] = []
    lexemes: list[Lexeme] = []
    language: list[str] = []
    inside: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "lexicon":
            language.append(attributes.get("xml:lang", ""))
        inside.append(tag)
        texts[tag] = ""

    def end(tag: str) -> None:
        inside.pop()
        if tag == "grapheme":
            graphemes.append(texts[tag].strip())
        if tag == "lexeme":
            alias, phonemes = texts.pop("alias", "").strip(), texts.pop("phoneme", "").strip()
            if not graphemes or not (alias or phonemes):
                raise MarkupError("a lexeme needs a grapheme, and an alias or a phoneme")
            lexemes.extend(Lexeme(grapheme, alias, phonemes) for grapheme in graphemes)
            graphemes.clear()

    def take(data: str) -> None:
        texts[inside[-1]] += data

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = take
    _parse(parser, content)
    if not language or not language[0]:
        raise MarkupError("the outermost tag is not <lexicon> with xml:lang")
    return language[0], lexemes


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate("utf-8")
    # Entities of one's own could grow without bound.
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> None:
    raise MarkupError("it has a document type declaration")


def _parse(parser: expat.XMLParserType, text: str) -> None:
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise MarkupError(f"it is no XML: {error}") from error


def _break_seconds(attributes: dict[str, str]) -> float:
    time = attributes.get("time", "")
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s)", time)
    if time and not match:
        raise MarkupError(f'<break time="{time}"> is no number of s or ms')
    if not match:
        strength = attributes.get("strength", "medium")
        if strength not in _STRENGTHS:
            raise MarkupError(f'<break strength="{strength}"> is none of {", ".join(_STRENGTHS)}')
        return _STRENGTHS[strength]
    seconds = float(match[1]) / (1000 if match[2] == "ms" else 1)
    if seconds > _MOST_BREAK_SECONDS:
        raise MarkupError(f'<break time="{time}"> is longer than {_MOST_BREAK_SECONDS} s')
    return seconds


def _speed(rate: str) -> float:
    if rate in _RATES:
        return _RATES[rate]
    match = re.fullmatch(r"(\d+)%", rate)
    # 20 to 200 % (docs.aws.amazon.com/polly/latest/dg/prosody-tag.html, read 2026-11-29).
    if not match or not 20 <= int(match[1]) <= 200:
        raise MarkupError(f'<prosody rate="{rate}"> is neither 20% to 200% nor a word for it')
    return int(match[1]) / 100
