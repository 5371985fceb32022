"""The estimates of a document agree with what the benchmark counted."""

import pytest

from tools.bench import figures
from tools.costs.architectures import language_chain


@pytest.mark.parametrize("kilobytes", [2, 200])
def test_documents_take_and_cost_what_the_benchmark_counted(kilobytes: int) -> None:
    measured = figures.read()
    work = language_chain.estimated(kilobytes * 1000)
    assert work.transitions == measured[f"document-{kilobytes}kb-transitions"].value
    charges = language_chain.orchestration(work, 1000, 1769 / 1024, "lambda_arm64_gb_second")
    usd = measured[f"documents-{kilobytes}kb-usd"].value
    assert language_chain.usd(charges) == pytest.approx(usd, abs=0.005)
