"""Settings of the language chain."""

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from stacks.environments import SettingsGroup
from stacks.shared.setting_types import STRICT, BudgetUsd, Listed, Written

Format = Literal[
    "text",
    "markdown",
    "html",
    "xml",
    "json",
    "json_lines",
    "table",
    "email",
    "rtf",
    "subtitles",
    "docx",
    "pdf",
]
# The word lists of the repository are in en-US.
RecordingLanguage = Annotated[str, Written(r"[a-z]{2,3}-[A-Z]{2}", "language and country: `en-US`")]
# docs.aws.amazon.com/comprehend/latest/dg/supported-languages.html, read on 2026-11-28.
PERSONAL_DATA_LANGUAGES = ("en", "es")
_LONGEST_TURN_SECONDS = 30
# A neural voice for each target language.
VOICES = {
    "ar": "Hala",
    "de": "Vicki",
    "en": "Joanna",
    "es": "Lucia",
    "fr": "Lea",
    "hi": "Kajal",
    "it": "Bianca",
    "ja": "Takumi",
    "ko": "Seoyeon",
    "pt": "Camila",
    "zh": "Zhiyu",
    "zh-TW": "Zhiyu",
}
# Of voices that speak two languages, where the one wanted is not their default: Kajal's is Indian
# English (docs.aws.amazon.com/polly/latest/dg/bilingual-voices.html, read 2026-11-30).
VOICE_LANGUAGES = {"hi": "hi-IN"}


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LanguageChainSettings:
    """Formats, languages, concurrency, word lists, speech and retention."""

    target_language: Literal[
        "en", "es", "fr", "de", "it", "pt", "ar", "hi", "ja", "ko", "zh", "zh-TW"
    ] = "en"
    """Language that everything is translated into; one that Comprehend analyses. Comprehend detects
    personal data in en and es only."""
    formats: Annotated[tuple[Format, ...], Listed, Field(min_length=1)] = get_args(Format)
    """Document formats that are read; others are quarantined. A table is a CSV or TSV file."""
    json_lines_field: Annotated[
        str, Written(r"\w+", "the name of a field: letters, digits and `_`")
    ] = "text"
    """Field of a JSON line that holds its text."""
    most_mebibytes: Annotated[int, Field(ge=1, le=30)] = 20
    """Larger documents are quarantined before anything is spent on them; the costs page has the
    price of one of this size. At 30, the list of a document's parts still fits into a state
    (256 KiB), and splitting it into a function's five minutes."""
    documents_at_once: Annotated[int, Field(ge=1, le=500)] = 5
    """Concurrent executions that read texts, at most 500: their names are one set of a DynamoDB
    item. Each document uses one function at a time, or `parts_at_a_time` while more than 100 KB are
    searched, and intake uses two: 5 fits a new account's Lambda concurrency of 10. A recording is
    none of them until its transcript is there."""
    recordings_at_once: Annotated[int, Field(ge=1, le=500)] = 100
    """Concurrent executions that listen to recordings, at most 500; each has one transcription job.
    The account's quota of concurrent jobs is in Service Quotas; 100 is assumed."""
    parts_at_a_time: Annotated[int, Field(ge=1, le=40)] = 4
    """Concurrent parts per document, one API call per part. An inline Map runs at most 40."""
    translate_calls_a_second: Annotated[int, Field(ge=1, le=10_000)] = 20
    """How often a second TranslateText may be called, up to 10,000, retried calls included. AWS's
    guide states no quota any more; an earlier edition had 20 for each pair of languages."""
    sentiment_calls_a_second: Annotated[int, Field(ge=1, le=10_000)] = 20
    """How often a second DetectSentiment may be called, up to 10,000, retried calls included. The
    account's quota is in Service Quotas; 20 is assumed."""
    search_calls_a_second: Annotated[int, Field(ge=1, le=10_000)] = 20
    """How often a second DetectEntities, DetectKeyPhrases and DetectPiiEntities may each be called,
    up to 10,000, retried calls included: the lowest of their three quotas. 20 is assumed."""
    distribute_above: Annotated[int, Field(ge=1, le=1000)] = 200
    """Documents with more parts use a Distributed Map, at most 1,000: an execution's history holds
    25,000 events, and a part takes seven."""
    tolerated_percent: Annotated[int, Field(ge=0, le=100)] = 5
    """Share of failed parts that fails the whole document; a result names parts that failed below
    it. With `redact` it is 0: a part that was not searched would be stored as it is."""
    transcription_hours: Annotated[int, Field(ge=1, le=20)] = 4
    """How long the workflow waits for a transcription job."""
    collection_hours: Annotated[int, Field(ge=1, le=160)] = 24
    """How long the workflow waits for an asynchronous translation job."""
    speak: Literal["nothing", "recordings", "everything"] = "nothing"
    """Whose translated text Amazon Polly reads aloud."""
    terminology: bool = False
    """Use the custom terminology of `models/language_chain/word_lists/` in translations."""
    vocabulary: bool = False
    """Use the custom vocabulary of `models/language_chain/word_lists/` in transcriptions."""
    vocabulary_filter: bool = False
    """Mask the unwanted words of `models/language_chain/word_lists/` in transcriptions."""
    recording_languages: Annotated[
        tuple[RecordingLanguage, ...], Listed, Field(min_length=2, max_length=5)
    ] = ("en-US", "de-DE", "es-ES", "fr-FR", "it-IT")
    """Languages of recordings, with `vocabulary` or `vocabulary_filter` only: Transcribe then
    chooses among two to five, one dialect of each. Without lists it knows all of its languages."""
    lexicon: bool = False
    """Use the pronunciation lexicon of `models/language_chain/word_lists/` in speech."""
    word_lists_by: Literal["custom_resource", "cloudformation"] = "custom_resource"
    """What creates the word lists. CloudFormation's own types exist in us-east-1, us-west-2,
    eu-central-1 and ap-south-1 only; the custom resource works everywhere."""
    collections: bool = False
    """Add a workflow that translates whole prefixes as one asynchronous job, without analysis."""
    redact: bool = False
    """Replace each span of personal data by its type before results are stored, in en and es. A
    document of which a part is not translated or not searched then fails. The parts below `work/`
    are deleted after `work_days`, and their bytes a day later."""
    status_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """How long the status of a document is kept once it is done; one that waits or has failed is
    kept until it is done. Uploads are looked for in the inbox as far back, 90 days by default."""
    waiting_hours: Annotated[int, Field(ge=1, le=720)] = 24
    """An alarm goes off when a document has waited longer for its turn, from 1 to 720 hours."""
    work_days: Annotated[int, Field(ge=1, le=365)] = 7
    """How long the intermediate parts of a document are kept."""
    query_limit_mebibytes: Annotated[int, Field(ge=10, le=10_000_000)] = 10_240
    """Athena cancels a query that would scan more. Athena's minimum is 10 MB; 10,000,000 MiB, ten
    terabytes, is the most that this setting takes."""
    budget_usd: BudgetUsd = None
    """Monthly budget. An alarm is sent at 80 % of it and when AWS forecasts more."""

    @model_validator(mode="after")
    def _take_turns_within_a_part(self) -> "LanguageChainSettings":
        # A part waits for its turn within the five minutes of an Express workflow, six times at
        # most if it is throttled. An execution of a recording processes its text as the others do.
        at_once = self.documents_at_once * self.parts_at_a_time
        slowest = min(
            self.translate_calls_a_second,
            self.sentiment_calls_a_second,
            self.search_calls_a_second,
        )
        if at_once > _LONGEST_TURN_SECONDS * slowest:
            raise ValueError(
                f"documents_at_once times parts_at_a_time is {at_once}: the last of so many parts"
                f" would wait longer than {_LONGEST_TURN_SECONDS} seconds for its turn at {slowest}"
                " calls a second, and its workflow would end before it"
            )
        return self

    @model_validator(mode="after")
    def _choose_among_dialects(self) -> "LanguageChainSettings":
        languages = [code.partition("-")[0] for code in self.recording_languages]
        if len(set(languages)) < len(languages):
            raise ValueError("recording_languages holds two dialects of one language")
        if "en-US" not in self.recording_languages:
            raise ValueError("recording_languages lacks en-US, which the word lists are in")
        return self

    @model_validator(mode="after")
    def _redact_what_can_be_found(self) -> "LanguageChainSettings":
        if self.redact and self.target_language not in PERSONAL_DATA_LANGUAGES:
            raise ValueError(
                f"redact=true needs target_language={' or '.join(PERSONAL_DATA_LANGUAGES)}:"
                f" Comprehend detects no personal data in {self.target_language}, and results would"
                " be stored as they are"
            )
        return self

    @property
    def parts_lost_at_most(self) -> int:
        """The percentage of a document's parts that may fail."""
        return 0 if self.redact else self.tolerated_percent


LANGUAGE_CHAIN = SettingsGroup(
    "language_chain",
    # The demo shows speech, collections and the Distributed Map.
    local=LanguageChainSettings(speak="recordings", collections=True, distribute_above=20),
    # Translate and Comprehend bill characters: a document of 20 MiB would cost hundreds of dollars.
    sandbox=LanguageChainSettings(most_mebibytes=1, budget_usd=15),
    production=LanguageChainSettings(),
)
