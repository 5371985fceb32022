"""Whether what a template uses exists in the Region that it is deployed to.

Resource types are checked by the engine's schemas of that Region (F3006). Services that workflows
call are checked here, against `regions.toml`; a stack whose Region is known at deploy only must
carry a CloudFormation Rule that says so before anything is created.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from stacks.shared.gate import definitions, service_calls
from stacks.shared.gate.findings import Finding
from stacks.shared.gate.resolved import Resolved

RULES = ("REGION_LACKS_SERVICE", "REGION_UNSAID")
_TABLE = Path(__file__).with_name("regions.toml")


@cache
def services() -> dict[str, dict[str, Any]]:
    """Name -> row of the table: `name`, `calls`, `regions` and so on."""
    return tomllib.loads(_TABLE.read_text())


def findings(template: Resolved, region: str | None) -> Iterator[Finding]:
    """Services that the workflows of a template call and its Region lacks."""
    rules = json.dumps(template.body.get("Rules", {}))
    for machine in definitions.machines(template):
        for key in sorted(_called(machine)):
            row = services()[key]
            if region and region not in row["regions"]:
                yield Finding(
                    "REGION_LACKS_SERVICE",
                    f"{region} has no {row['name']}; {', '.join(row['regions'])} have it:"
                    f" {row['instead']}.",
                    machine.resource.logical_id,
                )
            if json.dumps(row["regions"]) not in rules:
                yield Finding(
                    "REGION_UNSAID",
                    f"The workflow needs {row['name']}, and the template does not say in which"
                    f" Regions that is: need_region_with(stack, [{key!r}]).",
                    machine.resource.logical_id,
                )


def _called(machine: definitions.Machine) -> set[str]:
    return {
        key
        for state in definitions.states(machine)
        for key, row in services().items()
        if _matches(state.body, row)
    }


def _matches(body: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    call = service_calls.call_of(str(body.get("Resource", "")))
    if call is None or not re.fullmatch(row["calls"], f"{call.service}:{call.api}"):
        return False
    pattern = row.get("argument")
    request = json.dumps([body.get("Arguments"), body.get("Parameters")])
    return not pattern or bool(re.search(rf"""["']{pattern}["']""", request))
