"""The rules of data quality, read from the text that Glue Data Quality takes as well (DQDL).

Each rule becomes a number that Spark computes over the rows, and what it must be, so that one pass
over the rows answers all of them. What is understood is the part of DQDL that `data_quality.dqdl`
uses; every other rule is refused with its text. The meaning is Glue's:

- `between` excludes its bounds, and `matches` is about the whole value;
- a null breaks `ColumnValues`, unless `where` leaves its row out;
- `where` holds a condition in Spark's SQL; a row for which it is null is left out.

docs.aws.amazon.com/glue/latest/dg/dqdl.html with its pages on `ColumnValues` and `RowCount`, and
ColumnValuesRule.scala of awslabs/deequ, which evaluates the same language (read 2026-11-29).
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

import schemas

_NUMBER = r"-?\d+(?:\.\d+)?"
_COLUMN = r'"(?P<column>\w+)"'
_COMPARISON = rf"(?P<sign><=|>=|!=|=|<|>)\s*(?P<limit>{_NUMBER})"
_WHERE = r'(?:\s+where\s+"(?P<where>[^"]+)")?'
# One aggregate over all rows, as any other rule is: no second pass, no join, no filter.
_STATEMENT = r"select (?P<aggregate>(?:(?! from | where )[^\"])+) from primary"
_UNDERSTOOD = (
    "It understands RowCount, IsComplete, ColumnValues with `matches` or `between`, each with"
    " `where`, and CustomSql of one aggregate over `primary`, without a condition."
)
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class RuleError(ValueError):
    """A text that is no rule set, or a rule that cannot be evaluated."""


@dataclass(frozen=True)
class Rule:
    """A number over the rows, what it must be, and the rows that break the rule by themselves."""

    text: str
    """As it stands in the rule set."""
    measure: str
    """An aggregate expression of Spark's SQL."""
    sign: str
    limit: float
    offence: str | None = None
    """A condition that holds for each row that is wrong; None if no single row is."""

    def holds(self, measured: float | None) -> bool:
        """Whether the rule holds for a measured number; without a number it does not."""
        return measured is not None and _SIGNS[self.sign](measured, self.limit)


def parse(text: str) -> list[Rule]:
    """The rules of a DQDL text, in its order. Raises RuleError for what cannot be evaluated."""
    document = re.fullmatch(r"\s*Rules\s*=\s*\[(?P<rules>.*)\]\s*", text, re.DOTALL)
    if document is None:
        raise RuleError("The rule set is no list of rules: it must read `Rules = [ ... ]`.")
    texts = re.findall(r'(?:[^",]|"[^"]*")+', document["rules"])
    return [_rule(" ".join(part.split())) for part in texts]


def _rule(text: str) -> Rule:
    for pattern, read in _KINDS.items():
        if match := re.fullmatch(pattern, text):
            return read(match)
    raise RuleError(f"The job cannot evaluate this rule: {text}\n{_UNDERSTOOD}")


def _row_count(match: re.Match[str]) -> Rule:
    condition, forbidden = match["where"], (match["sign"], float(match["limit"])) == ("=", 0)
    return Rule(
        text=match[0],
        measure=f"count_if({condition})" if condition else "count(*)",
        sign=match["sign"],
        limit=float(match["limit"]),
        offence=condition if forbidden else None,
    )


def _is_complete(match: re.Match[str]) -> Rule:
    return _of_each_row(match, f"{_column(match)} IS NOT NULL")


def _matches(match: re.Match[str]) -> Rule:
    escaped = match["pattern"].replace("\\", "\\\\").replace("'", "\\'")
    return _of_each_row(match, rf"{_column(match)} RLIKE '\\A(?:{escaped})\\z'")


def _between(match: re.Match[str]) -> Rule:
    column = _column(match)
    return _of_each_row(match, f"{column} > {match['low']} AND {column} < {match['high']}")


def _custom_sql(match: re.Match[str]) -> Rule:
    return Rule(match[0], match["aggregate"], match["sign"], float(match["limit"]))


def _of_each_row(match: re.Match[str], condition: str) -> Rule:
    # A condition that is null, as most are of a null, does not hold.
    offence = f"NOT coalesce({condition}, false)"
    if match["where"]:
        offence = f"({match['where']}) AND {offence}"
    return Rule(match[0], f"count_if({offence})", "=", 0, offence)


def _column(match: re.Match[str]) -> str:
    column = match["column"]
    columns = [column.name for column in schemas.columns("curated_flight")]
    if column not in columns:
        raise RuleError(
            f'No curated flight has a column "{column}": {match[0]}\n'
            f"Its columns: {', '.join(columns)}"
        )
    return column


_KINDS: dict[str, Callable[[re.Match[str]], Rule]] = {
    rf"RowCount\s*{_COMPARISON}{_WHERE}": _row_count,
    rf"IsComplete\s*{_COLUMN}{_WHERE}": _is_complete,
    rf'ColumnValues\s*{_COLUMN}\s*matches\s*"(?P<pattern>[^"]+)"{_WHERE}': _matches,
    (
        rf"ColumnValues\s*{_COLUMN}\s*between\s+(?P<low>{_NUMBER})\s+and\s+(?P<high>{_NUMBER})"
        rf"{_WHERE}"
    ): _between,
    rf'CustomSql\s*"{_STATEMENT}"\s*{_COMPARISON}': _custom_sql,
}
