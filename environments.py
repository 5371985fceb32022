"""What differs between the environments: a table of typed settings, and nothing else.

    cdk synth -c env=production -c streaming_lake.retention_hours=168

`env` picks a row of the table, any other `-c` key overrides one setting of that row. A value out of
range or a key that no setting has is an error that names it and says what is allowed.
"""

import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails

_STRICT = ConfigDict(extra="forbid")

# Six fields: minutes hours day-of-month month day-of-week year.
_GLUE_CRON = r"^cron\(\S+( \S+){5}\)$"
# `-c key=none` is how a person switches an optional setting off on the command line.
_Number = BeforeValidator(lambda value: int(value) if str(value).isdigit() else value)
_Off = BeforeValidator(lambda value: None if value == "none" else value)


class SettingsError(ValueError):
    """A setting that does not exist, or a value it does not take. The message is for the user."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
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


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class StreamingLakeSettings:
    """What a user of the streaming lake may want to change."""

    # One shard takes 1 MiB/s or 1,000 records/s and costs 11 USD a month; none: on demand, which
    # scales by itself and costs 29 USD a month before the first byte (IN-06).
    shards: Annotated[Annotated[int, Field(ge=1, le=1000)] | None, _Off]
    # 24 hours to 365 days (IN-07; the notes' seven days are outdated).
    retention_hours: Annotated[int, Field(ge=24, le=8760)] = 24
    # Parquet conversion needs at least 64 MiB; longer and larger means fewer, larger files.
    buffer_mebibytes: Annotated[int, Field(ge=64, le=128)] = 128
    buffer_seconds: Annotated[int, Field(ge=0, le=900)] = 300
    # The transform gets a batch this large or this old; Lambda takes at most 6 MB, base64 included.
    transform_buffer_mebibytes: Annotated[float, Field(ge=0.2, le=3)] = 1
    transform_buffer_seconds: Annotated[int, Field(ge=0, le=900)] = 60
    # Compliance mode: nobody, the root user included, deletes a raw object earlier (ST-12).
    object_lock_days: Annotated[Annotated[int, Field(ge=1, le=36500)] | None, _Off] = None
    # Schedules in Glue's six-field cron, UTC; none: on demand only, so an idle lake costs nothing.
    curate_schedule: Annotated[Annotated[str, Field(pattern=_GLUE_CRON)] | None, _Off] = None
    crawl_schedule: Annotated[Annotated[str, Field(pattern=_GLUE_CRON)] | None, _Off] = None
    # Flex runs on spare capacity for a third less, and may wait for it (ET-03).
    curate_flex: bool = True
    curate_max_workers: Annotated[int, Field(ge=2, le=100)] = 4
    # A query that would read more is stopped; Athena refuses a limit under 10 MB.
    query_limit_mebibytes: Annotated[int, Field(ge=10, le=10_000_000)] = 10_240
    query_result_days: Annotated[int, Field(ge=1, le=3650)] = 30
    # Replaced partitions stay this long, so that a query planned on them can finish.
    superseded_grace_hours: Annotated[int, Field(ge=0, le=720)] = 24
    # A month; the alarm comes at 80 % of it, and when AWS forecasts more.
    budget_usd: Annotated[Annotated[int, Field(ge=1)] | None, _Off] = None


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Environment:
    """One environment: where things are built for, and how careful it is with data and money."""

    name: Literal["local", "sandbox", "production"]
    # Put before the stacks' names, so that one account and Region holds several copies.
    name_prefix: Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9]{0,19}-)?$")] = ""
    # False: everything goes with the stack, the buckets' contents included.
    keep_data: bool
    log_retention_days: Annotated[Literal[7, 30, 365], _Number]
    # Who is told by mail when an alarm goes off; none: only the topic is.
    alarm_email: Annotated[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None, _Off] = None
    lambda_target: LambdaTarget
    streaming_lake: StreamingLakeSettings


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
        ),
        Environment(
            name="sandbox",
            keep_data=False,
            log_retention_days=7,
            lambda_target=_AWS_LAMBDA,
            streaming_lake=StreamingLakeSettings(shards=1, budget_usd=25),
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
        ),
    )
}


def environment_from(context: Mapping[str, Any]) -> Environment:
    """The environment that `-c` values ask for.

    `context` holds what a person typed: `env`, and settings as `name` or `streaming_lake.name`.
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
    top = [each.name for each in fields(Environment) if each.name not in ("name", "lambda_target")]
    top.remove("streaming_lake")
    return top + [f"streaming_lake.{each.name}" for each in fields(StreamingLakeSettings)]


def _sentence(error: ErrorDetails) -> str:
    # Behind the setting's name the place goes on with the branch of a union: no part of the key.
    known = {part for name in setting_names() for part in name.split(".")}
    key = ".".join(str(part) for part in error["loc"] if part in known)
    message = error["msg"][0].lower() + error["msg"][1:]
    return f"-c {key}={error['input']}: {message}."


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
