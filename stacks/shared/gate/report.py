"""The findings of a synth as sentences for the person who has to act on them."""

from collections.abc import Iterator
from typing import Any

from aws_cdk import App, Validations

_SHORTEST_REASON = 20


class GateError(Exception):
    """What the gate objects to, everything at once. The message is for the user."""


def complaints(app: App, report: dict[str, Any]) -> list[str]:
    """One paragraph for each construct and rule that does not pass, none if all is well."""
    return [*_violations(report), *_acknowledgments(app, report)]


def _violations(report: dict[str, Any]) -> Iterator[str]:
    for plugin in report["pluginReports"]:
        prefix = plugin["pluginName"].replace(" ", "-")
        for violation in plugin["violations"]:
            rule = f"{prefix}::{violation['ruleName']}"
            for construct in violation["violatingConstructs"]:
                yield (
                    f"{rule}\n"
                    f"  at {construct.get('constructPath', '(no construct)')}\n"
                    f"  {violation['description']}\n"
                    f"  {violation.get('suggestedFix') or _ADVICE.format(rule=rule)}"
                )


_ADVICE = (
    'Mend it, or accept it there: gate.acknowledge(construct, {{"{rule}": "why it is right"}})'
)


def _acknowledgments(app: App, report: dict[str, Any]) -> Iterator[str]:
    needed = {
        (suppressed["acknowledgedAt"], suppressed["acknowledgedId"])
        for plugin in report["pluginReports"]
        for suppressed in plugin.get("suppressedViolations", [])
    }
    for construct in app.node.find_all():
        path = construct.node.path
        for entry in construct.node.metadata:
            if entry.type != Validations.ACKNOWLEDGED_RULES_METADATA_KEY:
                continue
            for rule, reason in entry.data.items():
                if (path, rule) not in needed:
                    yield f"{rule}\n  at {path}\n  {_STALE}"
                elif len(reason) < _SHORTEST_REASON:
                    yield f"{rule}\n  at {path}\n  {_UNREASONED.format(reason=reason)}"


_STALE = "is acknowledged, but nothing there needs it: remove the acknowledgment."
_UNREASONED = "is acknowledged without a reason ({reason!r}): say why it is right there."
