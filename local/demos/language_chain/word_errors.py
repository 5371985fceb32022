"""How far a transcript is from the text that was spoken."""

import re


def words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return re.findall(r"[\w'’]+", text.lower())


def word_error_rate(spoken: str, heard: str) -> float:
    """Words that were inserted, left out or replaced, for each word that was spoken.

    The fewest that turn one text into the other: Levenshtein's distance of their words.
    """
    expected, actual = words(spoken), words(heard)
    distances = list(range(len(actual) + 1))
    for row, expected_word in enumerate(expected, 1):
        previous, distances = distances, [row]
        for column, actual_word in enumerate(actual, 1):
            replaced = previous[column - 1] + (expected_word != actual_word)
            distances.append(min(replaced, previous[column] + 1, distances[-1] + 1))
    return distances[-1] / len(expected)
