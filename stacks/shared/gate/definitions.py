"""The definitions of state machines in a template, and their states, nested ones included."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from stacks.shared.gate.resolved import Resolved, Resource

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


class Machine(NamedTuple):
    """A state machine; `definition` is None if the template does not hold one that is JSON."""

    resource: Resource
    definition: Mapping[str, Any] | None
    express: bool


class State(NamedTuple):
    """A state of a definition."""

    name: str
    body: Mapping[str, Any]
    jsonata: bool
    express: bool
    """Whether it runs in an Express workflow, as the machine or as a child of a Distributed Map."""


def machines(template: Resolved) -> Iterator[Machine]:
    """Every state machine."""
    for resource in template.of_type("StepFunctions::StateMachine"):
        express = "EXPRESS" in template.texts(resource.properties.get("StateMachineType"))
        for definition in _definitions(template, resource):
            yield Machine(resource, definition, express)


def states(machine: Machine) -> Iterator[State]:
    """Every state of a machine that has a definition."""
    if machine.definition is not None:
        yield from _states(machine.definition, jsonata=False, express=machine.express)


def expressions(value: Any) -> Iterator[str]:
    """The JSONata in a part of a state, without its `{% %}`; states inside it are left out."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key not in ("ItemProcessor", "Iterator", "Branches"):
                yield from expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)
    elif isinstance(value, str) and (text := value.strip()).startswith("{%"):
        yield text.removeprefix("{%").removesuffix("%}").strip()


def _definitions(template: Resolved, resource: Resource) -> Iterator[Mapping[str, Any] | None]:
    properties = resource.properties
    if isinstance(definition := properties.get("Definition"), Mapping):
        texts = [json.dumps(_plain(template, definition))]
    else:
        texts = template.texts(properties.get("DefinitionString"))
    substitutions = {
        name: (template.texts(value) or [""])[0]
        for name, value in (properties.get("DefinitionSubstitutions") or {}).items()
    }
    for text in texts or [""]:
        filled = _PLACEHOLDER.sub(
            lambda match: json.dumps(substitutions.get(match[1], match[0]))[1:-1], text
        )
        try:
            parsed = json.loads(filled)
        except ValueError:
            parsed = None
        yield parsed if isinstance(parsed, Mapping) and "States" in parsed else None


def _plain(template: Resolved, value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(template, item) for item in value]
    if isinstance(value, Mapping):
        if len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::")):
            return (template.texts(value) or [""])[0]
        return {key: _plain(template, item) for key, item in value.items()}
    return value


def _states(definition: Mapping[str, Any], *, jsonata: bool, express: bool) -> Iterator[State]:
    jsonata = definition.get("QueryLanguage", "JSONata" if jsonata else "") == "JSONata"
    for name, body in definition["States"].items():
        own_language = body.get("QueryLanguage", "JSONata" if jsonata else "") == "JSONata"
        yield State(name, body, own_language, express)
        for nested in body.get("Branches", []):
            yield from _states(nested, jsonata=jsonata, express=express)
        if processor := body.get("ItemProcessor") or body.get("Iterator"):
            child = processor.get("ProcessorConfig", {}).get("ExecutionType") == "EXPRESS"
            yield from _states(processor, jsonata=jsonata, express=express or child)
