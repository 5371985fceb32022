"""Stop this notebook instance if no kernel and no terminal has been in use for a while.

Runs on the instance, under its system Python, which has the standard library only.
"""

from __future__ import annotations  # the system's Python is older than the project's

import argparse
import json
import ssl
import subprocess
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

_JUPYTER = "https://localhost:8443/api"
_METADATA = Path("/opt/ml/metadata/resource-metadata.json")


def last_use(
    kernels: list[dict[str, Any]], terminals: list[dict[str, Any]], started: datetime
) -> datetime:
    """When the notebook was last used; if never, when it started. Raises ValueError."""
    if any(kernel["execution_state"] == "busy" for kernel in kernels):
        return datetime.now(timezone.utc)
    times = [session["last_activity"] for session in [*kernels, *terminals]]
    return max([started, *(datetime.fromisoformat(time.replace("Z", "+00:00")) for time in times)])


def is_idle(last: datetime, idle_minutes: int, now: datetime) -> bool:
    """Whether `last` is at least `idle_minutes` ago."""
    return now - last >= timedelta(minutes=idle_minutes)


def _ask(path: str) -> list[dict[str, Any]]:
    # Jupyter listens on this machine only, with a self-signed certificate.
    unchecked = ssl._create_unverified_context()  # noqa: S323
    url = f"{_JUPYTER}/{path}"
    with urllib.request.urlopen(url, timeout=10, context=unchecked) as answer:  # noqa: S310 -- https
        sessions: list[dict[str, Any]] = json.load(answer)
    return sessions


def main() -> None:
    """Ask Jupyter, and stop the instance if it is idle; errors go to the system's journal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--idle-minutes", type=int, required=True)
    arguments = parser.parse_args()
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    now = datetime.now(timezone.utc)
    last = last_use(_ask("kernels"), _ask("terminals"), now - timedelta(seconds=uptime))
    if is_idle(last, arguments.idle_minutes, now):
        name = json.loads(_METADATA.read_text())["ResourceName"]
        command = ["aws", "sagemaker", "stop-notebook-instance", "--notebook-instance-name", name]
        subprocess.run(command, check=True)  # noqa: S603 -- our own words


if __name__ == "__main__":
    main()
