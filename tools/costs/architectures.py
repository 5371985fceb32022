"""Which architecture a stack belongs to, whatever prefix its name has."""

from stacks.catalogue import ARCHITECTURES
from tools.assembly import Templates


def architecture_of(stack: str) -> str:
    """The architecture of a stack, by its name: `Blue-StreamingLake` is of streaming-lake."""
    for architecture, manifest in ARCHITECTURES.items():
        if stack.rpartition("-")[2] in manifest.stack_names:
            return architecture
    raise ValueError(f"{stack}: no architecture has a stack of this name")


def only(templates: Templates, architecture: str) -> Templates:
    """The stacks of one architecture."""
    return {name: each for name, each in templates.items() if architecture_of(name) == architecture}
