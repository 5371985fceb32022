"""Synthesis: an app in Python, the equal app in JavaScript, and the project's own."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from repository import ROOT

_JAVASCRIPT = ROOT / "tools" / "bench" / "javascript"
_NODE = f"{sys.prefix}/bin/node"


@dataclass(frozen=True)
class Figures:
    """Medians of wall time in seconds, process start included, and of resources in a template."""

    equal_resources: int
    python_seconds: float
    javascript_seconds: float
    own_resources: int
    own_seconds: float

    @property
    def ratio(self) -> float:
        """The time of Python relative to JavaScript for the same resources."""
        return self.python_seconds / self.javascript_seconds


def measure(rounds: int = 5) -> Figures:
    """Time them in turn, `rounds` times, after a first round that fills caches."""
    _install()
    with tempfile.TemporaryDirectory() as name:
        plain = {**os.environ, "JSII_NODE": _NODE}
        own_app = {**plain, "CDK_CONTEXT_JSON": '{"env": "sandbox"}', "CDK_OUTDIR": f"{name}/own"}
        commands: list[tuple[list[str], dict[str, str]]] = [
            ([sys.executable, "-m", "tools.bench.equal_app", f"{name}/py"], plain),
            ([_NODE, "app.js", f"{name}/js"], plain),
            ([sys.executable, "app.py"], own_app),
        ]
        folders = [ROOT, _JAVASCRIPT, ROOT]
        times: list[list[float]] = [[], [], []]
        for turn in range(rounds + 1):
            for (command, settings), folder, seconds in zip(commands, folders, times, strict=True):
                started = time.monotonic()
                subprocess.run(command, env=settings, cwd=folder, check=True)
                if turn:
                    seconds.append(time.monotonic() - started)
        equal = _resources(Path(name) / "py" / "Equal.template.json")
        if equal != _resources(Path(name) / "js" / "Equal.template.json"):
            raise RuntimeError("the two apps are not equal")
        python, javascript, own_seconds = map(statistics.median, times)
        own_resources = sum(map(_resources, (Path(name) / "own").glob("*.template.json")))
    return Figures(equal, python, javascript, own_resources, own_seconds)


def _install() -> None:
    if not (_JAVASCRIPT / "node_modules").exists():
        npm = ROOT / ".build" / "nodejs" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        subprocess.run([_NODE, str(npm), "ci", "--silent"], cwd=_JAVASCRIPT, check=True)


def _resources(template: Path) -> int:
    return len(json.loads(template.read_text())["Resources"])
