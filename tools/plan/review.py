"""What a reviewer reads of a change, as sections of rows: security first, then the resources."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.plan.changes import Change, Property, StackChange, Targets
from tools.plan.kinds import (
    KEPT_BY,
    LOST,
    POLICIES,
    SECURITY_PROPERTIES,
    SECURITY_TYPES,
    STATEFUL,
    TOLD_BY_STATEMENT,
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
    """Everything that differs, sorted into what a reviewer looks for."""

    statements: Section
    managed: Section
    network: Section
    security: Section
    added: Section
    changed: Section
    replaced: Section
    removed: Section
    others: Section
    # The constructs of which nothing but the code differs.
    code: list[str]

    def sections(self) -> list[Section]:
        """Those that have something to say, in the order of reading."""
        every = [
            self.statements,
            self.managed,
            self.network,
            self.security,
            self.added,
            self.changed,
            self.replaced,
            self.removed,
            self.others,
        ]
        return [each for each in every if each.rows]


def review(changes: Sequence[StackChange]) -> Review:
    """Sort what differs in some stacks."""
    what = ("", "construct", "type")
    leaf = ("construct", "property", "was", "becomes")
    found = Review(
        statements=Section(
            "Security: policy statements",
            ("", "stack", "effect", "principal", "actions", "resources", "condition"),
        ),
        managed=Section("Security: managed policies", ("", "stack", "identity", "policy")),
        network=Section(
            "Security: rules of security groups",
            ("", "stack", "group", "direction", "protocol", "peer"),
        ),
        security=Section("Security: keys, network and access", ("", *leaf)),
        added=Section("Added", what),
        changed=Section("Changed", leaf),
        replaced=Section("Replaced", ("construct", "type", "because of", "its data")),
        removed=Section("Removed", ("", "construct", "type", "its data")),
        others=Section("Outputs and what else is in a template", ("stack", *leaf[1:])),
        code=[],
    )
    for stack in changes:
        _Stack(stack, found).sort()
    return found


class _Stack:
    def __init__(self, change: StackChange, review: Review) -> None:
        self._change, self._review = change, review
        self._names = Names(change.old, change.new)

    def sort(self) -> None:
        difference, review, stack = self._change.difference, self._review, self._change.name
        for each in difference.statements:
            who, actions, on = (
                self._targets(one) for one in (each.principals, each.actions, each.resources)
            )
            condition = self._condition(each.condition)
            review.statements.rows.append(
                (_SIGN[each.added], stack, each.effect, who, actions, on, condition)
            )
        for policy in difference.managed_policies:
            names = (self._names.named(one) for one in (policy.identity, policy.policy))
            review.managed.rows.append((_SIGN[policy.added], stack, *names))
        for rule in difference.rules:
            group, peer = self._names.named(rule.group), self._names.named(rule.peer)
            review.network.rows.append(
                (_SIGN[rule.added], stack, group, rule.direction, rule.protocol, peer)
            )
        for change in difference.resources:
            self._resource(change)
        for other in difference.others:
            for place, old, new in self._names.leaves(other.old, other.new):
                what = f"{other.name}.{place}" if place else other.name
                review.others.rows.append((stack, what, old, new))

    def _targets(self, targets: Targets) -> str:
        named = ", ".join(self._names.named(each) for each in targets.values)
        return f"all but {named}" if targets.negated else named

    def _condition(self, condition: Any) -> str:
        if not condition:
            return ""
        return self._names.named(
            "; ".join(f"{place} {new}" for place, _, new in self._names.leaves({}, condition))
        )

    def _resource(self, change: Change) -> None:
        old, new = (
            template["Resources"].get(change.logical_id)
            for template in (self._change.old, self._change.new)
        )
        name = f"{self._change.name}/{self._names.path(change.logical_id)}"
        if old is None or new is None:
            self._come_or_gone(change, name, old, new)
            return
        differing = [
            each
            for each in [*change.properties, *(a for a in change.attributes if a.name in KEPT_BY)]
            if not is_code(each.old, each.new)
        ]
        # Metadata is the CDK's own, and says of an asset what its hash says, too.
        if any(is_code(each.old, each.new) for each in change.properties):
            self._review.code.append(name)
        if change.impact in ("WILL_REPLACE", "MAY_REPLACE"):
            self._replaced(change, name, new)
        self._leaves(name, new["Type"], differing)

    def _come_or_gone(self, change: Change, name: str, old: Any, new: Any) -> None:
        kind = (new or old)["Type"]
        if kind in SECURITY_TYPES:
            sign = _SIGN[old is None]
            told = self._names.service((new or old).get("Properties", {})) or kind
            self._review.security.rows.append(
                (sign, name, "", *(("", told) if new else (told, "")))
            )
        if old is None:
            self._review.added.rows.append(("+", name, kind))
            return
        kept = change.impact == "WILL_ORPHAN"
        self._review.removed.rows.append(("-", name, kind, _data(kind, kept=kept)))

    def _replaced(self, change: Change, name: str, new: dict[str, Any]) -> None:
        causes = [
            each for each in change.properties if each.impact in ("WILL_REPLACE", "MAY_REPLACE")
        ]
        because = ", ".join(
            each.name + (" (perhaps)" if each.impact == "MAY_REPLACE" else "") for each in causes
        )
        kept = new.get("UpdateReplacePolicy") == "Retain"
        row = (name, new["Type"], because or "Type", _data(new["Type"], kept=kept))
        self._review.replaced.rows.append(row)

    def _leaves(self, name: str, kind: str, properties: Sequence[Property]) -> None:
        for each in properties:
            if each.name in POLICIES and kind in TOLD_BY_STATEMENT:
                continue
            matters = kind in SECURITY_TYPES or each.name in SECURITY_PROPERTIES | POLICIES
            for row in self._rows(name, each):
                if matters and each.name != "Tags":
                    self._review.security.rows.append(("~", *row))
                else:
                    self._review.changed.rows.append(row)

    def _rows(self, name: str, each: Property) -> Iterator[tuple[str, str, str, str]]:
        for place, old, new in self._names.leaves(each.old, each.new):
            joint = "" if place.startswith("[") else "."
            yield name, f"{each.name}{joint}{place}" if place else each.name, old, new


def _data(kind: str, *, kept: bool) -> str:
    if kind not in STATEFUL:
        return ""
    return "stays behind, in the old one" if kept else LOST
