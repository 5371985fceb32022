"""Settings are typed; a wrong one is named, with what is allowed."""

import pytest

from stacks.catalogue import ENVIRONMENTS, environment_from, setting_names
from stacks.environments import SettingsError
from stacks.streaming_lake.settings import StreamingLakeSettings


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            {"env": "prod"},
            "-c env=prod: no such environment. Use one of local, sandbox, production",
        ),
        ({"retention": "1"}, "-c retention: no such setting. Use env, name_prefix, keep_data"),
        ({"streaming_lake": "1"}, "-c streaming_lake: no such setting."),
        ({"name": "local"}, "-c name: no such setting."),
        (
            {"streaming_lake.retention_hours": "12"},
            "-c streaming_lake.retention_hours=12: input should be greater than or equal to 24.",
        ),
        (
            {"streaming_lake.retention_hours": "8761"},
            "-c streaming_lake.retention_hours=8761: input should be less than or equal to 8760.",
        ),
        ({"streaming_lake.shards": "few"}, "-c streaming_lake.shards=few: input should be a valid"),
        ({"log_retention_days": "8"}, "-c log_retention_days=8: input should be 7, 30 or 365."),
        ({"keep_data": "maybe"}, "-c keep_data=maybe: input should be a valid boolean"),
        ({"name_prefix": "-x"}, "-c name_prefix=-x: string should match pattern"),
        ({"streaming_lake.curate_schedule": "hourly"}, "-c streaming_lake.curate_schedule=hourly:"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(
    typed: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        environment_from(typed)
    assert str(refusal.value).startswith(sentence)


def test_every_wrong_setting_is_named_at_once() -> None:
    wrong = {"streaming_lake.buffer_seconds": "901", "streaming_lake.buffer_mebibytes": "1"}
    with pytest.raises(SettingsError) as refusal:
        environment_from(wrong)
    assert len(str(refusal.value).splitlines()) == 2


def test_what_is_typed_is_converted() -> None:
    typed = {"env": "production", "streaming_lake.shards": "2", "keep_data": "false"}
    environment = environment_from({**typed, "streaming_lake.object_lock_days": "none"})
    assert (environment.settings(StreamingLakeSettings).shards, environment.keep_data) == (2, False)
    assert environment.settings(StreamingLakeSettings).object_lock_days is None


def test_the_default_is_a_persons_own_account() -> None:
    assert environment_from({}) == ENVIRONMENTS["sandbox"]


def test_every_name_that_is_offered_is_taken() -> None:
    for name in setting_names():
        group, _, field = name.rpartition(".")
        owner = getattr(ENVIRONMENTS["sandbox"], group) if group else ENVIRONMENTS["sandbox"]
        value = getattr(owner, field)
        environment_from({name: "none" if value is None else value})


def test_the_sandbox_costs_nothing_by_the_hour_but_its_shard() -> None:
    lake = ENVIRONMENTS["sandbox"].settings(StreamingLakeSettings)
    assert (lake.shards, lake.curate_schedule, lake.crawl_schedule) == (1, None, None)
