"""What a user of the language chain may want to change."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from settings.types import STRICT, BudgetUsd


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LanguageChainSettings:
    """What a user of the language chain may want to change."""

    # What everything is translated to: Comprehend must know it. PII is found in en and es alone.
    target_language: Literal[
        "en", "es", "fr", "de", "it", "pt", "ar", "hi", "ja", "ko", "zh", "zh-TW"
    ] = "en"
    # How many parts of one document are worked on at a time.
    parts_at_a_time: Annotated[int, Field(ge=1, le=40)] = 4
    # Put a word for its kind in the place of every span of personal data in the stored text. The
    # offsets stay those of the text before, and entities and key phrases keep their words.
    redact: bool = False
    # How long the status of a document can be asked for, and its parts are kept.
    status_days: Annotated[int, Field(ge=1, le=3650)] = 90
    work_days: Annotated[int, Field(ge=1, le=365)] = 7
    query_limit_mebibytes: Annotated[int, Field(ge=10, le=10_000_000)] = 10_240
    budget_usd: BudgetUsd = None
