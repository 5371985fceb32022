"""What a check of an account found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

Clients = Callable[[str], Any]
"""Service name -> boto3 client."""


@dataclass(frozen=True)
class Finding:
    """One line of `make doctor`."""

    subject: str
    detail: str
    advice: str = ""
    """What to type or do; empty if nothing is wrong."""

    @property
    def right(self) -> bool:
        """Whether nothing is to be done."""
        return not self.advice


def unreadable(subject: str, error: ClientError | BotoCoreError, action: str) -> Finding:
    """The finding of a check whose call was refused."""
    reason = error.response["Error"]["Code"] if isinstance(error, ClientError) else str(error)
    return Finding(subject, f"not checked: {reason}", f"allow {action} to your role, or check it")
