"""The sentiment of an English text, by VADER.

VADER judges a clause between -1 and 1. That much of it is positive or negative, and half
of the rest neutral; what is positive and what is negative cancel each other to mixed. Every class
has a little, since a word list does not know everything.
"""

import re
from functools import cache
from typing import Any

Scores = dict[str, float]

# VADER lets what follows a "but" outweigh what precedes it, where Comprehend's class is mixed.
_CLAUSE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|\n+|\bbut\b")
_DOUBT = 0.05
# Of a text in a language that VADER does not know: nearly as much for one class as for another.
UNKNOWN: Scores = {"Positive": 0.24, "Negative": 0.24, "Neutral": 0.28, "Mixed": 0.24}


def sentiment(text: str) -> Scores:
    """The confidence in each class of Comprehend; they sum to 1."""
    positive = negative = neutral = 0.0
    clauses = [clause for clause in _CLAUSE_END.split(text) if clause.strip()]
    for clause in clauses:
        compound = _analyzer().polarity_scores(clause)["compound"]
        positive += max(0.0, compound)
        negative += max(0.0, -compound)
        neutral += (1 - abs(compound)) / 2
    balanced = min(positive, negative)
    weights = {
        "Positive": positive - balanced,
        "Negative": negative - balanced,
        "Neutral": neutral,
        "Mixed": 2 * balanced,
    }
    doubt = _DOUBT * max(1, len(clauses))
    total = sum(weights.values()) + 4 * doubt
    return {name: (weight + doubt) / total for name, weight in weights.items()}


@cache
def _analyzer() -> Any:
    # Installed where an architecture uses Comprehend.
    from vaderSentiment import vaderSentiment  # noqa: PLC0415

    return vaderSentiment.SentimentIntensityAnalyzer()
