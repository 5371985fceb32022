"""Settings of the platform that no AWS service would refuse, and that make no sense."""

import pytest

from stacks.catalogue import environment_from
from stacks.environments import SettingsError

SHARES = (
    "ml_training.minimum_auc",
    "ml_training.minimum_gain_over_baseline",
)


@pytest.mark.parametrize("setting", SHARES)
@pytest.mark.parametrize("beyond", ["1.01", "-0.01"])
def test_a_share_is_of_one_whole(setting: str, beyond: str) -> None:
    """A ROC AUC above 1 would refuse every model, and nothing would say why."""
    for share in ("0", "0.5", "1"):
        environment_from({"env": "sandbox", setting: share})
    with pytest.raises(SettingsError, match=f"{setting}={beyond}: input should be"):
        environment_from({"env": "sandbox", setting: beyond})


def test_an_alarm_that_could_never_go_off_is_refused() -> None:
    """CloudFormation would refuse it, too, while deploying."""
    settings = {"ml_endpoint.drift_periods": "2", "ml_endpoint.drift_periods_to_alarm": "3"}
    with pytest.raises(SettingsError, match="drift_periods_to_alarm=3 is more than"):
        environment_from({"env": "sandbox", **settings})
