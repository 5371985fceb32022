"""Settings are varied by a real synthesis, and the largest change comes first."""

import pytest

from stacks.catalogue import ARCHITECTURES, setting_names
from tests.tools.conftest import Assemblies
from tools import assembly
from tools.costs import sensitivity
from tools.costs.architectures import costs_of
from tools.costs.idle import monthly
from tools.costs.lines import total
from tools.costs.prices import price


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_candidates_and_months_name_what_exists(assemble: Assemblies, architecture: str) -> None:
    costs = costs_of(architecture)
    for candidate in costs.candidates:
        assert set(dict(candidate.settings)) <= set(setting_names())
    for rule in costs.changed_by:
        assert rule.setting in setting_names()
    if costs.month:
        units = {unit.name for unit in costs.units(assemble("sandbox").of(architecture))}
        assert set(costs.month.units) <= units
        assert set(costs.month.replaces) <= {rule.setting for rule in costs.changed_by}


def test_the_largest_change_comes_first() -> None:
    changes = sensitivity.ranked(["streaming-lake"])["streaming-lake"]
    sizes = [abs(change.usd) for change in changes]
    assert sizes == sorted(sizes, reverse=True)
    usd = {str(change.candidate): change.usd for change in changes}
    # Four workers instead of ten, for three minutes each hour.
    saved = 730 * 6 * 3 / 60 * price("glue_dpu_hour").usd
    assert usd["streaming_lake.curate_max_workers=4"] == pytest.approx(-saved)


def test_pricing_a_candidate_synthesises_its_architecture_only(
    monkeypatch: pytest.MonkeyPatch, assemble: Assemblies
) -> None:
    chosen = []

    def recorded(environment: str, *_: object, **options: object) -> assembly.Assembly:
        chosen.append(options["only"])
        return assemble(environment)

    monkeypatch.setattr(sensitivity, "synthesise", recorded)
    sensitivity.ranked(["language-chain"])
    assert chosen == [["language-chain"]] * (1 + len(costs_of("language-chain").candidates))


def test_a_scheduled_run_is_not_counted_twice(assemble: Assemblies) -> None:
    production = assemble("production")
    lines = monthly(production.of("streaming-lake"))
    scheduled = [line for line in lines if line.price.key == "glue_dpu_hour"]
    assert scheduled
    month = sensitivity.month("streaming-lake", production)
    assert month.idle_usd == pytest.approx(total(lines) - total(scheduled))
