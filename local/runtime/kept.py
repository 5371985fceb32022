"""Names the resources that the local AWS keeps as their templates say, and that nothing runs."""

import json
import subprocess
from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from local.runtime.assembly import Assembly
from local.runtime.emulator import PYTHON

_METRIC_MATH = "ministack's CloudWatch evaluates no metric math"
_NO_PROVISIONER = "ministack has no such service, or cannot create this type"
# What `local/services/*/ministack_gaps.py` adds.
_ADDED = frozenset({"AWS::SageMaker::Pipeline"})
_PRINT_TYPES = (
    "from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS;"
    "print(*_RESOURCE_HANDLERS)"
)


@dataclass(frozen=True)
class Kept:
    """A resource that is in its stack with all its properties, and that no service runs."""

    stack: str
    path: str
    resource_type: str
    reason: str

    @property
    def label(self) -> str:
        """Its short name in a printed list."""
        return self.path.rpartition("/")[2]


def provisioned_types() -> frozenset[str]:
    """The resource types that the local AWS creates."""
    command = [str(PYTHON), "-c", _PRINT_TYPES]
    process = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- our own
    return frozenset(process.stdout.split()) | _ADDED


def kept_resources(assembly: Assembly, provisioned: Container[str]) -> list[Kept]:
    """Every resource of `assembly` that is kept, stack by stack."""
    return [
        Kept(stack.id, construct_path(name, resource), resource["Type"], reason)
        for stack in assembly.stacks
        for name, resource in json.loads(stack.template.read_text())["Resources"].items()
        if (reason := _reason(resource, provisioned))
    ]


def construct_path(logical_id: str, resource: dict[str, Any]) -> str:
    """The path of the construct that made a resource; its logical id if the template has none."""
    path: str = resource.get("Metadata", {}).get("aws:cdk:path", logical_id)
    return path.removesuffix("/Resource").removesuffix("/Default")


def _reason(resource: dict[str, Any], provisioned: Container[str]) -> str | None:
    resource_type: str = resource["Type"]
    if resource_type == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
        return _METRIC_MATH
    if resource_type.startswith("Custom::") or resource_type in provisioned:
        return None
    return _NO_PROVISIONER
