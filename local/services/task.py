"""A task of a workflow: its arguments, the stand-in that answers it, and how it fails."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

Arguments = dict[str, Any]
StandIn = Callable[[Arguments], Any]
"""Answers one API action. Raises TaskError."""
Table = dict[str, StandIn]
"""`service:action` as in the ARN of the integration -> its stand-in."""

CALLER: ContextVar[str] = ContextVar("caller")
"""ARN of the role that the task in hand runs under: some services act with its rights."""


class TaskError(Exception):
    """The error of a task, as Step Functions reports it to the workflow."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error, self.cause = error, cause
