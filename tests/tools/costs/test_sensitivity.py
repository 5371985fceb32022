"""Settings are varied by a real synth, and the largest change comes first."""

import pytest

from stacks.catalogue import setting_names
from tests.conftest import Templates
from tools.costs import sensitivity
from tools.costs.work import units


@pytest.mark.parametrize("architecture", list(sensitivity.CANDIDATES))
def test_candidates_and_months_name_what_exists(synthesise: Templates, architecture: str) -> None:
    from tools.costs.architectures import only

    for candidate in sensitivity.CANDIDATES[architecture]:
        assert set(candidate.settings) <= set(setting_names())
    names = {each.name for each in units(architecture, only(synthesise("sandbox"), architecture))}
    assert set(sensitivity.MONTH_OF_USE[architecture]) <= names
    assert len(sensitivity.CANDIDATES[architecture]) >= 3


def test_the_dearest_setting_comes_first() -> None:
    changes = sensitivity.ranked("streaming-lake")
    sizes = [abs(each.usd) for each in changes]
    assert sizes == sorted(sizes, reverse=True)
    by_name = {str(each.candidate): each.usd for each in changes}
    # Four workers instead of ten, for three minutes each hour.
    assert by_name["streaming_lake.curate_max_workers=4"] == pytest.approx(-730 * 6 * 3 / 60 * 0.44)


def test_a_run_by_schedule_is_not_counted_twice(synthesise: Templates) -> None:
    month = sensitivity.month("streaming-lake", synthesise("production"))
    # The stream, a crawl a day, dashboard, key and alarms, but no hourly runs that find nothing.
    assert month.idle_usd == pytest.approx(48.97 - 10.71, abs=0.01)
