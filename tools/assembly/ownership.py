"""Which architecture a stack belongs to."""

from stacks.catalogue import ARCHITECTURES


def architecture_of(stack: str) -> str | None:
    """The architecture of a stack, whatever its name prefix: `Blue-StreamingLake`.

    None if no architecture has a stack of this name.
    """
    name = stack.rpartition("-")[2]
    for manifest in ARCHITECTURES.values():
        if name in manifest.stack_names:
            return manifest.name
    return None
