"""Settings are converted to their types; an invalid one is reported with the allowed values."""

import json
import os
import subprocess
import sys
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from repository import ROOT
from stacks.catalogue import ENVIRONMENTS, SETTINGS_GROUPS, environment_from, setting_names
from stacks.environments import CommonSettings, Environment, SettingsError, unread_alarms
from stacks.ml_platform.settings import MlTrainingSettings
from stacks.streaming_lake.settings import StreamingLakeSettings

# Values that at least one setting accepts, since most random text is refused.
_PLAUSIBLE = [
    "none",
    "true",
    "false",
    "0",
    "1",
    "2",
    "0.5",
    "100",
    "2048",
    "text,html",
    "sagemaker.api,none",
    "cron(0 4 ? * MON *)",
    "ml.m7i.large",
    "nonesuch@example.com",
    "arn:aws:iam::123456789012:role/nonesuch",
    "arn:aws:iam::123456789012:role/a,arn:aws:iam::123456789012:role/data-nonexecutive",
    "Nonesuch-",
    "10.0.0.0/8,192.168.0.0/16",
]


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        (
            {"env": "prod"},
            "-c env=prod: no such environment. Use one of local, sandbox, production",
        ),
        (
            {"retention_hours": "1"},
            "-c retention_hours: no such setting. Did you mean streaming_lake.retention_hours?",
        ),
        (
            {"streaming_lake.shard": "2"},
            "-c streaming_lake.shard: no such setting. Did you mean streaming_lake.shards?",
        ),
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
        ({"name_prefix": "-x"}, "-c name_prefix=-x: write nothing, or 1 to 20 letters"),
        ({"streaming_lake.curate_schedule": "hourly"}, "-c streaming_lake.curate_schedule=hourly:"),
        (
            {"language_chain.redact": "true", "language_chain.target_language": "fr"},
            "-c language_chain.*: redact=true needs target_language=en or es: Comprehend detects",
        ),
        (
            {"ml_network.interface_endpoints": "sts,,kms"},
            "-c ml_network.interface_endpoints=sts,,kms: a value between two commas is empty",
        ),
    ],
)
def test_an_invalid_setting_is_reported_with_the_allowed_values(
    context: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        environment_from(context)
    assert str(refusal.value).startswith(sentence)


def test_all_invalid_settings_are_reported_together() -> None:
    context = {"streaming_lake.buffer_seconds": "901", "streaming_lake.buffer_mebibytes": "1"}
    with pytest.raises(SettingsError) as refusal:
        environment_from(context)
    assert len(str(refusal.value).splitlines()) == 2


def test_typed_values_are_converted() -> None:
    context = {"env": "production", "streaming_lake.shards": "2", "keep_data": "false"}
    environment = environment_from({**context, "streaming_lake.object_lock_days": "none"})
    lake = environment.settings(StreamingLakeSettings)
    assert (lake.shards, lake.object_lock_days, environment.keep_data) == (2, None, False)


def test_the_default_environment_is_sandbox() -> None:
    assert environment_from({}) == ENVIRONMENTS["sandbox"]


@pytest.mark.parametrize(
    ("environment", "address", "warnings"),
    [
        ("sandbox", "unset", 1),
        ("sandbox", "none", 0),
        ("sandbox", "me@example.com", 0),
        ("local", "unset", 0),
        ("production", "none", 0),
        ("production", "me@example.com", 0),
    ],
)
def test_alarms_that_nobody_reads_are_a_warning(
    environment: str, address: str, warnings: int
) -> None:
    named = environment_from({"env": environment, "alarm_email": address})
    sentences = list(unread_alarms(named))
    assert len(sentences) == warnings
    assert all("alarm_email=you@example.com" in sentence for sentence in sentences)


def test_production_does_not_synthesise_until_somebody_reads_its_alarms() -> None:
    context = {"env": "production", "arch": "streaming-lake"}
    process = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT, env={**os.environ, "CDK_CONTEXT_JSON": json.dumps(context)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 1
    assert process.stderr.startswith("-c alarm_email=unset: nobody reads the alarms")


def test_every_setting_accepts_its_default_value() -> None:
    for name in setting_names():
        value = _value(ENVIRONMENTS["sandbox"], name)
        environment_from({name: _as_typed(value)})


@pytest.mark.parametrize("name", setting_names())
@settings(max_examples=60)
@given(text=st.sampled_from(_PLAUSIBLE) | st.text(max_size=30))
def test_a_setting_holds_the_typed_value_or_is_refused(name: str, text: str) -> None:
    try:
        environment = environment_from({name: text})
    except SettingsError:
        return
    assert _as_typed(_value(environment, name)) == _normalised(text, _value(environment, name))


def test_a_role_name_that_contains_none_is_not_changed() -> None:
    arn = "arn:aws:iam::123456789012:role/nonesuch"
    environment = environment_from({"ml_training.data_administrators": arn})
    assert environment.settings(MlTrainingSettings).data_administrators == (arn,)


@pytest.mark.parametrize(
    "kind",
    [CommonSettings, *(group.kind for group in SETTINGS_GROUPS)],
    ids=lambda group_class: group_class.__name__,
)
def test_every_setting_has_a_description(kind: type[Any]) -> None:
    properties = TypeAdapter(kind).json_schema()["properties"]
    assert set(properties) == {setting.name for setting in fields(kind)}
    assert [name for name, schema in properties.items() if not schema.get("description")] == []


def test_the_sandbox_lake_has_one_shard_and_no_schedules() -> None:
    lake = ENVIRONMENTS["sandbox"].settings(StreamingLakeSettings)
    assert (lake.shards, lake.curate_schedule, lake.crawl_schedule) == (1, None, None)


def _value(environment: Environment, name: str) -> Any:
    group, _, setting = name.rpartition(".")
    return getattr(environment.groups[group] if group else environment.common, setting)


def _as_typed(value: Any) -> str:
    match value:
        case None | ():
            return "none"
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(value)
        case _:
            return str(value)


def _normalised(text: str, value: Any) -> str:
    """`text` in the spelling of `_as_typed`, since numbers and booleans have several."""
    match value:
        case bool():
            return str(text.strip().lower() in ("true", "t", "1", "yes", "y", "on")).lower()
        case int():
            return str(int(float(text)))
        case float():
            return str(float(text))
        case _:
            return text
