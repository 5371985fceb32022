"""The cost declarations of the architectures, found by the names of their folders."""

import importlib
from functools import cache
from importlib.util import find_spec

from stacks.catalogue import ARCHITECTURES
from tools.assembly import architecture_of
from tools.costs.declaration import ArchitectureCosts


@cache
def costs_of(architecture: str) -> ArchitectureCosts:
    """The declaration of an architecture; an empty one if it has no file here."""
    module = f"{__name__}.{ARCHITECTURES[architecture].folder}"
    if find_spec(module) is None:
        return ArchitectureCosts()
    declaration: ArchitectureCosts = importlib.import_module(module).COSTS
    return declaration


def costs_of_stack(stack: str) -> ArchitectureCosts:
    """The declaration of a stack's architecture; an empty one if no architecture has the stack."""
    architecture = architecture_of(stack)
    return costs_of(architecture) if architecture else ArchitectureCosts()
