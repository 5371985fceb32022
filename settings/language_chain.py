"""What a user of the language chain may want to change."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from settings.types import STRICT, BudgetUsd, Listed

Format = Literal["text", "markdown", "html", "json_lines"]
# A neural voice for each language that texts are translated to.
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
    """What a user of the language chain may want to change."""

    # What everything is translated to: Comprehend must know it. PII is found in en and es alone.
    target_language: Literal[
        "en", "es", "fr", "de", "it", "pt", "ar", "hi", "ja", "ko", "zh", "zh-TW"
    ] = "en"
    formats: Annotated[tuple[Format, ...], Listed, Field(min_length=1)] = (
        "text",
        "markdown",
        "html",
        "json_lines",
    )
    # Where the text of a JSON line stands.
    json_lines_field: Annotated[str, Field(pattern=r"^\w+$")] = "text"
    # A larger text is refused with a reason. The numbers of its parts must fit into a state (256
    # KiB), and its pieces into a function's five minutes.
    most_mebibytes: Annotated[int, Field(ge=1, le=30)] = 20
    # The bound of the whole chain: so many documents at a time, so many parts of each, so many
    # calls of Translate and Comprehend at once. A document has one function running at most, and
    # the intake two: five documents leave a new account's ten some room.
    documents_at_once: Annotated[int, Field(ge=1, le=500)] = 5
    parts_at_a_time: Annotated[int, Field(ge=1, le=40)] = 4
    # What the account may call each of their APIs a second. 20 is Comprehend's and Translate's
    # default; raise it when the quota is raised.
    calls_a_second: Annotated[int, Field(ge=1, le=10_000)] = 20
    # Above so many parts, a document's parts are worked on by a Distributed Map: an execution's
    # history holds 25,000 events, and a part takes seven.
    distribute_above: Annotated[int, Field(ge=1, le=1000)] = 200
    # More failed parts than that fail the document; fewer are named in its result.
    tolerated_percent: Annotated[int, Field(ge=0, le=100)] = 5
    # How long a recording may take, and a collection.
    transcription_hours: Annotated[int, Field(ge=1, le=20)] = 4
    collection_hours: Annotated[int, Field(ge=1, le=160)] = 24
    # What Polly reads aloud.
    speak: Literal["nothing", "recordings", "everything"] = "nothing"
    # The word lists of `models/language/`, and who keeps them: CloudFormation's own types for them
    # exist in us-east-1, us-west-2, eu-central-1 and ap-south-1, the custom resource everywhere.
    terminology: bool = False
    vocabulary: bool = False
    vocabulary_filter: bool = False
    lexicon: bool = False
    word_lists_by: Literal["custom_resource", "cloudformation"] = "custom_resource"
    # A workflow for whole prefixes: one asynchronous job of Translate, without analysis.
    collections: bool = False
    # Put a word for its kind in the place of every span of personal data, before anything is
    # stored among the results; the parts below `work/` are deleted after `work_days`.
    redact: bool = False
    # How long the status of a document can be asked for, and its parts are kept.
    status_days: Annotated[int, Field(ge=1, le=3650)] = 90
    work_days: Annotated[int, Field(ge=1, le=365)] = 7
    query_limit_mebibytes: Annotated[int, Field(ge=10, le=10_000_000)] = 10_240
    budget_usd: BudgetUsd = None

    @model_validator(mode="after")
    def _stay_below_the_quota(self) -> "LanguageChainSettings":
        # A part asks one API after the other, so each is asked at most so often at once.
        at_once = self.documents_at_once * self.parts_at_a_time
        if at_once > self.calls_a_second:
            raise ValueError(
                f"documents_at_once times parts_at_a_time is {at_once}, more than the"
                f" {self.calls_a_second} calls a second that the account has"
            )
        return self
