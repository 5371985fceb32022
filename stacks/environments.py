"""The three environments, and the parser of settings.

    cdk synth -c env=production -c streaming_lake.retention_hours=168

`env` picks an environment, any other `-c` key overrides one setting of it: a setting that all
architectures share (`name_prefix`) or one of an architecture's own groups (`streaming_lake.shards`,
in `stacks/streaming_lake/settings.py`). A value out of range and a key that no setting has are
errors that name the key and say what is allowed.
"""

import difflib
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Annotated, Any, Generic, Literal, TypeVar

import pydantic
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from stacks.shared.setting_types import STRICT, Number, Written

EnvironmentName = Literal["local", "sandbox", "production"]
_Settings = TypeVar("_Settings")


class SettingsError(ValueError):
    """A setting that does not exist, or a value it does not take. The message is for the user."""


@dataclass(frozen=True)
class LambdaTarget:
    """What Lambda bundles are built for: compiled wheels load on nothing else."""

    python_version: str
    architecture: Literal["arm64", "x86_64"]
    # Wheels for the operating system at hand instead of Lambda's Amazon Linux.
    native: bool = False


# 3.13 is supported until 2029-06-30; arm64 costs a fifth less per millisecond.
_AWS_LAMBDA = LambdaTarget(python_version="3.13", architecture="arm64")
# The local AWS runs functions on this machine's own interpreter, whatever they declare.
_THIS_MACHINE = LambdaTarget(
    python_version=f"{sys.version_info.major}.{sys.version_info.minor}",
    architecture="arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
    native=True,
)
_Address = Annotated[str, Written(r"[^@\s]+@[^@\s]+", "an address: `you@example.com`")]


@pydantic.dataclasses.dataclass(frozen=True, kw_only=True, config=STRICT)
class CommonSettings:
    """Settings that every architecture has."""

    name_prefix: Annotated[
        str,
        Written(
            r"([A-Za-z][A-Za-z0-9]{0,19}-)?",
            "nothing, or 1 to 20 letters and digits, a letter first, and a hyphen: `Blue-`",
        ),
    ] = ""
    """Put before stack names, so that one account and Region holds several copies."""
    keep_data: bool
    """Retain data and deny stack deletion. False: everything goes with the stack, the contents of
    its buckets included."""
    log_retention_days: Annotated[Literal[7, 30, 365], Number]
    """How long CloudWatch keeps log events."""
    alarm_email: (
        Literal["unset", "none"]
        | Annotated[str, Written(r"[^@\s]+@[^@\s]+", "an address: `you@example.com`")]
    ) = "unset"
    """Address that alarms are mailed to; none: something else subscribes to the SNS topic; unset:
    nobody has thought of it, which is a warning at synth, and an error in production."""


@dataclass(frozen=True)
class SettingsGroup(Generic[_Settings]):
    """One architecture's settings of one name, with their values in each environment."""

    name: str
    local: _Settings
    sandbox: _Settings
    production: _Settings

    @property
    def kind(self) -> type[_Settings]:
        """The dataclass of the settings."""
        return type(self.sandbox)


@dataclass(frozen=True)
class Environment:
    """Where an app is synthesised for: the common settings, and each architecture's groups."""

    name: EnvironmentName
    common: CommonSettings
    lambda_target: LambdaTarget
    # The local AWS lacks the conditions that the bootstrap roles' policies use.
    bootstrap_roles: bool = True
    groups: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name_prefix(self) -> str:
        """Put before stack names."""
        return self.common.name_prefix

    @property
    def keep_data(self) -> bool:
        """Whether data outlives the stack."""
        return self.common.keep_data

    @property
    def log_retention_days(self) -> int:
        """How long CloudWatch keeps log events."""
        return self.common.log_retention_days

    @property
    def alarm_email(self) -> str | None:
        """Address that alarms are mailed to, if there is one."""
        address = self.common.alarm_email
        return None if address in ("unset", "none") else address

    def settings(self, kind: type[_Settings]) -> _Settings:
        """The group of type `kind`. Raises LookupError if no architecture declares it."""
        for group in self.groups.values():
            if isinstance(group, kind):
                return group
        raise LookupError(f"no architecture declares a settings group of {kind.__name__}")


