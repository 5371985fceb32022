"""The planted defects of `planted/*.yaml`: what each changes in the small app, and its rule."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from aws_cdk import CfnResource, Stack
from aws_cdk.cloudformation_include import CfnInclude

from stacks.shared import gate
from tests.stacks.shared.gate.small_app import resource

FOLDER = Path(__file__).with_name("planted")


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A defect: resources, parameters and so on, merged into those of small_app.yaml."""

    id: str
    planted: str
    rule: str
    at: str = "Planted"
    """The resource that the gate must name."""
    change: Mapping[str, Any] = field(default_factory=dict)
    """Logical id -> what is merged into the resource; null removes, as in RFC 7386."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)
    protected: bool = False
    """Whether the stack has termination protection."""
    transform: str | None = None
    """A macro of the template."""
    region: str | None = None
    """The Region of the stack, if it names one."""
    reason: str | None = None
    """Acknowledges the finding."""

    @property
    def sections(self) -> dict[str, Any]:
        """What the template has beside resources."""
        sections = {
            "Parameters": self.parameters,
            "Conditions": self.conditions,
            "Mappings": self.mappings,
        }
        return {name: dict(section) for name, section in sections.items() if section}

    def plant(self, stack: Stack, folder: Path) -> None:
        """Put it into the small app, by overrides and generic resources that no construct shows."""
        stack.termination_protection = self.protected
        if self.transform:
            stack.add_transform(self.transform)
        if self.sections:
            file = folder / "sections.json"
            file.write_text(json.dumps(self.sections))
            CfnInclude(stack, "Sections", template_file=str(file))
        for name, change in self.change.items():
            if "Type" in change:
                target = CfnResource(stack, name, type=change["Type"])
                target.override_logical_id(name)
            else:
                target = resource(stack, name)
            _override(target, "", {key: value for key, value in change.items() if key != "Type"})
        if self.reason:
            gate.acknowledge(resource(stack, self.at), {self.rule: self.reason})


def planted_defects() -> list[Planted]:
    """Every row of every file."""
    return [
        Planted(**row)
        for file in sorted(FOLDER.glob("*.yaml"))
        for row in yaml.safe_load(file.read_text())
    ]


def _override(target: CfnResource, path: str, change: Any) -> None:
    if isinstance(change, Mapping) and change and not _is_intrinsic(change):
        for key, value in change.items():
            escaped = key.replace(".", "\\.")
            _override(target, f"{path}.{escaped}" if path else escaped, value)
    elif change is None:
        target.add_deletion_override(path)
    else:
        target.add_override(path, change)


def _is_intrinsic(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and (next(iter(value)) == "Ref" or next(iter(value)).startswith("Fn::"))
