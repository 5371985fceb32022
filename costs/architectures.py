"""Which architecture a stack belongs to, whatever prefix its name has."""

from app import ARCHITECTURES
from assembly import Templates


def architecture_of(stack: str) -> str:
    """The architecture of a stack, by its name: `Blue-StreamingLake` is of streaming-lake."""
    for architecture, classes in ARCHITECTURES.items():
        if stack.rpartition("-")[2] in {each.__name__ for each in classes}:
            return architecture
    raise ValueError(f"{stack}: no stack of app.ARCHITECTURES has this name")


def only(templates: Templates, architecture: str) -> Templates:
    """The stacks of one architecture."""
    return {name: each for name, each in templates.items() if architecture_of(name) == architecture}
