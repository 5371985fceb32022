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
    """Concurrent executions, at most 500: their names are one set of a DynamoDB item. Each document
    uses one function at a time and intake uses two, so 5 fits a new account's Lambda concurrency of
    10."""
    parts_at_a_time: Annotated[int, Field(ge=1, le=40)] = 4
    """Concurrent parts per document, one API call per part. An inline Map runs at most 40."""
    calls_a_second: Annotated[int, Field(ge=1, le=10_000)] = 20
    """Requests per second that the account's quotas allow for each Comprehend and Translate API, up
    to 10,000. 20 is the default quota; raise both together."""
    distribute_above: Annotated[int, Field(ge=1, le=1000)] = 200
    """Documents with more parts use a Distributed Map, at most 1,000: an execution's history holds
    25,000 events, and a part takes seven."""
    tolerated_percent: Annotated[int, Field(ge=0, le=100)] = 5
    """Share of failed parts that fails the whole document; a result names parts that failed below
    it."""
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
    """Replace each span of personal data by its type before results are stored, in en and es. The
    parts below `work/` are deleted after `work_days`, and their bytes a day later."""
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
    def _stay_below_the_quota(self) -> "LanguageChainSettings":
        # A part calls one API after the other, so at most one call per part runs at once.
        at_once = self.documents_at_once * self.parts_at_a_time
        if at_once > self.calls_a_second:
            raise ValueError(
                f"documents_at_once times parts_at_a_time is {at_once}, more than the"
                f" {self.calls_a_second} calls a second that the account has"
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


LANGUAGE_CHAIN = SettingsGroup(
    "language_chain",
    # The demo shows speech, collections and the Distributed Map.
    local=LanguageChainSettings(speak="recordings", collections=True, distribute_above=20),
    # Translate and Comprehend bill characters: a document of 20 MiB would cost hundreds of dollars.
    sandbox=LanguageChainSettings(most_mebibytes=1, budget_usd=15),
    production=LanguageChainSettings(),
)
