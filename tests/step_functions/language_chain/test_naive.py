"""The naive workflow of the page fails as the page says, against the services' limits."""

from typing import Any, cast

import pytest

from local.services.comprehend import detection
from local.services.quotas import Quotas
from local.services.task import TaskError
from local.services.translate import text_translation
from repository import ROOT
from tests.step_functions.conftest import Bench
from tests.step_functions.scripted_aws import Answers, Calls, Run, Throw

_DEFINITION = ROOT / "docs" / "naive" / "language_chain.asl.json"
_UPLOAD = {"bucket": "the-inbox", "key": "letter.txt"}


class _Services:
    """The services' stand-ins behind the tasks of the workflow."""

    def __init__(self, quotas: Quotas) -> None:
        # No text that they refuse reaches an engine.
        engine = cast("Any", None)
        self._table = text_translation.table(quotas) | detection.table(quotas, engine)

    def answer(self, name: str) -> Any:
        """What the script answers for `service:action`."""

        def answered(calls: Calls) -> Any:
            _, request = calls[-1]
            try:
                return self._table[name](request)
            except TaskError as error:
                return Throw(error.error, error.cause)

        return answered


def _run(bench: Bench, text: str, quotas: Quotas) -> Run:
    services = _Services(quotas)
    answers: Answers = {
        "Read": {"Body": text},
        "Translate": services.answer("translate:translateText"),
        "Detect the sentiment": services.answer("comprehend:detectSentiment"),
        "Detect entities": {"Entities": []},
        "Keep the result": {},
    }
    return bench.run_definition(_DEFINITION, _UPLOAD, answers)


def test_a_short_text_comes_through(bench: Bench) -> None:
    assert _run(bench, "Guten Tag. " * 180, Quotas()).status == "SUCCEEDED"


@pytest.mark.parametrize(
    ("size_bytes", "state", "error"),
    [
        (6_000, "Detect the sentiment", "Comprehend.TextSizeLimitExceededException"),
        (12_000, "Translate", "Translate.TextSizeLimitExceededException"),
        (300_000, "Read", "States.DataLimitExceeded"),
    ],
)
def test_a_longer_text_is_lost(bench: Bench, size_bytes: int, state: str, error: str) -> None:
    run = _run(bench, "a" * size_bytes, Quotas())
    assert (run.status, run.states[-1], run.error) == ("FAILED", state, error)


def test_a_call_above_the_quota_loses_the_document(bench: Bench) -> None:
    quotas = Quotas()
    quotas.configure(throttle_every=1)
    run = _run(bench, "Guten Tag.", quotas)
    assert (run.status, run.error) == ("FAILED", "Translate.TooManyRequestsException")
    assert run.called("Translate") == 1
