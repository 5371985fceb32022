"""What an architecture declares about itself: its manifest, in `stacks/<architecture>/__init__.py`.

Every list of architectures, stacks, settings, functions, workflows and pages is derived from the
manifests, and whatever an architecture owns lies in a folder of its own name.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from aws_cdk import Stack

from stacks.environments import Environment, SettingsGroup

_Stack = TypeVar("_Stack", bound=Stack)


class StackMaker(Protocol):
    """Makes a stack of the architecture: named, tagged and protected as the environment says."""

    @property
    def environment(self) -> Environment:
        """The environment that the stacks are made for."""
        ...

    def __call__(self, stack_class: Callable[..., _Stack], **stacks: Stack) -> _Stack:
        """Make `stack_class`; `others` are stacks that it takes constructs from."""
        ...


def _nothing(_: Environment) -> dict[type[Stack], str]:
    return {}


def _none(_: Environment) -> Collection[type[Stack]]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A manifest."""

    name: str
    """As typed in `ARCH=`; its folders are named the same, with underscores."""
    summary: str
    """One sentence: what a user gets."""
    stacks: tuple[type[Stack], ...]
    """Every stack, in the order of deployment."""
    left_out: Callable[[Environment], Collection[type[Stack]]] = _none
    """Those of `stacks` that an environment's settings leave out."""
    settings: tuple[SettingsGroup[Any], ...]
    """What `-c <group>.<setting>` takes."""
    budget: str
    """The setting that holds the monthly budget."""
    make_stacks: Callable[[StackMaker], None] | None = None
    """Makes `stacks` where one takes constructs from another; otherwise each is made alone."""
    needs: Callable[[Environment], dict[type[Stack], str]] = _nothing
    """Stack -> architecture whose stack outputs it imports, under an environment's settings."""

    @property
    def folder(self) -> str:
        """The name of its folders: `streaming_lake` of `streaming-lake`."""
        return self.name.replace("-", "_")

    @property
    def stack_names(self) -> tuple[str, ...]:
        """The ids of its stacks, as `cdk deploy` takes them."""
        return tuple(stack.__name__ for stack in self.stacks)

    def stack_names_in(self, environment: Environment) -> tuple[str, ...]:
        """The same, without those that the settings leave out."""
        left_out = self.left_out(environment)
        return tuple(stack.__name__ for stack in self.stacks if stack not in left_out)
