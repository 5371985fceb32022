"""`python -m tools.types`: mypy over the project, whose cache one process writes at a time.

From nothing, mypy takes two minutes of one core. `make check` runs it beside the tests, and the
test of `make new` starts from its cache: by `lock`, it waits for what is being written.
"""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from repository import BUILD, ROOT

CACHE = ROOT / ".mypy_cache"


@contextmanager
def lock() -> Iterator[None]:
    """Hold mypy's cache while the block runs; waits for whoever holds it."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "mypy.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Run mypy; its exit code."""
    mypy = Path(sys.executable).with_name("mypy")
    with lock():
        command = [str(mypy), "--no-error-summary", "."]
        return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 -- our own


if __name__ == "__main__":
    sys.exit(main())
