"""What the key of an object of the raw log says: its hour of arrival, and its first moment."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

# <stream>-<version>-<yyyy-MM-dd-HH-mm-ss>-<uuid><extension>, in UTC, as Firehose names objects:
# https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html (read 2026-11-29). The name of
# a stream may hold digits and hyphens, too: the last moment counts.
_NAME = re.compile(
    r"[A-Za-z0-9_.-]+-(?P<moment>\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)-[0-9A-Za-z-]+(\.[A-Za-z0-9.]+)?"
)
_HOUR, _MOMENT = "%Y-%m-%d-%H", "%Y-%m-%d-%H-%M-%S"


class NotRawError(ValueError):
    """A key that no object of the raw log has."""


@dataclass(frozen=True, slots=True)
class RawObject:
    """An object of the raw log; `moment` is that of its name, in UTC, to the second."""

    hour: str
    name: str
    moment: datetime

    @classmethod
    def of(cls, key: object, prefix: str) -> Self:
        """Read a key below `prefix`. Raises NotRawError, which says what a key looks like."""
        text = key if isinstance(key, str) else ""
        folder, _, name = text.removeprefix(prefix).partition("/")
        match = _NAME.fullmatch(name)
        hour = folder.removeprefix("arrival_hour=")
        if text.startswith(f"{prefix}arrival_hour=") and match:
            try:
                datetime.strptime(hour, _HOUR)  # noqa: DTZ007 -- only whether it is one
                moment = datetime.strptime(match["moment"], _MOMENT)  # noqa: DTZ007 -- UTC
            except ValueError:
                pass
            else:
                return cls(hour, name, moment)
        raise NotRawError(
            f"{key!r} is no key of the raw log. One looks like {prefix}arrival_hour=2026-11-20-05/"
            "<stream>-1-2026-11-20-05-59-58-<id>.gz: list them with aws s3 ls --recursive."
        )

    def arrived_at(self, position: int) -> str:
        """The moment that the line at `position`, from 0, is said to have arrived.

        The log holds no moments of single records. Its own is the object's, which is not after the
        arrival of its first record as far as is known (of a prefix, the guide says so; of the name,
        not), and a microsecond a line keeps the order of the lines.
        """
        moment = self.moment + timedelta(microseconds=position)
        return moment.isoformat(timespec="microseconds") + "Z"

    def key_below(self, prefix: str, extension: str) -> str:
        """The key of what comes out of it: the same for every replay of it."""
        return f"{prefix}arrival_hour={self.hour}/{self.name.removesuffix('.gz')}{extension}"
