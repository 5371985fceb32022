"""The browser that the site is tested in: one that npm installs, or an installed one.

`python -m tools.site.browser --check` says in a second whether there is one.
"""

import argparse
import fcntl
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repository import BUILD, ROOT

_PACKAGE = ROOT / "node_modules" / "@sparticuz" / "chromium"
_FOLDER = BUILD / "chromium"
_CHROME = {
    "Darwin": Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    "Linux": Path("/opt/google/chrome/chrome"),
}
# Chromium's own sandbox needs permissions that root in a container lacks. Of the flags that the
# package recommends for Lambda, `--single-process` ends the browser with its first page.
_FLAGS = ["--no-sandbox"]


class BrowserError(RuntimeError):
    """There is no browser. The message says where to get one."""


@dataclass(frozen=True)
class Browser:
    """How Playwright launches the browser."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    """Arguments of `playwright.chromium.launch`."""


def find() -> Browser:
    """The browser of this machine, unpacked if npm installed it. Raises BrowserError.

    `CHROMIUM=/path` names another one.
    """
    if path := os.environ.get("CHROMIUM"):
        if not shutil.which(path):
            raise BrowserError(f"CHROMIUM={path}: there is no program of this name.")
        return Browser(path, {"executable_path": path, "args": _FLAGS})
    if _has_package():
        return Browser("@sparticuz/chromium", _unpacked())
    if _has_chrome():
        return Browser("Google Chrome", {"channel": "chrome"})
    raise BrowserError(_ADVICE)


_ADVICE = (
    "The site is tested in a browser, and this machine has none. npm has Chromium for Linux on"
    " x86-64 only: install Google Chrome, or name a browser:"
    " make test CHROMIUM=/path/to/chromium."
)


def check() -> None:
    """Raise BrowserError if `find` would, without unpacking anything."""
    if not (os.environ.get("CHROMIUM") or _has_package() or _has_chrome()):
        raise BrowserError(_ADVICE)


def _has_package() -> bool:
    return (
        _PACKAGE.exists()
        and platform.system() == "Linux"
        and platform.machine() in ("x86_64", "AMD64")
    )


def _has_chrome() -> bool:
    chrome = _CHROME.get(platform.system())
    return bool(shutil.which("google-chrome") or (chrome and chrome.exists()))


def _unpacked() -> dict[str, Any]:
    version = json.loads((_PACKAGE / "package.json").read_text())["version"]
    folder = _FOLDER / version
    with _locked(_FOLDER):
        if not folder.exists():
            _unpack(folder)
    environment = {
        "LD_LIBRARY_PATH": str(folder / "al2023" / "lib"),
        "FONTCONFIG_PATH": str(folder / "fonts"),
    }
    return {
        "executable_path": str(folder / "chromium"),
        "args": _FLAGS,
        "env": {**os.environ, **environment},
    }


def _unpack(folder: Path) -> None:
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    process = subprocess.run(
        [f"{sys.prefix}/bin/node", str(Path(__file__).with_name("chromium.mjs"))],
        env={**os.environ, "TMPDIR": str(partial)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if process.returncode:
        raise BrowserError(f"Chromium could not be unpacked: {process.stderr.strip()}")
    # The package's own names folders of Lambda.
    (partial / "fonts" / "fonts.conf").write_text(
        f"<fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/cache</cachedir></fontconfig>"
    )
    partial.rename(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes out: test workers ask for the browser at the same time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Print the browser; 1 if there is none."""
    parser = argparse.ArgumentParser(prog="python -m tools.site.browser", description=__doc__)
    parser.add_argument("--check", action="store_true", help="unpack nothing, print nothing")
    only_check: bool = parser.parse_args().check
    try:
        check()
        if not only_check:
            sys.stdout.write(f"{find().name}\n")
    except BrowserError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
