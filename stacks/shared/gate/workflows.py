"""State machines: expressions that parse, calls that exist and that the role may make.

What the engine's E3601 and asl-validator check of the language itself is not repeated here.
"""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from stacks.shared.gate import definitions, jsonata_check, policies, service_calls
from stacks.shared.gate.definitions import Machine, State
from stacks.shared.gate.findings import Finding
from stacks.shared.gate.resolved import Resolved
from stacks.shared.gate.service_calls import call_of

RULES = (
    "WORKFLOW_UNREADABLE", "JSONATA", "CALL_UNKNOWN", "EXPRESS_WAITS", "TASK_NOT_ALLOWED",
    "TRANSITION",
)  # fmt: skip
_OF_JSONPATH = {"InputPath", "Parameters", "ResultSelector", "ResultPath", "OutputPath"}


def findings(template: Resolved) -> Iterator[Finding]:
    """What is wrong with the state machines of a template."""
    for machine in definitions.machines(template):
        if machine.definition is None:
            yield Finding(
                "WORKFLOW_UNREADABLE",
                "The definition is not in the template as JSON, so nothing of it is checked: use"
                " DefinitionBody.from_string.",
                machine.resource.logical_id,
            )
            continue
        for sentence in _transitions(machine.definition):
            yield Finding("TRANSITION", sentence, machine.resource.logical_id)
        allowed = _allowed(template, machine)
        assigned = {
            name
            for state in definitions.states(machine)
            for catcher in [
                state.body,
                *state.body.get("Catch", []),
                *state.body.get("Choices", []),
            ]
            for name in catcher.get("Assign", {})
        }
        for state in definitions.states(machine):
            for rule, sentence in _of_state(state, assigned, allowed):
                yield Finding(
                    rule, f"State {state.name!r}: {sentence}.", machine.resource.logical_id
                )


def _of_state(
    state: State, assigned: set[str], allowed: list[str] | None
) -> Iterator[tuple[str, str]]:
    if state.jsonata:
        if fields := sorted(_OF_JSONPATH & set(state.body)):
            yield "JSONATA", f"{', '.join(fields)} belongs to JSONPath: use Arguments and Output"
        for expression in definitions.expressions(state.body):
            if problem := jsonata_check.complaint(expression, assigned):
                yield "JSONATA", f"{problem} in {{% {_short(expression)} %}}"
    processor = state.body.get("ItemProcessor", {}).get("ProcessorConfig", {})
    if state.express and processor.get("Mode") == "DISTRIBUTED":
        yield "EXPRESS_WAITS", "an Express workflow has no Distributed Map: make it Standard"
    if state.body.get("Type") == "Task":
        yield from _of_task(state, allowed)


def _of_task(state: State, allowed: list[str] | None) -> Iterator[tuple[str, str]]:
    resource = str(state.body.get("Resource", ""))
    call = call_of(resource)
    if state.express and (":activity:" in resource or (call and call.pattern)):
        # docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html, read 2026-11-28
        yield (
            "EXPRESS_WAITS",
            "an Express workflow waits for no job, token or activity: make it Standard",
        )
    if not call and not re.search(r":lambda:|:activity:|\$\{", resource):
        yield "CALL_UNKNOWN", f"{resource} is no integration, function or activity"
    if call:
        arguments = state.body.get("Arguments" if state.jsonata else "Parameters", {})
        if problem := service_calls.complaint(call, arguments):
            yield "CALL_UNKNOWN", problem
        elif allowed is not None:
            for action in service_calls.actions_of(call):
                if not any(fnmatchcase(action.lower(), pattern) for pattern in allowed):
                    yield f"TASK_NOT_ALLOWED[{action}]", f"the role does not allow {action}"


def _transitions(definition: Mapping[str, Any]) -> Iterator[str]:
    """States that are named and are not there, or are there and nothing leads to them."""
    states = definition["States"]
    reached, ahead = set(), [definition.get("StartAt", "")]
    while ahead:
        name = ahead.pop()
        if name not in states:
            yield f"There is no state {name!r}, and a transition leads to it."
        elif name not in reached:
            reached.add(name)
            body = states[name]
            rows = [body, *body.get("Catch", []), *body.get("Choices", [])]
            ahead += [row["Next"] for row in rows if "Next" in row]
            ahead += [body["Default"]] if "Default" in body else []
    if lost := sorted(set(states) - reached):
        yield f"Nothing leads to {', '.join(map(repr, lost))}: remove it, or lead there."
    for body in states.values():
        processor = body.get("ItemProcessor") or body.get("Iterator")
        for nested in [*body.get("Branches", []), *([processor] if processor else [])]:
            yield from _transitions(nested)


def _allowed(template: Resolved, machine: Machine) -> list[str] | None:
    """The actions that the machine's role allows, in small letters; None if it is elsewhere."""
    roles = [
        name
        for name in template.referenced(machine.resource.properties.get("RoleArn"))
        if template.resources[name].type == "AWS::IAM::Role"
    ]
    if not roles:
        return None
    (role,) = roles[:1]
    attached = template.referenced(template.resources[role].properties.get("ManagedPolicyArns"))
    return [
        action.lower()
        for statement in policies.statements(template)
        if not statement.names_principals
        and (
            statement.resource.logical_id in {role, *attached}
            or role
            in template.referenced(
                [statement.resource.properties.get(name) for name in ("Roles", "RoleName")]
            )
        )
        for action in policies.actions(template, statement.body)
    ]


def _short(expression: str) -> str:
    text = " ".join(expression.split())
    return text if len(text) <= 80 else f"{text[:77]}..."
