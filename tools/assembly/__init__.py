"""What a synth makes, as its readers want it: resources by the path of their construct.

The site, the cost model, `make plan` and the tests all read templates, and read them here.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stacks.catalogue import make_app
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
    environment: str,
    settings: Mapping[str, str] | None = None,
    *,
    only: Iterable[str] = (),
    gated: bool = True,
) -> Templates:
    """The templates of the architectures `only`, or of all, and of what they need.

    They have passed the gate unless `gated` says otherwise.

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
        app = make_app(given, Path(folder), only=only, gated=gated)
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


def spelt_out(templates: Templates) -> Iterator[Resource]:
    """Every resource, its properties `readable`; what one stack takes from another, too."""
    imports = _exports(templates)
    for each in resources(templates):
        properties = readable(templates[each.stack], dict(each.properties), imports)
        yield replace(each, properties=properties)


def _exports(templates: Templates) -> dict[str, str]:
    return {
        str(readable(template, output["Export"]["Name"])): f"{{{stack}/{value[1:]}"
        for stack, template in templates.items()
        for output in template.get("Outputs", {}).values()
        if "Export" in output
        and (value := str(readable(template, output["Value"]))).startswith("{")
    }


def readable(
    template: Mapping[str, Any], value: Any, imports: Mapping[str, str] | None = None
) -> Any:
    """A value of a template with intrinsics spelt out: `{Storage/Lake.Arn}/events/*`.

    `imports` says of other stacks' exports what they are.
    """
    names = paths(template)

    def spelt(value: Any) -> Any:
        match value:
            case list():
                return [spelt(item) for item in value]
            case {"Ref": name, **rest} if not rest:
                text = f"{{{names.get(name, name)}}}"
            case {"Fn::GetAtt": [logical_id, attribute]}:
                text = f"{{{names[logical_id]}.{attribute}}}"
            case {"Fn::Join": [_, parts]}:
                text = "".join(map(str, spelt(parts)))
            case {"Fn::ImportValue": str(exported)} if imports:
                text = imports.get(exported, f"{{{exported}}}")
            case dict():
                return {key: spelt(item) for key, item in value.items()}
            case _:
                return value
        return text

    return spelt(value)
