"""The instance types that each operation of SageMaker takes, and that this platform can use.

`instance_types.json` holds the enumerations of botocore's model, so that a synth does not load it;
a test compares the two.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

# Families that SageMaker still has; p2, p3, g3, m4, c4 and eia are gone (TR-17, DP-09).
_FAMILIES = frozenset(
    ["t3", "m5", "m6i", "m7i", "m8i", "c5", "c6i", "c7i", "c8i", "r5", "r6i", "r7i", "r8i"]
)
# Their local NVMe storage encrypts itself: SageMaker refuses the key that the platform's jobs,
# models and guard rails require of every volume.
_LOCAL_STORAGE = frozenset(["g4dn", "g5", "g6", "g6e", "g7", "p4d", "p5", "trn1"])


@cache
def offered(kind: str) -> frozenset[str]:
    """The types of `training`, `processing`, `transform`, `hosting` or `notebook`."""
    path = Path(__file__).with_suffix(".json")
    return frozenset(json.loads(path.read_text())[kind])


def usable(*kinds: str) -> Callable[[str], str]:
    """A validator of a type that every kind takes. It raises ValueError with the reason."""

    def validate(instance_type: str) -> str:
        family = instance_type.removeprefix("ml.").partition(".")[0]
        if family in _LOCAL_STORAGE:
            raise ValueError(
                f"{family} has local storage, for which SageMaker takes no key, and here every"
                " volume is under one"
            )
        if family not in _FAMILIES:
            raise ValueError(f"use a family of {', '.join(sorted(_FAMILIES))}")
        for kind in kinds:
            if instance_type not in offered(kind):
                raise ValueError(f"SageMaker has no such instance for {kind}")
        return instance_type

    return validate
