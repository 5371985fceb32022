"""IAM's decisions on requests, made by a simulator in one run of Node."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from local.services.iam.permission import ACCOUNT
from repository import ROOT

_PROGRAM = Path(__file__).with_name("simulate.mjs")
ALLOWED = "Allowed"


@dataclass(frozen=True)
class Request:
    """One request, and the policies that decide it, by their names."""

    id: str
    principal: str
    """The ARN of a role's session, or `<service>.amazonaws.com`."""
    action: str
    resource: str
    context: Mapping[str, Any]
    identity: list[str]
    resourcePolicy: str = ""  # noqa: N815 -- read by simulate.mjs
    validate: bool = False
    owner: str = ACCOUNT
    """The account of the resource."""


@dataclass(frozen=True)
class Simulation:
    """What the simulator answered."""

    decisions: Mapping[str, str]
    unknown: Mapping[str, str] = field(default_factory=dict)
    """Id of a validated request -> what the Service Authorization Reference does not know of it."""

    def allows(self, request_id: str) -> bool:
        return self.decisions[request_id] == ALLOWED


def simulate(policies: Mapping[str, Any], requests: Iterable[Request]) -> Simulation:
    """The decision on each request."""
    text = json.dumps({"policies": policies, "requests": [asdict(entry) for entry in requests]})
    completed = subprocess.run(
        [str(ROOT / ".venv" / "bin" / "node"), str(_PROGRAM)],
        input=text, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert completed.returncode == 0, completed.stderr
    return Simulation(**json.loads(completed.stdout))
