"""How often a schedule runs: EventBridge's and Glue's `cron(...)` and `rate(...)`."""

import calendar
import re
from datetime import date, timedelta

from tools.costs.prices import PriceError

# A year of 365 days that begins on a Monday. A month is a twelfth of it: 730 hours.
_FIRST_DAY = date(2029, 1, 1)
HOURS_A_MONTH = 730
_MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}
_MONTHS = {name.upper(): n for n, name in enumerate(calendar.month_abbr) if name}
# AWS counts from Sunday, and from 1.
_DAYS = {name: n for n, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}


def runs_a_month(schedule: str) -> float:
    """Mean number of runs in a month. Raises PriceError for an unsupported expression."""
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", schedule):
        return HOURS_A_MONTH * 60 / (int(rate[1]) * _MINUTES[rate[2]])
    cron = re.fullmatch(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) \S+\)", schedule)
    if not cron:
        raise PriceError(
            f"{schedule}: write cron(minutes hours day month weekday year) or rate(...)"
        )
    a_day = len(_values(cron[1], 0, 59, schedule)) * len(_values(cron[2], 0, 23, schedule))
    days = _values(cron[3], 1, 31, schedule)
    months = _values(cron[4], 1, 12, schedule, _MONTHS)
    weekdays = _values(cron[5], 1, 7, schedule, _DAYS)
    year = [_FIRST_DAY + timedelta(days=n) for n in range(365)]
    run_days = [
        day
        for day in year
        if day.day in days and day.month in months and day.isoweekday() % 7 + 1 in weekdays
    ]
    return a_day * len(run_days) / 12


def _values(
    field: str, low: int, high: int, schedule: str, names: dict[str, int] | None = None
) -> set[int]:
    values: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        try:
            start = low if first in "*?" else _number(first, names or {})
            end = _number(last, names or {}) if last else (high if first in "*?" or step else start)
            values |= set(range(start, end + 1, int(step or 1)))
        except ValueError:
            raise PriceError(
                f"{schedule}: tools/costs/schedules.py does not support {part!r}."
            ) from None
    return values


def _number(text: str, names: dict[str, int]) -> int:
    return names.get(text.upper()) or int(text)