_BASE: dict[str, Environment] = {
    environment.name: environment
    for environment in (
        Environment(
            name="local",
            common=CommonSettings(keep_data=False, log_retention_days=7),
            lambda_target=_THIS_MACHINE,
            bootstrap_roles=False,
        ),
        Environment(
            name="sandbox",
            common=CommonSettings(keep_data=False, log_retention_days=7),
            lambda_target=_AWS_LAMBDA,
        ),
        Environment(
            name="production",
            common=CommonSettings(keep_data=True, log_retention_days=365),
            lambda_target=_AWS_LAMBDA,
        ),
    )
}
ENVIRONMENT_NAMES = tuple(_BASE)


def environment_from(
    context: Mapping[str, Any], groups: Iterable[SettingsGroup[Any]]
) -> Environment:
    """The environment that the `-c` values of `context` ask for.

    `context` holds what a person typed: `env`, and settings as `name` or `<group>.name`; `groups`
    are those of the architectures. Raises SettingsError.
    """
    declared = {group.name: group for group in groups}
    overrides = dict(context)
    name = overrides.pop("env", "sandbox")
    if name not in _BASE:
        raise SettingsError(f"-c env={name}: no such environment. Use one of {', '.join(_BASE)}.")
    names = setting_names(declared.values())
    by_group: dict[str, dict[str, Any]] = {}
    for key, value in overrides.items():
        if key not in names:
            raise SettingsError(f"-c {key}: no such setting. {_suggestion(key, names)}")
        group_name, _, setting = key.rpartition(".")
        by_group.setdefault(group_name, {})[setting] = value
    base = _BASE[name]
    return replace(
        base,
        common=_validated("", base.common, by_group.get("", {})),
        groups={
            group.name: _validated(group.name, getattr(group, name), by_group.get(group.name, {}))
            for group in declared.values()
        },
    )


def unread_alarms(environment: Environment) -> Iterator[str]:
    """A warning if nobody has said who reads the alarms. Raises SettingsError in production."""
    if environment.common.alarm_email != "unset" or environment.name == "local":
        return
    sentence = (
        f"nobody reads the alarms of env={environment.name}. Type alarm_email=you@example.com, or"
        " alarm_email=none if something else subscribes to their SNS topic."
    )
    if environment.name == "production":
        raise SettingsError(f"-c alarm_email=unset: {sentence}")
    yield f"Warning: {sentence}"


def typed_settings(pairs: Iterable[str]) -> dict[str, str]:
    """Key -> value of `key=value` as typed on a command line. Raises SettingsError."""
    settings = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise SettingsError(f"SETTINGS={pair}: write key=value, separated by blanks.")
        settings[key] = value
    return settings


def setting_names(groups: Iterable[SettingsGroup[Any]]) -> list[str]:
    """Every key that `-c` takes besides `env`."""
    return [setting.name for setting in fields(CommonSettings)] + [
        f"{group.name}.{setting.name}" for group in groups for setting in fields(group.kind)
    ]


def _suggestion(key: str, names: list[str]) -> str:
    # Half of the typing errors are a missing or wrong group.
    by_last_part = [name for name in names if name.rpartition(".")[2] == key.rpartition(".")[2]]
    if similar := by_last_part or difflib.get_close_matches(key, names, cutoff=0.85):
        return f"Did you mean {' or '.join(similar)}? `make settings` lists all."
    return "`make settings` lists all settings."


def _validated(group_name: str, values: _Settings, overrides: Mapping[str, Any]) -> _Settings:
    try:
        validated: _Settings = TypeAdapter(type(values)).validate_python(
            {**asdict(values), **overrides}  # type: ignore[call-overload]  # a dataclass
        )
    except ValidationError as error:
        raise SettingsError(
            "\n".join(_sentence(group_name, type(values), detail) for detail in error.errors())
        ) from None
    return validated


def _sentence(group_name: str, kind: type[Any], error: ErrorDetails) -> str:
    prefix = f"{group_name}." if group_name else ""
    message = (error["msg"][0].lower() + error["msg"][1:]).removeprefix("value error, ")
    if not error["loc"]:  # settings that exclude each other
        return f"-c {prefix}*: {message}."
    # The rest of the location is the branch of a union or an index: no part of the key.
    setting = str(error["loc"][0])
    description = TypeAdapter(kind).json_schema()["properties"][setting].get("description", "")
    sentence = f"-c {prefix}{setting}={error['input']}: {message}."
    return f"{sentence} ({' '.join(description.split())})" if description else sentence
