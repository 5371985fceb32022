"""A synth says when idle cost passes a budget, and goes through all the same."""

import subprocess
from pathlib import Path

import pytest

from repository import ROOT
from stacks.catalogue import ARCHITECTURES
from tests.conftest import Templates
from tools.costs import budget, prices


def _synth(tmp_path: Path, *settings: str) -> subprocess.CompletedProcess[str]:
    given = [part for each in settings for part in ("-c", each)]
    return subprocess.run(
        ["cdk", "synth", "--quiet", "--no-staging", "--output", str(tmp_path / "out"), *given],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={
            "PATH": f"{ROOT}/.venv/bin:{ROOT}/node_modules/.bin:/usr/bin:/bin",
            "HOME": str(tmp_path), "CDK_DISABLE_CLI_TELEMETRY": "true",
        },
    )  # fmt: skip


def test_a_synth_over_budget_warns_in_one_sentence_and_succeeds(tmp_path: Path) -> None:
    done = _synth(tmp_path, "streaming_lake.shards=5", "ml_network.budget_usd=60")
    assert done.returncode == 0, done.stderr
    (warning,) = [each for each in done.stderr.splitlines() if each.startswith("Warning")]
    assert warning == (
        "Warning: streaming-lake (StreamingLake) costs 59.35 USD a month while idle (list prices of"
        " 2025-08-28 to 2025-12-03), more than its budget of 25 USD; most of it is hours of the"
        " stream's shards, 54.75 USD at StreamingLake/Ingestion/Events: change -c"
        " streaming_lake.shards, or raise -c streaming_lake.budget_usd."
    )


@pytest.mark.parametrize("environment", ["local", "sandbox", "production"])
def test_environments_are_within_their_own_budgets(synthesise: Templates, environment: str) -> None:
    assert list(budget.warnings(synthesise(environment))) == []


def test_every_architecture_can_have_a_budget(synthesise: Templates) -> None:
    tight = [(manifest.budget, "1") for manifest in ARCHITECTURES.values()]
    said = list(budget.warnings(synthesise("sandbox", *tight, ("name_prefix", "Blue-"))))
    assert sorted(each.split()[1] for each in said) == sorted(ARCHITECTURES)


def test_a_price_that_is_missing_is_said_and_stops_nothing(
    synthesise: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates = synthesise("sandbox")
    without = {key: each for key, each in prices.sheet().items() if key != "kinesis_shard_hour"}
    monkeypatch.setattr("tools.costs.prices.sheet", lambda: without)
    (said,) = budget.warnings(templates)
    assert said.startswith(
        "Warning: StreamingLake was not compared to its budget. tools/costs/prices.csv"
    )
