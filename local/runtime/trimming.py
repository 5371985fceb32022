"""What the embedded AWS cannot deploy, taken out of the synthesised templates and named.

The stacks are never changed for it: this works on the cloud assembly, between synth and deploy.
"""

import json
import subprocess
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repository import ROOT

_NO_PROVISIONER = "ministack has no provisioner for this type"
_NO_METRIC_MATH = "ministack refuses alarms with metric math"
_NO_SDK = "ministack runs Node functions without the AWS SDK"
# Resources that the CDK makes by Node functions of its own: emptying buckets, which the sandbox
# does itself, closing a VPC's default security group, and calls of an AWS API.
_BY_NODE = {"Custom::S3AutoDeleteObjects", "Custom::VpcRestrictDefaultSG", "Custom::AWS"}
_ASK = (
    "from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS;"
    "print(*_RESOURCE_HANDLERS)"
)


class SageMakerAndItsGround:
    """What SageMaker's control plane is asked for, and what stands below it."""

    _KINDS = (
        "AWS::SageMaker::",
        "AWS::EC2::",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::SNS::Topic",
    )
    _EXACT = ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy")

    def __contains__(self, kind: object) -> bool:
        return str(kind).startswith(self._KINDS) or kind in self._EXACT


@dataclass(frozen=True)
class Trimmed:
    """One resource that was left out, or one property that named a resource left out."""

    stack: str
    path: str
    resource_type: str
    reason: str

    @property
    def label(self) -> str:
        """Its name in a line of print: the resource, or the resource's property."""
        name = self.path.rpartition("/")[2]
        _, dot, trimmed_property = self.resource_type.partition(".")
        return f"{name}{dot}{trimmed_property}"


def supported_types() -> frozenset[str]:
    """The resource types that the installed ministack deploys, asked of itself."""
    python = ROOT / ".venv-local" / "bin" / "python"
    done = subprocess.run([python, "-c", _ASK], capture_output=True, text=True, check=True)  # noqa: S603 -- our own
    return frozenset(done.stdout.split())


def trim_assembly(assembly: Path, supported: Container[str]) -> list[Trimmed]:
    """Trim every template of a cloud assembly in place, and say what went."""
    trimmed = []
    for file in sorted(assembly.glob("*.template.json")):
        template = json.loads(file.read_text())
        trimmed += trim(file.name.removesuffix(".template.json"), template, supported)
        file.write_text(json.dumps(template, indent=1))
    return trimmed


def trim(stack: str, template: dict[str, Any], supported: Container[str]) -> list[Trimmed]:
    """Take out of `template` what is not supported, and every property that referred to it."""
    resources: dict[str, Any] = template["Resources"]
    gone = {
        name: Trimmed(stack, _path(name, resource), resource["Type"], reason)
        for name, resource in resources.items()
        if (reason := _reason(resource, supported))
    }
    for name in gone:
        del resources[name]
    trimmed = list(gone.values())
    for name, resource in resources.items():
        if depends := resource.get("DependsOn"):
            listed = [depends] if isinstance(depends, str) else depends
            resource["DependsOn"] = [other for other in listed if other not in gone]
        for key in [
            key
            for key, value in resource.get("Properties", {}).items()
            if _names(value) & set(gone)
        ]:
            target = gone[next(iter(_names(resource["Properties"].pop(key)) & set(gone)))]
            reason = f"it names {target.path}"
            trimmed.append(
                Trimmed(stack, _path(name, resource), f"{resource['Type']}.{key}", reason)
            )
    for name, output in list(template.get("Outputs", {}).items()):
        if _names(output) & set(gone):
            del template["Outputs"][name]
            trimmed.append(Trimmed(stack, name, "Output", "its resource is left out"))
    return trimmed


def _reason(resource: dict[str, Any], supported: Container[str]) -> str | None:
    kind = resource["Type"]
    if kind == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
        return _NO_METRIC_MATH
    if kind in _BY_NODE:
        return _NO_SDK
    if kind.startswith("Custom::") or kind in supported:
        return None
    return _NO_PROVISIONER


def _path(name: str, resource: dict[str, Any]) -> str:
    path: str = resource.get("Metadata", {}).get("aws:cdk:path", name)
    return path.removesuffix("/Resource").removesuffix("/Default")


def _names(value: Any) -> set[str]:
    """The logical ids that a part of a template refers to."""
    return set(_references(value))


def _references(value: Any) -> Iterator[str]:
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
