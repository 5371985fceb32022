"""A change as sections of rows for its reviewer: security first, then the resources."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.plan.changes import Change, Property, StackChange, Targets
from tools.plan.kinds import (
    LISTED_BY_STATEMENT,
    LOST,
    POLICIES,
    RETAINED_BY,
    SECURITY_PROPERTIES,
    SECURITY_TYPES,
    STATEFUL,
)
from tools.plan.reading import Names, is_code

_SIGN = {True: "+", False: "-"}


@dataclass
class Section:
    """A heading, and a table below it."""

    title: str
    heads: Sequence[str]
    rows: list[tuple[str, ...]] = field(default_factory=list)


@dataclass
class Review:
    """All differences, sorted by what a reviewer looks for."""

    statements: Section
    managed: Section
    network: Section
    security: Section
    added: Section
    changed: Section
    replaced: Section
    removed: Section
    parts: Section
    # Constructs whose code differs.
    code: list[str]

    def sections(self) -> list[Section]:
        """Those with rows, in reading order."""
        sections = [
            self.statements,
            self.managed,
            self.network,
            self.security,
            self.added,
            self.changed,
            self.replaced,
            self.removed,
            self.parts,
        ]
        return [section for section in sections if section.rows]


def review(changes: Sequence[StackChange]) -> Review:
    """The review of some stacks' differences."""
    resource = ("", "construct", "type")
    value = ("construct", "property", "before", "after")
    sorted_changes = Review(
        statements=Section(
            "Security: policy statements",
            ("", "stack", "effect", "principal", "actions", "resources", "condition"),
        ),
        managed=Section("Security: managed policies", ("", "stack", "identity", "policy")),
        network=Section(
            "Security: rules of security groups",
            ("", "stack", "group", "direction", "protocol", "peer"),
        ),
        security=Section("Security: keys, network and access", ("", *value)),
        added=Section("Added", resource),
        changed=Section("Changed", value),
        replaced=Section("Replaced", ("construct", "type", "because of", "its data")),
        removed=Section("Removed", (*resource, "its data")),
        parts=Section("Outputs and other parts of a template", ("stack", *value[1:])),
        code=[],
    )
    for stack in changes:
        _Stack(stack, sorted_changes).sort()
    return sorted_changes


class _Stack:
    def __init__(self, change: StackChange, review: Review) -> None:
        self._change, self._review = change, review
        self._names = Names(change.old, change.new)

    def sort(self) -> None:
        difference, review, stack = self._change.difference, self._review, self._change.name
        for statement in difference.statements:
            targets = (statement.principals, statement.actions, statement.resources)
            condition = self._condition(statement.condition)
            sign, effect = _SIGN[statement.added], statement.effect
            review.statements.rows.append(
                (sign, stack, effect, *map(self._targets, targets), condition)
            )
        for policy in difference.managed_policies:
            names = map(self._names.with_paths, (policy.identity, policy.policy))
            review.managed.rows.append((_SIGN[policy.added], stack, *names))
        for rule in difference.rules:
            group, peer = map(self._names.with_paths, (rule.group, rule.peer))
            review.network.rows.append(
                (_SIGN[rule.added], stack, group, rule.direction, rule.protocol, peer)
            )
        for change in difference.resources:
            self._resource(change)
        for part in difference.parts:
            for place, old, new in self._names.leaves(part.old, part.new):
                name = f"{part.name}.{place}" if place else part.name
                review.parts.rows.append((stack, name, old, new))

    def _targets(self, targets: Targets) -> str:
        values = ", ".join(map(self._names.with_paths, targets.values))
        return f"all but {values}" if targets.negated else values

    def _condition(self, condition: Any) -> str:
        if not condition:
            return ""
        return self._names.with_paths(
            "; ".join(f"{place} {new}" for place, _, new in self._names.leaves({}, condition))
        )

    def _resource(self, change: Change) -> None:
        old, new = (
            template["Resources"].get(change.logical_id)
            for template in (self._change.old, self._change.new)
        )
        name = f"{self._change.name}/{self._names.path(change.logical_id)}"
        if old is None or new is None:
            self._added_or_removed(change, name, old, new)
            return
        differing = [
            value
            for value in [*change.properties, *_retention(change)]
            if not is_code(value.old, value.new)
        ]
        if any(is_code(value.old, value.new) for value in change.properties):
            self._review.code.append(name)
        if change.impact in ("WILL_REPLACE", "MAY_REPLACE"):
            self._replaced(change, name, new)
        self._leaves(name, new["Type"], differing)

    def _added_or_removed(self, change: Change, name: str, old: Any, new: Any) -> None:
        kind = (new or old)["Type"]
        if kind in SECURITY_TYPES:
            sign = _SIGN[old is None]
            label = self._names.service((new or old).get("Properties", {})) or kind
            self._review.security.rows.append(
                (sign, name, "", *(("", label) if new else (label, "")))
            )
        if old is None:
            self._review.added.rows.append(("+", name, kind))
            return
        retained = change.impact == "WILL_ORPHAN"
        self._review.removed.rows.append(("-", name, kind, _data(kind, retained=retained)))

    def _replaced(self, change: Change, name: str, new: dict[str, Any]) -> None:
        causes = [
            value for value in change.properties if value.impact in ("WILL_REPLACE", "MAY_REPLACE")
        ]
        because = ", ".join(
            cause.name + (" (perhaps)" if cause.impact == "MAY_REPLACE" else "") for cause in causes
        )
        retained = new.get("UpdateReplacePolicy") == "Retain"
        row = (name, new["Type"], because or "Type", _data(new["Type"], retained=retained))
        self._review.replaced.rows.append(row)

    def _leaves(self, name: str, kind: str, properties: Sequence[Property]) -> None:
        for value in properties:
            if value.name in POLICIES and kind in LISTED_BY_STATEMENT:
                continue
            secures = kind in SECURITY_TYPES or value.name in SECURITY_PROPERTIES | POLICIES
            for row in self._rows(name, value):
                if secures and value.name != "Tags":
                    self._review.security.rows.append(("~", *row))
                else:
                    self._review.changed.rows.append(row)

    def _rows(self, name: str, value: Property) -> Iterator[tuple[str, str, str, str]]:
        for place, old, new in self._names.leaves(value.old, value.new):
            separator = "" if place.startswith("[") else "."
            yield name, f"{value.name}{separator}{place}" if place else value.name, old, new


def _retention(change: Change) -> Iterator[Property]:
    """The attributes that decide about data; others, like Metadata, are the CDK's own."""
    return (value for value in change.attributes if value.name in RETAINED_BY)


def _data(kind: str, *, retained: bool) -> str:
    if kind not in STATEFUL:
        return ""
    return "remains in the old resource" if retained else LOST
