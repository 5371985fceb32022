"""Wall times of whole commands, here or in a fresh clone."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from repository import ROOT


def seconds(command: Sequence[str], folder: Path = ROOT) -> float:
    """The time of one run of `command` in `folder`; a clone's runs share only its own caches."""
    environment = dict(os.environ)
    if folder != ROOT:
        entries = os.environ["PATH"].split(os.pathsep)
        environment["PATH"] = os.pathsep.join(path for path in entries if str(ROOT) not in path)
        environment |= {"HOME": str(folder.parent), "XDG_CACHE_HOME": f"{folder.parent}/cache"}
    started = time.monotonic()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


@contextmanager
def clone() -> Iterator[Path]:
    """A clone of the last commit in an empty home."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
        yield folder
