"""What every architecture's demo has: how it is made, run and found."""

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from local.demos.report import Report
from local.runtime.deployment import Outputs
from local.runtime.emulator import Emulator
from local.runtime.progress import Steps
from local.runtime.workspace import LocalError, Workspace


@dataclass(frozen=True)
class Option:
    """A value that the user may set: `make demo FLIGHTS=all`."""

    name: str
    default: str
    parse: Callable[[str], Any]
    """Raises ValueError with what is allowed."""


@dataclass(frozen=True)
class Context:
    """What a demo works with."""

    emulator: Emulator
    workspace: Workspace
    outputs: Outputs
    """Of every stack that is deployed, the architecture's own and those it needs."""
    steps: Steps
    options: Mapping[str, Any] = field(default_factory=dict)
    """Name -> parsed value of every option."""


class Demo(Protocol):
    """Drives one deployed architecture through its stack outputs and AWS APIs, as its user would.

    `local/demos/<architecture>/__init__.py` exposes the class as `DEMO`.
    """

    options: tuple[Option, ...]

    def __init__(self, context: Context) -> None: ...

    @classmethod
    def first_commands(cls, outputs: Outputs) -> list[str]:
        """Shell commands that `make local` suggests to try first."""
        ...

    def run(self) -> Report:
        """Drive it, and compare every figure. Raises LocalError if the architecture fails."""
        ...


def demo_of(architecture: str) -> type[Demo] | None:
    """The demo of an architecture, None if it has none."""
    folder = architecture.replace("-", "_")
    if not (Path(__file__).parent / folder / "__init__.py").exists():
        return None
    demo: type[Demo] = importlib.import_module(f"local.demos.{folder}").DEMO
    return demo


def parse_options(architectures: Iterable[str], values: Mapping[str, str]) -> dict[str, Any]:
    """The value of every option of the architectures' demos, the default if `values` has none.

    Raises LocalError for an option that none of them has, and for a value it does not allow.
    """
    demos = [demo for demo in map(demo_of, architectures) if demo]
    declared = [option for demo in demos for option in demo.options]
    option_names = {option.name for option in declared}
    if unknown := sorted(set(values) - option_names):
        names = ", ".join(sorted(option_names)) or "none"
        raise LocalError(f"{unknown[0]}: no option of these demos. They have: {names}.")
    # An option that two demos have must be right for both.
    return {option.name: _parsed(option, values) for option in declared}


def _parsed(option: Option, values: Mapping[str, str]) -> Any:
    text = values.get(option.name, option.default)
    try:
        return option.parse(text)
    except ValueError as error:
        raise LocalError(f"{option.name.upper()}={text}: {error}") from None
