"""How a service changes a function of ministack."""

from collections.abc import Callable
from functools import partial
from typing import Any


def wrap(owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
    """Replace `owner.name` by `wrapper`, which gets the replaced function as its first argument."""
    setattr(owner, name, partial(wrapper, getattr(owner, name)))
