"""What differs between the environments: a table of typed settings, and nothing else.

    cdk synth -c env=production -c streaming_lake.retention_hours=168

`env` picks a row of the table, any other `-c` key overrides one setting of that row. A value out of
range or a key that no setting has is an error that names it and says what is allowed.
"""

import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, field, fields, is_dataclass
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails

from settings.language_chain import LanguageChainSettings
from settings.ml_platform import (
    InterfaceEndpoint,
    MlEndpointSettings,
    MlNetworkSettings,
    MlNotebookSettings,
    MlTrainingSettings,
)
from settings.streaming_lake import StreamingLakeSettings
from settings.types import STRICT, Number, Off


class SettingsError(ValueError):
    """A setting that does not exist, or a value it does not take. The message is for the user."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LambdaTarget:
    """What Lambda bundles are built for: compiled wheels load on nothing else."""

    python_version: str
    architecture: Literal["arm64", "x86_64"]
    # Wheels for the operating system at hand instead of Lambda's Amazon Linux.
    native: bool = False


# 3.13 is supported until 2029-06-30; arm64 costs a fifth less a millisecond.
_AWS_LAMBDA = LambdaTarget(python_version="3.13", architecture="arm64")
# The embedded AWS runs functions on this machine's own interpreter, whatever they declare.
_THIS_MACHINE = LambdaTarget(
    python_version=f"{sys.version_info.major}.{sys.version_info.minor}",
    architecture="arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
    native=True,
)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Environment:
    """One environment: where things are built for, and how careful it is with data and money."""

    name: Literal["local", "sandbox", "production"]
    # Put before the stacks' names, so that one account and Region holds several copies.
    name_prefix: Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9]{0,19}-)?$")] = ""
    # False: everything goes with the stack, the buckets' contents included.
    keep_data: bool
    log_retention_days: Annotated[Literal[7, 30, 365], Number]
    # Who is told by mail when an alarm goes off; none: only the topic is.
    alarm_email: Annotated[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None, Off] = None
    lambda_target: LambdaTarget
    streaming_lake: StreamingLakeSettings
    ml_network: MlNetworkSettings = field(default_factory=MlNetworkSettings)
    ml_training: MlTrainingSettings = field(default_factory=MlTrainingSettings)
    ml_endpoint: MlEndpointSettings = field(default_factory=MlEndpointSettings)
    ml_notebook: MlNotebookSettings = field(default_factory=MlNotebookSettings)
    language_chain: LanguageChainSettings = field(default_factory=LanguageChainSettings)


ENVIRONMENTS: dict[str, Environment] = {
    environment.name: environment
    for environment in (
        Environment(
            name="local",
            keep_data=False,
            log_retention_days=7,
            lambda_target=_THIS_MACHINE,
            streaming_lake=StreamingLakeSettings(
                shards=1, buffer_seconds=3, transform_buffer_seconds=1, superseded_grace_hours=0
            ),
            ml_training=MlTrainingSettings(from_lake=True, approval="Approved"),
            # What the demo shows of them; the words of a setting stand beside it.
            language_chain=LanguageChainSettings(
                speak="recordings", collections=True, distribute_above=20
            ),
        ),
        Environment(
            name="sandbox",
            keep_data=False,
            log_retention_days=7,
            lambda_target=_AWS_LAMBDA,
            streaming_lake=StreamingLakeSettings(shards=1, budget_usd=25),
            ml_network=MlNetworkSettings(budget_usd=60),
        ),
        Environment(
            name="production",
            keep_data=True,
            log_retention_days=365,
            lambda_target=_AWS_LAMBDA,
            streaming_lake=StreamingLakeSettings(
                shards=None,
                retention_hours=168,
                buffer_seconds=900,
                object_lock_days=365,
                curate_schedule="cron(15 * * * ? *)",
                crawl_schedule="cron(0 3 * * ? *)",
                curate_flex=False,
                curate_max_workers=10,
                query_limit_mebibytes=1_048_576,
            ),
            ml_network=MlNetworkSettings(
                availability_zones=3, interface_endpoints=get_args(InterfaceEndpoint)
            ),
            ml_training=MlTrainingSettings(
                from_lake=True,
                schedule="cron(0 4 ? * MON *)",
                instance_type="ml.m7i.xlarge",
                tune=True,
                tuning_jobs=20,
                minimum_auc=0.68,
            ),
            ml_endpoint=MlEndpointSettings(
                minimum_instances=2,
                maximum_instances=8,
                challenger_weight=0.1,
                bake_minutes=30,
                data_capture_percent=20,
                waf=True,
            ),
        ),
    )
}


_GROUPS = {
    name: kind
    for name, kind in get_type_hints(Environment).items()
    if is_dataclass(kind) and kind is not LambdaTarget
}


def environment_from(context: Mapping[str, Any]) -> Environment:
    """The environment that `-c` values ask for.

    `context` holds what a person typed: `env`, and settings as `name` or `<group>.name`.
    Raises SettingsError.
    """
    overrides = dict(context)
    name = overrides.pop("env", "sandbox")
    if name not in ENVIRONMENTS:
        raise SettingsError(
            f"-c env={name}: no such environment. Use one of {_list(ENVIRONMENTS)}."
        )
    settings: dict[str, Any] = asdict(ENVIRONMENTS[name])
    for key, value in overrides.items():
        if key not in setting_names():
            raise SettingsError(f"-c {key}: no such setting. Use env, {_list(setting_names())}.")
        group, _, field = key.rpartition(".")
        (settings[group] if group else settings)[field] = value
    try:
        return TypeAdapter(Environment).validate_python(settings)
    except ValidationError as error:
        raise SettingsError("\n".join(map(_sentence, error.errors()))) from None


def setting_names() -> list[str]:
    """Every key that `-c` takes besides `env`."""
    # What bundles are built for follows from where they run, and is nobody's to choose.
    hidden = {"name", "lambda_target", *_GROUPS}
    top = [each.name for each in fields(Environment) if each.name not in hidden]
    return top + [
        f"{group}.{each.name}" for group, kind in _GROUPS.items() for each in fields(kind)
    ]


def _sentence(error: ErrorDetails) -> str:
    # Behind the setting's name the place goes on with the branch of a union: no part of the key.
    known = {part for name in setting_names() for part in name.split(".")}
    key = ".".join(str(part) for part in error["loc"] if part in known)
    message = error["msg"][0].lower() + error["msg"][1:]
    if error["type"] == "value_error":  # settings that do not go together
        return f"-c {key}.*: {message.removeprefix('value error, ')}."
    return f"-c {key}={error['input']}: {message}."


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
