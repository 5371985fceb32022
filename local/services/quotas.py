"""Calls a second of Translate and Comprehend, and failures on demand.

How the services count is not documented: whether a second begins with the clock, with the first
call, or slides, and whether calls that were saved up may come at once. Here it slides, which none
of the others exceeds: no call succeeds if as many as the quota have in the second before it.
"""

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from local.services.contract import door
from local.services.contract.errors import error_name
from local.services.contract.operations import operation_of
from local.services.task import Arguments, StandIn, Table, TaskError

_CALLS_A_SECOND = 20
_REMEMBERED = 10_000
# The code of each service for too many calls; Comprehend's is in no model.
_THROTTLED = {"comprehend": "ThrottlingException", "translate": "TooManyRequestsException"}


def _failure(name: str, code: str, message: str) -> TaskError:
    """The error of `service:action`, as a workflow gets it."""
    operation = operation_of(f"arn:aws:states:::aws-sdk:{name}")
    if operation is None:
        raise ValueError(f"{name} is no operation")
    return TaskError(error_name(operation, code), door.cause(operation, code, message))


class Quotas:
    """Throttles each API action above 20 calls a second, and more if configured to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._throttle_every = 0
        self._failing: Mapping[str, str] = {}
        self._recent: dict[str, deque[float]] = {}
        self._calls_a_second = _CALLS_A_SECOND
        self._tried: dict[str, deque[float]] = {}
        self._calls = 0
        self._throttled = 0

    def configure(
        self,
        throttle_every: int = 0,
        failing: Mapping[str, str] | None = None,
        calls_a_second: int = _CALLS_A_SECOND,
    ) -> dict[str, Any]:
        """Throttle each `throttle_every`th call, and fail actions: `failing` maps them to an error.

        Without arguments, only the documented quota applies. Returns how many calls were throttled,
        and of each action when it was called since the last configuration, in seconds.
        """
        with self._lock:
            self._throttle_every, self._failing = throttle_every, failing or {}
            self._calls_a_second = calls_a_second
            calls, self._tried = self._tried, {}
            times = {action: list(seconds) for action, seconds in calls.items()}
            return {"throttled": self._throttled, "calls": times}

    def limit(self, table: Table) -> Table:
        """The same stand-ins, within the quotas."""
        return {name: self._limited(name, stand_in) for name, stand_in in table.items()}

    def _limited(self, name: str, stand_in: StandIn) -> StandIn:
        def limited(arguments: Arguments) -> Any:
            self._count(name)
            return stand_in(arguments)

        return limited

    def _count(self, name: str) -> None:
        """Raise the service's error if a call is to fail or exceeds the quota."""
        service, action = name.split(":")
        if action in self._failing:
            raise _failure(name, self._failing[action], "configured to fail")
        if self._exceeded(action):
            raise _failure(name, _THROTTLED[service], "Rate exceeded")

    def _exceeded(self, action: str) -> bool:
        with self._lock:
            self._calls += 1
            recent, now = self._recent.setdefault(action, deque()), time.monotonic()
            self._tried.setdefault(action, deque(maxlen=_REMEMBERED)).append(now)
            while recent and now - recent[0] > 1:
                recent.popleft()
            throttled = self._throttle_every and self._calls % self._throttle_every == 0
            if throttled or len(recent) >= self._calls_a_second:
                self._throttled += 1
                return True
            recent.append(now)
            return False
