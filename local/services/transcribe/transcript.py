"""What Whisper heard, in the form in which Transcribe writes it.

The form is that of the examples in the developer guide: docs.aws.amazon.com/transcribe/latest/dg/
how-input.html for items, diarization-output-batch.html for speakers, lang-id-batch.html for
languages, read 2026-11-29. Times and confidences are strings there, as here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.services.contract.operations import service_model
from local.services.speech.engines import Hearing, Word
from local.services.transcribe.word_lists import Phrase

# Punctuation marks that Transcribe writes; Whisper's quotes and dashes are left out.
_MARKS = ",.?!"
_WIDE_MARKS = str.maketrans("，。？！、", ",.?!,")
_OTHER_MARKS = "\"'“”‘’«»„…–—-()[]{}¿¡:;"
# Written without spaces: each of Whisper's words stands by itself.
_UNSPACED = {"ja", "th", "zh"}
# The dialect of a language that has several and whose options name none.
_DIALECTS = {"ar": "ar-SA", "de": "de-DE", "en": "en-US", "es": "es-US", "fr": "fr-FR"}
_DIALECTS |= {"pt": "pt-BR", "zh": "zh-CN", "fa": "fa-IR", "cy": "cy-GB", "et": "et-EE"}
_SPEAKER = "spk_0"
MASK = "***"


@dataclass(frozen=True)
class WordLists:
    """What a job says about words."""

    phrases: Sequence[Phrase] = ()
    unwanted: frozenset[str] = frozenset()
    """In lower case."""
    method: str = "mask"
    """`mask`, `remove` or `tag`."""


@dataclass
class _Item:
    content: str
    word: Word
    punctuation: bool = False
    flagged: bool = False
    """Whether it is a word of the filter, whose method is to tag it."""


def dialect(language: str, options: Sequence[str] = ()) -> str:
    """Transcribe's code for a code of Whisper's: of the options, else the commonest."""
    codes = [*options, _DIALECTS.get(language, ""), *_language_codes()]
    return next((code for code in codes if code.partition("-")[0] == language), language)


def _language_codes() -> list[str]:
    shape: Any = service_model("transcribe").shape_for("LanguageCode")
    codes: list[str] = shape.enum
    return codes


def job_output(
    job: str, account: str, hearing: Hearing, request: Mapping[str, Any], lists: WordLists
) -> dict[str, Any]:
    """The document that a job writes; `request` is that of StartTranscriptionJob."""
    language = hearing.languages[0][0]
    glue = "" if language in _UNSPACED else " "
    segments = [_items(segment, glue) for segment in hearing.segments]
    segments = [_filtered(_displayed(items, lists.phrases), lists) for items in segments]
    speaks = bool(request.get("Settings", {}).get("ShowSpeakerLabels"))
    speaker = {"speaker_label": _SPEAKER} if speaks else {}
    numbered = [item for items in segments for item in items]
    results: dict[str, Any] = {
        "transcripts": [{"transcript": _text(numbered, glue)}],
        "items": [_as_json(number, item) | speaker for number, item in enumerate(numbered)],
        "audio_segments": [segment | speaker for segment in _audio_segments(segments, glue)],
    }
    if request.get("IdentifyLanguage"):
        options = request.get("LanguageOptions", ())
        scores = [
            {"code": dialect(code, options), "score": f"{probability:.4f}"}
            for code, probability in hearing.languages
        ]
        results = {
            "language_code": scores[0]["code"],
            "language_identification": scores,
        } | results
    if speaks:
        labelled = [_speaker_segment(segment) for segment in results["audio_segments"]]
        for segment, items in zip(labelled, filter(None, segments), strict=True):
            segment["items"] = [
                _times(item.word) | speaker for item in items if not item.punctuation
            ]
        results["speaker_labels"] = {
            "channel_label": "ch_0",
            "speakers": 1 if labelled else 0,
            "segments": labelled,
        }
    return {"jobName": job, "accountId": account, "status": "COMPLETED", "results": results}


def _items(words: Sequence[Word], glue: str) -> list[_Item]:
    """Words and punctuation marks of one segment."""
    items: list[_Item] = []
    for word in _whole(words, glue):
        text = word.text.translate(_WIDE_MARKS).strip()
        content = text.strip(_MARKS + _OTHER_MARKS)
        if content:
            items.append(_Item(content, word))
        tail = text[text.rfind(content) + len(content) :] if content else text
        # A mark belongs to a word: Transcribe begins no segment with one.
        mark = next((character for character in tail if character in _MARKS), "")
        if mark and items and not items[-1].punctuation:
            items.append(_Item(mark, word, punctuation=True))
    return items


def _whole(words: Sequence[Word], glue: str) -> Iterator[Word]:
    """Words, put together where Whisper wrote no space between them: `well` and `-known`."""
    whole: Word | None = None
    for word in words:
        if whole and glue and not word.text.startswith(" "):
            probability = min(whole.probability, word.probability)
            whole = Word(whole.start, word.end, whole.text + word.text, probability)
            continue
        if whole:
            yield whole
        whole = word
    if whole:
        yield whole


def _displayed(items: list[_Item], phrases: Sequence[Phrase]) -> list[_Item]:
    """Phrases of the vocabulary as its column DisplayAs writes them."""
    for phrase in phrases:
        displayed = phrase.display_as.split()
        heard_as = [word.casefold() for word in displayed]
        for start in range(len(items) - len(displayed) + 1):
            window = items[start : start + len(displayed)]
            if [item.content.casefold() for item in window] == heard_as:
                for item, content in zip(window, displayed, strict=True):
                    item.content = content
    return items


def _filtered(items: list[_Item], lists: WordLists) -> list[_Item]:
    """Items, with unwanted words masked, removed or tagged."""
    kept_items = []
    for item in items:
        if item.content.casefold() in lists.unwanted:
            if lists.method == "remove":
                continue
            if lists.method == "mask":
                item.content = MASK
            item.flagged = lists.method == "tag"
        kept_items.append(item)
    return kept_items


def _text(items: Sequence[_Item], glue: str) -> str:
    return "".join(
        ("" if item.punctuation or number == 0 else glue) + item.content
        for number, item in enumerate(items)
    )


def _times(word: Word) -> dict[str, str]:
    return {"start_time": f"{word.start:.2f}", "end_time": f"{word.end:.2f}"}


def _as_json(number: int, item: _Item) -> dict[str, Any]:
    confidence = "0.0" if item.punctuation else f"{item.word.probability:.3f}"
    document: dict[str, Any] = {
        "id": number,
        "type": "punctuation" if item.punctuation else "pronunciation",
        "alternatives": [{"confidence": confidence, "content": item.content}],
    }
    if not item.punctuation:
        document |= _times(item.word)
    if item.flagged:
        document["vocabularyFilterMatch"] = True
    return document


def _audio_segments(segments: Sequence[list[_Item]], glue: str) -> Iterator[dict[str, Any]]:
    first = 0
    for number, items in enumerate(filter(None, segments)):
        yield {
            "id": number,
            "transcript": _text(items, glue),
            "start_time": _times(items[0].word)["start_time"],
            "end_time": _times(items[-1].word)["end_time"],
            "items": [*range(first, first + len(items))],
        }
        first += len(items)


def _speaker_segment(segment: Mapping[str, Any]) -> dict[str, Any]:
    return {name: segment[name] for name in ("start_time", "end_time", "speaker_label")}
