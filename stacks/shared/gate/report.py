"""The findings of a synth as sentences for the person who has to act on them."""

from collections.abc import Iterator
from typing import Any

from aws_cdk import App

from stacks.shared.gate import acknowledgments
from stacks.shared.gate.acknowledgments import Complaint


class GateError(Exception):
    """What the gate objects to, everything at once. The message is for the user."""


def paragraphs(app: App, report: dict[str, Any]) -> list[str]:
    """One paragraph for each construct and rule that does not pass, none if all is well."""
    complaints = {
        *_violations(report),
        *_failures(report),
        *acknowledgments.complaints(app, report),
    }
    # Sorted, so that the findings of one construct follow each other.
    return [
        "\n  ".join((complaint.rule, f"at {complaint.path or '(the app)'}", *complaint.lines))
        for complaint in sorted(complaints)
    ]


def _violations(report: dict[str, Any]) -> Iterator[Complaint]:
    for plugin in report["pluginReports"]:
        prefix = plugin["pluginName"].replace(" ", "-")
        for violation in plugin["violations"]:
            name = violation["ruleName"]
            # Warnings and errors of the CDK's own constructs carry a prefix already.
            rule = name if prefix == "Construct-Annotations" else f"{prefix}::{name}"
            final = prefix == "Construct-Annotations" and violation["severity"] == "error"
            advice = _FINAL if final else _ADVICE.format(rule=rule)
            lines = (violation["description"], violation.get("suggestedFix") or advice)
            for construct in violation["violatingConstructs"]:
                yield Complaint(construct["constructPath"], rule, lines)


def _failures(report: dict[str, Any]) -> Iterator[Complaint]:
    """A checker that crashed reports no finding, which must not look like a pass."""
    for plugin in report["pluginReports"]:
        if plugin["conclusion"] != "success" and not plugin["violations"]:
            why = (plugin.get("metadata") or {}).get("error", "It gave no reason.")
            advice = "It checked nothing, so nothing passes: repair the checker."
            yield Complaint("", plugin["pluginName"], (why, advice))


_FINAL = "Fix it: an error of a construct cannot be acknowledged."
_ADVICE = (
    'Fix it, or acknowledge it there: gate.acknowledge(construct, {{"{rule}": "why it is right"}})'
)
