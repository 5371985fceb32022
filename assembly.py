"""What a synth makes, as its readers want it: resources by the path of their construct.

The site, the cost model, `make plan` and the tests all read templates, and read them here.
"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import make_app  # first: it sets what jsii reads when aws_cdk is imported
from stacks.shared import gate

# Stack name -> what CloudFormation gets.
Templates = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Resource:
    """One resource of a template, and which construct it comes from."""

    stack: str
    logical_id: str
    type: str
    path: str
    properties: Mapping[str, Any]


def synthesise(
    environment: str, settings: Mapping[str, str] | None = None, *, gated: bool = True
) -> Templates:
    """The templates of every architecture, the gate passed unless `gated` says otherwise.

    `settings` are those of `-c`, as typed there. Raises SettingsError, GateError.
    """
    given = {
        "env": environment,
        **(settings or {}),
        # Where a resource comes from, as `cdk synth` writes it, too.
        "aws:cdk:enable-path-metadata": True,
        # Nobody who only reads templates needs 200 MB of assets copied.
        "aws:cdk:disable-asset-staging": True,
    }
    with tempfile.TemporaryDirectory(prefix="cdk-") as folder:
        app = make_app(given, Path(folder), gated=gated)
        assembly = gate.synthesise(app) if gated else app.synth()
        return {stack.stack_name: stack.template for stack in assembly.stacks}


def resources(templates: Templates) -> Iterator[Resource]:
    """Every resource of some stacks, in the order of their templates."""
    for stack, template in templates.items():
        names = paths(template)
        for logical_id, body in template["Resources"].items():
            yield Resource(
                stack, logical_id, body["Type"], names[logical_id], body.get("Properties", {})
            )


def paths(template: Mapping[str, Any]) -> dict[str, str]:
    """Logical id -> construct path below its stack, `/Resource` left out."""
    found = {}
    for logical_id, resource in template["Resources"].items():
        path = resource.get("Metadata", {}).get("aws:cdk:path", logical_id)
        below = path.partition("/")[2].removesuffix("/Resource").removesuffix("/Table")
        found[logical_id] = below or path
    return found


def readable(template: Mapping[str, Any], value: Any) -> Any:
    """A value of a template with intrinsics spelt out: `{Storage/Lake.Arn}/events/*`."""
    names = paths(template)
    if isinstance(value, list):
        return [readable(template, item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        return f"{{{names.get(value['Ref'], value['Ref'])}}}"
    if set(value) == {"Fn::GetAtt"}:
        logical_id, attribute = value["Fn::GetAtt"]
        return f"{{{names[logical_id]}.{attribute}}}"
    if set(value) == {"Fn::Join"}:
        return "".join(map(str, readable(template, value["Fn::Join"][1])))
    return {key: readable(template, item) for key, item in value.items()}
