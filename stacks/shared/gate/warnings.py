"""Acknowledgments of the CDK's own warnings, which go stale like those of findings.

The CDK forgets a warning as soon as it is acknowledged, so that nobody could tell which one was
needed. So `acknowledge_later` only notes it down; when the constructs are complete, and before the
report is written, `AcknowledgeWarnings` acknowledges what is there and notes where it was.
"""

from collections.abc import Iterator
from typing import Any

import jsii
from aws_cdk import Acknowledgment, App, Validations
from constructs import IConstruct, IValidation

_NOTED, _USED = "gate:acknowledged-warning", "gate:warning"
_WARNING = "aws:cdk:warning"


def acknowledge_later(construct: IConstruct, rule: str, reason: str) -> None:
    """Note that the warning `rule` is accepted at `construct`, and why."""
    name = rule.removeprefix("Annotation::")
    note = {"path": construct.node.path, "rule": name, "reason": reason}
    construct.node.root.node.add_metadata(_NOTED, note)


def acknowledged(construct: IConstruct, rule: str) -> set[str]:
    """The paths at and below `construct` that had the warning `rule`."""
    return {
        path
        for entry in construct.node.metadata
        if entry.type == _USED and entry.data["rule"] == rule
        for path in entry.data["paths"]
    }


def never_raised(app: App) -> Iterator[tuple[IConstruct, str, str]]:
    """Construct, rule and reason of each acknowledgment whose warning there was not."""
    for construct, rule, reason in _noted(app):
        if not acknowledged(construct, rule):
            yield construct, rule, reason


@jsii.implements(IValidation)
class AcknowledgeWarnings:
    """Runs after the last construct and aspect, and before the CDK collects its warnings."""

    def __init__(self, app: App) -> None:
        self._app = app

    def validate(self) -> list[str]:
        """Acknowledge what was noted and is there. Complains of nothing itself."""
        for construct, rule, reason in _noted(self._app):
            if paths := _paths_with(construct, rule):
                construct.node.add_metadata(_USED, {"rule": rule, "paths": paths})
                Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))
        return []


def _noted(app: App) -> list[tuple[IConstruct, str, str]]:
    return [
        (_construct(app, entry.data["path"]), entry.data["rule"], entry.data["reason"])
        for entry in app.node.metadata
        if entry.type == _NOTED
    ]


def _construct(app: App, path: str) -> IConstruct:
    construct: IConstruct = app
    for name in filter(None, path.split("/")):
        construct = construct.node.find_child(name)
    return construct


def _paths_with(construct: IConstruct, rule: str) -> list[str]:
    tags = (f"[ack: {rule}]", f"[ack: Annotation::{rule}]")
    return [
        child.node.path
        for child in construct.node.find_all()
        if any(_has(entry, tags) for entry in child.node.metadata)
    ]


def _has(entry: Any, tags: tuple[str, str]) -> bool:
    return entry.type == _WARNING and any(tag in str(entry.data) for tag in tags)
