"""The quotas of Translate and Comprehend: no second, wherever it begins, has more calls."""

import time

import pytest

from local.services.quotas import Quotas
from local.services.task import TaskError


def test_a_sliding_second_holds_no_more_calls_than_the_quota(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    limits = Quotas()
    limits.configure(calls_a_second=2)
    ask = limits.limit({"comprehend:detectSentiment": lambda _: {}})["comprehend:detectSentiment"]
    # Those of 1.0 and 1.8 are in one second with the first two, though in another of the clock.
    for clock, refused in (  # noqa: B007 -- the clock's time
        *((0.9, False), (0.95, False), (1.0, True), (1.8, True)),
        *((1.901, False), (1.951, False), (1.96, True)),
    ):
        if refused:
            with pytest.raises(TaskError, match="Rate exceeded"):
                ask({})
        else:
            ask({})
    counted = limits.configure()
    assert counted["throttled"] == 3
    assert len(counted["calls"]["detectSentiment"]) == 7
