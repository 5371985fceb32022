"""The expressions in a Firehose prefix, as far as the delivery streams use them.

Evaluates `timestamp` and `firehose:error-output-type`; refuses any other.
"""

import re
from datetime import datetime

# Java's date letters, which Firehose uses, beside Python's.
_JAVA = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_EXPRESSION = re.compile(r"!\{(?P<space>[A-Za-z]+):(?P<value>[^}]+)\}")


def evaluate(prefix: str, arrived: datetime, error_type: str = "") -> str:
    """The prefix of one object: `!{timestamp:…}` is the first record's arrival, in UTC.

    Raises ValueError for an expression that is not supported.
    """

    def expand(match: re.Match[str]) -> str:
        space, value = match["space"], match["value"]
        if space == "timestamp":
            return arrived.strftime(re.sub(r"[A-Za-z]+", lambda word: _JAVA[word[0]], value))
        if (space, value) == ("firehose", "error-output-type") and error_type:
            return error_type
        raise ValueError(f"the prefix {prefix!r} holds {match[0]}, which is not supported")

    return _EXPRESSION.sub(expand, prefix)
