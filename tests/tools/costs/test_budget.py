"""A synthesis warns when idle cost exceeds a budget, and succeeds all the same."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from repository import ROOT
from stacks.catalogue import ARCHITECTURES, ENVIRONMENTS
from tests.tools.conftest import Assemblies
from tools.assembly import architecture_of
from tools.costs import budget, prices
from tools.costs.idle import monthly
from tools.costs.lines import total


def _synth(tmp_path: Path, *settings: str) -> subprocess.CompletedProcess[str]:
    # With the caches and the proxy, without an account or a Region.
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))
    }
    context = [argument for setting in settings for argument in ("-c", setting)]
    return subprocess.run(
        ["cdk", "synth", "--quiet", "--no-staging", "--output", str(tmp_path / "out"), *context],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**inherited, "HOME": str(tmp_path), "CDK_DISABLE_CLI_TELEMETRY": "true"},
    )  # fmt: skip


def test_a_synth_over_budget_warns_in_one_sentence_and_succeeds(tmp_path: Path) -> None:
    process = _synth(tmp_path, "arch=streaming-lake", "streaming_lake.shards=5")
    assert process.returncode == 0, process.stderr
    warnings = [line for line in process.stderr.splitlines() if line.startswith("Warning")]
    (warning,) = (line for line in warnings if "budget" in line)
    assert re.fullmatch(
        r"Warning: streaming-lake \(StreamingLake\) costs \d+\.\d\d USD a month while idle \(list"
        r" prices of [\d-]+ to [\d-]+\), more than its budget of 25 USD\. The largest item is hours"
        r" of the stream's shards, \d+\.\d\d USD at StreamingLake/Ingestion/Events: change -c"
        r" streaming_lake\.shards, or raise -c streaming_lake\.budget_usd\.",
        warning,
    )


@pytest.mark.parametrize("environment", ["local", "sandbox", "production"])
def test_environments_are_within_their_own_budgets(assemble: Assemblies, environment: str) -> None:
    assert list(budget.warnings(assemble(environment).templates)) == []


@pytest.mark.parametrize("environment", ["local", "sandbox", "production"])
def test_a_budget_notices_a_month_that_costs_twice_as_much(
    assemble: Assemblies, environment: str
) -> None:
    assembly = assemble(environment)
    lines = monthly(assembly)
    for name, manifest in ARCHITECTURES.items():
        group, _, setting = manifest.budget.partition(".")
        limit = getattr(ENVIRONMENTS[environment].groups[group], setting)
        idle = total(line for line in lines if architecture_of(line.stack) == name)
        assert limit is None or limit <= 2 * idle, name


def test_every_architecture_can_have_a_budget(assemble: Assemblies) -> None:
    low = [(manifest.budget, "1") for manifest in ARCHITECTURES.values()]
    expensive = assemble("sandbox", *low, ("name_prefix", "Blue-"))
    sentences = list(budget.warnings(expensive.templates))
    assert sorted(sentence.split()[1] for sentence in sentences) == sorted(ARCHITECTURES)


def test_a_missing_price_is_a_warning(
    assemble: Assemblies, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates = assemble("sandbox").templates
    sheet = {key: row for key, row in prices.sheet().items() if key != "kinesis_shard_hour"}
    monkeypatch.setattr("tools.costs.prices.sheet", lambda: sheet)
    (sentence,) = budget.warnings(templates)
    assert sentence.startswith(
        "Warning: StreamingLake was not compared with its budget. tools/costs/prices.csv"
    )
