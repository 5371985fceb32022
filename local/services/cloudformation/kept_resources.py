"""Resource types that ministack cannot create: CloudFormation keeps their properties.

A kept resource is in the stack, with the `Ref` and the attributes that the CloudFormation registry
declares for its type; no service runs it. The schemas are those that cfn-lint packages.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_REGION_FILE = "providers/us-east-1.json"
Properties = dict[str, Any]


@dataclass(frozen=True)
class AccountContext:
    """What a kept resource needs of the emulator."""

    arn_prefix: Callable[[str], str]
    """Service -> "arn:aws:<service>:<Region>:<account>"."""
    physical_name: Callable[[str, str], str]
    """Stack name and logical id -> the name that CloudFormation generates."""


class KeptType:
    """Creates and deletes resources of one type as a provisioner of ministack does."""

    def __init__(self, type_name: str, schema_file: str, context: AccountContext) -> None:
        _, self._service, self._resource = type_name.split("::")
        self._schema_file, self._context = schema_file, context

    def create(self, logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
        """The `Ref` of the resource, and its attributes."""
        schema = _read(f"resources/{self._schema_file}.json")
        name = self._context.physical_name(stack, logical_id)
        identifier = [self._value(path, name, properties) for path in schema["primaryIdentifier"]]
        attributes = {
            path.removeprefix("/properties/").replace("/", "."): self._value(path, name, properties)
            for path in _attribute_paths(schema)
        }
        return "|".join(map(str, identifier)), attributes

    def delete(self, _reference: str, _properties: Properties) -> None:
        """Nothing runs, so nothing is to be deleted."""

    def _value(self, path: str, name: str, properties: Properties) -> Any:
        """The property at `path`; if the template does not set it, what the service would."""
        value: Any = properties
        for part in path.removeprefix("/properties/").split("/"):
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            return value
        if path.endswith("Arn"):
            return (
                f"{self._context.arn_prefix(self._service.lower())}:{self._resource.lower()}/{name}"
            )
        return name


def kept_types(provisioned: set[str], context: AccountContext) -> Iterator[tuple[str, KeptType]]:
    """Every type of the registry that is not in `provisioned`, with what keeps it."""
    for type_name, schema_file in _read(_REGION_FILE).items():
        # Three parts: neither modules nor the types of third parties.
        if type_name.startswith("AWS::") and type_name not in provisioned:
            yield type_name, KeptType(type_name, schema_file, context)


def kept_type(type_name: str, context: AccountContext) -> KeptType:
    """What keeps one type. Raises KeyError for a type that is not in the registry."""
    return KeptType(type_name, _read(_REGION_FILE)[type_name], context)


def _attribute_paths(schema: dict[str, Any]) -> set[str]:
    """Paths of what `Fn::GetAtt` may ask for: what the service sets, and names, ids and ARNs."""
    names = {
        f"/properties/{name}"
        for name, property_schema in schema["properties"].items()
        if property_schema.get("type") == "string" and name.endswith(("Name", "Id", "Arn"))
    }
    return names | set(schema["primaryIdentifier"]) | set(schema.get("readOnlyProperties", []))


@cache
def _read(path: str) -> dict[str, Any]:
    # Found, not imported: importing cfn-lint takes a second.
    specification = find_spec("cfnlint")
    if specification is None or specification.origin is None:
        raise ModuleNotFoundError("cfn-lint, which packages the CloudFormation registry's schemas")
    schemas = Path(specification.origin).parent / "data" / "schemas"
    document: dict[str, Any] = json.loads((schemas / path).read_text())
    return document
