"""Takes out of synthesised templates what the local AWS cannot deploy, and names it.

The stacks are never changed for it: this works on the cloud assembly, between synth and deploy.
"""

import json
import subprocess
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

from local.runtime.assembly import Assembly
from local.runtime.emulator import PYTHON

_NO_PROVISIONER = "ministack has no provisioner for this type"
_NO_METRIC_MATH = "ministack refuses alarms with metric math"
_NO_SDK = "ministack runs Node functions without the AWS SDK"
# Custom resources behind Node functions of the CDK's own: emptying buckets, which `destroy` does
# itself, closing a VPC's default security group, and calling an AWS API.
_NODE_RESOURCES = {"Custom::S3AutoDeleteObjects", "Custom::VpcRestrictDefaultSG", "Custom::AWS"}
_PRINT_TYPES = (
    "from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS;"
    "print(*_RESOURCE_HANDLERS)"
)


@dataclass(frozen=True)
class Trimmed:
    """A resource that was left out, or a property or output that refers to one."""

    stack: str
    path: str
    resource_type: str
    reason: str

    @property
    def label(self) -> str:
        """Its short name in a printed list: `Resource`, or `Resource.Property`."""
        name = self.path.rpartition("/")[2]
        _, dot, trimmed_property = self.resource_type.partition(".")
        return f"{name}{dot}{trimmed_property}"


def supported_types() -> frozenset[str]:
    """The resource types that the installed ministack deploys."""
    command = [str(PYTHON), "-c", _PRINT_TYPES]
    process = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- our own
    return frozenset(process.stdout.split())


def trim_assembly(assembly: Assembly, supported: Container[str]) -> list[Trimmed]:
    """Trim every template of `assembly` in place; returns what was left out."""
    trimmed = []
    for stack in assembly.stacks:
        template = json.loads(stack.template.read_text())
        trimmed += trim(stack.id, template, supported)
        stack.template.write_text(json.dumps(template, indent=1))
    return trimmed


def trim(stack: str, template: dict[str, Any], supported: Container[str]) -> list[Trimmed]:
    """Remove unsupported resources from `template`, and every property that refers to one."""
    resources: dict[str, Any] = template["Resources"]
    removed = {
        name: Trimmed(stack, _path(name, resource), resource["Type"], reason)
        for name, resource in resources.items()
        if (reason := _reason(resource, supported))
    }
    for name in removed:
        del resources[name]
    trimmed = list(removed.values())
    for name, resource in resources.items():
        if depends_on := resource.get("DependsOn"):
            names = [depends_on] if isinstance(depends_on, str) else depends_on
            resource["DependsOn"] = [target for target in names if target not in removed]
        trimmed += _trim_properties(stack, name, resource, removed)
    for name, output in list(template.get("Outputs", {}).items()):
        if set(_references(output)) & set(removed):
            del template["Outputs"][name]
            trimmed.append(Trimmed(stack, name, "Output", "its resource is left out"))
    return trimmed


def _trim_properties(
    stack: str, name: str, resource: dict[str, Any], removed: dict[str, Trimmed]
) -> Iterator[Trimmed]:
    properties: dict[str, Any] = resource.get("Properties", {})
    for key, value in list(properties.items()):
        targets = [target for target in _references(value) if target in removed]
        if targets:
            del properties[key]
            reason = f"it names {removed[targets[0]].path}"
            yield Trimmed(stack, _path(name, resource), f"{resource['Type']}.{key}", reason)


def _reason(resource: dict[str, Any], supported: Container[str]) -> str | None:
    resource_type = resource["Type"]
    if resource_type == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
        return _NO_METRIC_MATH
    if resource_type in _NODE_RESOURCES:
        return _NO_SDK
    if resource_type.startswith("Custom::") or resource_type in supported:
        return None
    return _NO_PROVISIONER


def _path(name: str, resource: dict[str, Any]) -> str:
    path: str = resource.get("Metadata", {}).get("aws:cdk:path", name)
    return path.removesuffix("/Resource").removesuffix("/Default")


def _references(value: Any) -> Iterator[str]:
    """The logical ids that a part of a template refers to."""
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, dict):
        if isinstance(value.get("Ref"), str):
            yield value["Ref"]
        elif isinstance(value.get("Fn::GetAtt"), list):
            yield value["Fn::GetAtt"][0]
        for item in value.values():
            yield from _references(item)
