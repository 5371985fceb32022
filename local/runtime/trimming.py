"""Takes out of an assembly the types that moto's CloudFormation skips, with what refers to them.

The local AWS itself deploys templates whole; this serves the second control plane alone.
"""

import json
from collections.abc import Container, Iterator
from typing import Any

from local.runtime.assembly import Assembly


def trim_assembly(assembly: Assembly, supported: Container[str]) -> None:
    """Trim every template of `assembly` in place."""
    for stack in assembly.stacks:
        template = json.loads(stack.template.read_text())
        trim(template, supported)
        stack.template.write_text(json.dumps(template, indent=1))


def trim(template: dict[str, Any], supported: Container[str]) -> None:
    """Remove unsupported resources from `template`, and what names one.

    That is each output and property, and of a policy the statement.
    """
    resources: dict[str, Any] = template["Resources"]
    removed = {name for name, resource in resources.items() if resource["Type"] not in supported}
    for name in removed:
        del resources[name]
    for resource in resources.values():
        if depends_on := resource.get("DependsOn"):
            names = [depends_on] if isinstance(depends_on, str) else depends_on
            resource["DependsOn"] = [target for target in names if target not in removed]
        properties: dict[str, Any] = resource.get("Properties", {})
        if policy := properties.get("PolicyDocument"):
            statements = policy["Statement"]
            policy["Statement"] = [entry for entry in statements if not _names(entry, removed)]
        for key in [key for key, value in properties.items() if _names(value, removed)]:
            del properties[key]
    outputs = template.get("Outputs", {})
    for name in [name for name, output in outputs.items() if _names(output, removed)]:
        del outputs[name]


def _names(value: Any, removed: set[str]) -> bool:
    return not removed.isdisjoint(_references(value))


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
