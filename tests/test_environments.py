"""What `-c` takes: settings become typed values, and a mistake becomes a sentence that helps."""

from dataclasses import fields
from typing import Any

import pytest

from environments import (
    ENVIRONMENTS,
    Environment,
    LambdaTarget,
    SettingsError,
    StreamingLakeSettings,
    environment_from,
    setting_names,
)

LAKE = "streaming_lake"


def message(**settings: Any) -> str:
    with pytest.raises(SettingsError) as refusal:
        environment_from({name.replace("__", "."): value for name, value in settings.items()})
    return str(refusal.value)


def test_the_sandbox_is_the_default() -> None:
    assert environment_from({}) == ENVIRONMENTS["sandbox"]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_without_overrides_is_its_row_of_the_table(name: str) -> None:
    assert environment_from({"env": name}) == ENVIRONMENTS[name]


def test_an_unknown_environment_is_answered_with_the_known_ones() -> None:
    assert message(env="prod") == (
        "-c env=prod: no such environment. Use one of local, sandbox, production."
    )


@pytest.mark.parametrize("key", ["retention_hours", "name", LAKE, f"{LAKE}.shard", "lake.shards"])
def test_an_unknown_setting_is_answered_with_every_known_one(key: str) -> None:
    known = ", ".join(setting_names())
    assert message(**{key: "1"}) == f"-c {key}: no such setting. Use env, {known}."


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        (f"{LAKE}.shards", "0", "input should be greater than or equal to 1"),
        (f"{LAKE}.retention_hours", "23", "input should be greater than or equal to 24"),
        (f"{LAKE}.retention_hours", "8761", "input should be less than or equal to 8760"),
        (f"{LAKE}.buffer_mebibytes", "5", "input should be greater than or equal to 64"),
        (f"{LAKE}.buffer_mebibytes", "129", "input should be less than or equal to 128"),
        (f"{LAKE}.buffer_seconds", "901", "input should be less than or equal to 900"),
        (f"{LAKE}.transform_buffer_mebibytes", "3.5", "input should be less than or equal to 3"),
        (f"{LAKE}.curate_max_workers", "1", "input should be greater than or equal to 2"),
        (f"{LAKE}.query_limit_mebibytes", "9", "input should be greater than or equal to 10"),
        (f"{LAKE}.superseded_grace_hours", "-1", "input should be greater than or equal to 0"),
        (f"{LAKE}.budget_usd", "0", "input should be greater than or equal to 1"),
        ("log_retention_days", "8", "input should be 7, 30 or 365"),
        ("lambda_target.architecture", "sparc", "input should be 'arm64' or 'x86_64'"),
    ],
)
def test_a_value_out_of_range_is_answered_with_the_range(key: str, value: str, why: str) -> None:
    assert message(**{key: value}) == f"-c {key}={value}: {why}."


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        (f"{LAKE}.retention_hours", "a week", "input should be a valid integer"),
        (f"{LAKE}.retention_hours", "24.5", "input should be a valid integer"),
        (f"{LAKE}.transform_buffer_mebibytes", "little", "input should be a valid number"),
        (f"{LAKE}.curate_flex", "perhaps", "input should be a valid boolean"),
        ("keep_data", "perhaps", "input should be a valid boolean"),
        # What is not optional cannot be switched off.
        (f"{LAKE}.retention_hours", "none", "input should be a valid integer"),
    ],
)
def test_a_value_of_the_wrong_type_is_answered_with_the_right_one(
    key: str, value: str, why: str
) -> None:
    assert message(**{key: value}).startswith(f"-c {key}={value}: {why}")


@pytest.mark.parametrize("key", [f"{LAKE}.curate_schedule", f"{LAKE}.crawl_schedule"])
@pytest.mark.parametrize("schedule", ["", "15 * * * ? *", "rate(1 hour)", "cron()"])
def test_a_schedule_is_glues_cron_or_none(key: str, schedule: str) -> None:
    assert message(**{key: schedule}).startswith(f"-c {key}={schedule}: string should match")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("alarm_email", "nobody"),
        ("name_prefix", "demo"),
        ("name_prefix", "9-"),
        ("name_prefix", "-"),
    ],
)
def test_a_text_of_the_wrong_form_is_refused_by_its_key(key: str, value: str) -> None:
    assert message(**{key: value}).startswith(f"-c {key}={value}: string should match pattern '")


def test_every_mistake_is_told_at_once() -> None:
    told = message(keep_data="perhaps", streaming_lake__shards="0").splitlines()
    assert [line.split("=")[0] for line in told] == ["-c keep_data", "-c streaming_lake.shards"]


def test_text_from_the_command_line_becomes_the_settings_type() -> None:
    given = {
        "keep_data": "true",
        "log_retention_days": "30",
        "name_prefix": "Demo-",
        "alarm_email": "on-call@example.com",
        "lambda_target.architecture": "x86_64",
        f"{LAKE}.retention_hours": "48",
        f"{LAKE}.transform_buffer_mebibytes": "0.5",
        f"{LAKE}.curate_flex": "false",
        f"{LAKE}.crawl_schedule": "cron(0 3 * * ? *)",
    }
    environment = environment_from(given)
    lake = environment.streaming_lake
    assert (environment.keep_data, environment.log_retention_days) == (True, 30)
    assert (environment.name_prefix, environment.alarm_email) == ("Demo-", "on-call@example.com")
    assert environment.lambda_target == LambdaTarget(python_version="3.13", architecture="x86_64")
    assert (lake.retention_hours, lake.transform_buffer_mebibytes) == (48, 0.5)
    assert (lake.curate_flex, lake.crawl_schedule) == (False, "cron(0 3 * * ? *)")


OPTIONAL = ["shards", "object_lock_days", "curate_schedule", "crawl_schedule", "budget_usd"]


@pytest.mark.parametrize("setting", OPTIONAL)
@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_none_switches_an_optional_setting_off(env: str, setting: str) -> None:
    lake = environment_from({"env": env, f"{LAKE}.{setting}": "none"}).streaming_lake
    assert getattr(lake, setting) is None


def test_an_override_changes_nothing_else_and_not_the_table() -> None:
    before = repr(ENVIRONMENTS["production"])
    changed = environment_from({"env": "production", f"{LAKE}.retention_hours": "24"})
    assert changed != ENVIRONMENTS["production"]
    restored = environment_from({"env": "production", f"{LAKE}.retention_hours": "168"})
    assert restored == ENVIRONMENTS["production"]
    assert repr(ENVIRONMENTS["production"]) == before


def test_every_field_of_the_table_can_be_set() -> None:
    groups: dict[str, type] = {"lambda_target": LambdaTarget, LAKE: StreamingLakeSettings}
    every = {f.name for f in fields(Environment)} - {"name", *groups}
    for group, kind in groups.items():
        every |= {f"{group}.{f.name}" for f in fields(kind)}
    assert set(setting_names()) == every
    assert len(setting_names()) == len(every)
