"""Every architecture, found by its folder, and the app that synthesises some or all of them."""

import importlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from aws_cdk import App, CliCredentialsStackSynthesizer, Stack, Tags

from repository import ROOT
from stacks import environments
from stacks.architecture import Architecture
from stacks.environments import Environment, SettingsError
from stacks.shared import gate

_Stack = TypeVar("_Stack", bound=Stack)
# The context key that chooses architectures: `-c arch=streaming-lake,ml-platform`.
CHOICE = "arch"


def _found() -> dict[str, Architecture]:
    packages = sorted(path.parent.name for path in ROOT.glob("stacks/*/__init__.py"))
    modules = (importlib.import_module(f"stacks.{package}") for package in packages)
    manifests = [module.ARCHITECTURE for module in modules if hasattr(module, "ARCHITECTURE")]
    return {manifest.name: manifest for manifest in manifests}


ARCHITECTURES: dict[str, Architecture] = _found()
SETTINGS_GROUPS = [group for manifest in ARCHITECTURES.values() for group in manifest.settings]


def environment_from(context: Mapping[str, Any]) -> Environment:
    """The environment that `-c` values ask for; see `environments.environment_from`."""
    return environments.environment_from(context, SETTINGS_GROUPS)


ENVIRONMENTS = {name: environment_from({"env": name}) for name in environments.ENVIRONMENT_NAMES}


def setting_names() -> list[str]:
    """Every key that `-c` takes besides `env` and `arch`."""
    return environments.setting_names(SETTINGS_GROUPS)


def chosen(names: Iterable[str]) -> list[Architecture]:
    """The manifests of `names`; all, if none is named. Raises SettingsError for an unknown one."""
    names = list(names)
    if unknown := [name for name in names if name not in ARCHITECTURES]:
        raise SettingsError(
            f"ARCH={','.join(unknown)}: no such architecture. Use {', '.join(ARCHITECTURES)}."
        )
    return [ARCHITECTURES[name] for name in names or ARCHITECTURES]


def with_needs(
    architectures: Iterable[Architecture], environment: Environment
) -> list[Architecture]:
    """`architectures`, each after those whose outputs it imports."""
    ordered: dict[str, Architecture] = {}
    for architecture in architectures:
        required = [ARCHITECTURES[name] for name in architecture.needs(environment).values()]
        for manifest in [*(with_needs(required, environment) if required else []), architecture]:
            ordered.setdefault(manifest.name, manifest)
    return list(ordered.values())


def make_app(
    settings: Mapping[str, Any] | None = None,
    outdir: Path | None = None,
    *,
    only: Iterable[str] = (),
    gated: bool = True,
) -> App:
    """The architectures `only`, or all, and what they need, in the environment of `settings`.

    `settings` are those of the CLI's `-c`; `-c arch=` chooses as `only` does. Without the gate a
    synth takes a third of the time: for comparing settings, never for deploying.
    Raises SettingsError.
    """
    app = App(
        context={**_defaults(), **(settings or {})},
        outdir=str(outdir) if outdir else None,
        # The gate runs the same engine natively: a third of a second instead of six.
        builtin_cloud_formation_validation=False,
    )
    typed = _settings_in(app.node.get_all_context(), _defaults())
    names = [*only, *filter(None, str(typed.pop(CHOICE, "")).split(","))]
    environment = environment_from(typed)
    architectures = with_needs(chosen(names), environment)
    if gated:
        gate.attach(app, avoidable=_avoidable(architectures))
    stacks: dict[str, list[Stack]] = {}
    for architecture in architectures:
        maker = _Maker(app, architecture, environment)
        if architecture.make_stacks:
            architecture.make_stacks(maker)
        else:
            for stack_class in architecture.stacks:
                maker(stack_class)
        stacks[architecture.name] = list(maker.made.values())
        for stack_class, required in architecture.needs(environment).items():
            for stack in stacks[required]:
                maker.made[stack_class].add_stack_dependency(stack)
    return app


def environment_of(app: App) -> Environment:
    """The environment that `app` was made for."""
    typed = _settings_in(app.node.get_all_context(), _defaults())
    typed.pop(CHOICE, None)
    return environment_from(typed)


def _defaults() -> dict[str, Any]:
    """The context of cdk.json: the CLI reads it, `python app.py` and pytest do not."""
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return context


def _avoidable(architectures: Iterable[Architecture]) -> dict[str, dict[str, str]]:
    """Stack -> resource type that some Regions lack -> the setting that leaves it out."""
    return {
        stack: {"AWS::Budgets::Budget": f"{architecture.budget}=none"}
        for architecture in architectures
        for stack in architecture.stack_names
    }


def _settings_in(context: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What of the CDK's context a person typed as a setting, mistyped names included.

    The same context holds feature flags, the CLI's own keys, look-ups and acknowledged notices
    (`cdk.context.json`), and whatever a company puts into `~/.cdk.json`.
    """
    files = (ROOT / "cdk.context.json", Path.home() / ".cdk.json")
    from_files = {key for file in files if file.exists() for key in _context_of(file)}
    ours = {"env", CHOICE, *setting_names()}
    return {
        key: value
        for key, value in context.items()
        if key in ours or not (key in defaults or key in from_files or ":" in key)
    }


def _context_of(file: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(file.read_text())
        # cdk.context.json is the context itself.
        context: Mapping[str, Any] = (
            content if file.name == "cdk.context.json" else content["context"]
        )
    except KeyError:
        return {}
    except ValueError as error:
        raise SettingsError(f"{file} is not valid JSON ({error}): correct or remove it.") from None
    return context


class _Maker:
    """Makes an architecture's stacks: named, tagged, and in production protected from deletion."""

    def __init__(self, app: App, architecture: Architecture, environment: Environment) -> None:
        self._app, self._architecture, self.environment = app, architecture, environment
        self.made: dict[type[Stack], Stack] = {}

    def __call__(self, stack_class: Callable[..., _Stack], **stacks: Stack) -> _Stack:
        name, environment = stack_class.__name__, self.environment
        stack = stack_class(
            self._app,
            name,
            environment=environment,
            stack_name=f"{environment.name_prefix}{name}",
            # In the manifest, too, which tells whose a stack is without its template.
            tags={"architecture": self._architecture.name, "environment": environment.name},
            termination_protection=environment.keep_data,
            synthesizer=None if environment.bootstrap_roles else CliCredentialsStackSynthesizer(),
            **stacks,
        )
        Tags.of(stack).add("architecture", self._architecture.name)
        Tags.of(stack).add("environment", environment.name)
        self.made[type(stack)] = stack
        return stack
