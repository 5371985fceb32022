"""Acknowledged findings: each at the construct it concerns, with a reason."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from aws_cdk import Acknowledgment, App, Stack, Stage, Validations
from constructs import IConstruct

from stacks.shared.gate import closed, own, warnings

SHORTEST_REASON = 20
FEWEST_WORDS = 4
_PLACEHOLDERS = {"todo", "fixme", "tbd", "xxx", "lorem", "ipsum", "asdf", "foo", "bar", "dummy"}
_ANNOTATION = "Annotation::"

# Reasons of acknowledgments that the CDK adds itself, with or without a finding.
REASONS_OF_THE_CDK = frozenset(
    {
        "AWS::EC2::FlowLog DestinationOptions accepts properties in camelCase, even they are listed"
        " as PascalCase in the spec",
        "An empty list of resources to replicate tags is historically supported by this construct.",
        "Duplicate domain names in subjectAlternativeNames exist for historical reasons",
        "LifecycleRule.objectSizeLessThan and LifecycleRule.objectSizeGreaterThan are numbers for"
        " historical reasons",
        "Literal AZs in template are the result of accessing stack.availabilityZones, this is"
        " expected and safe",
        "SSM parameter is typed as String instead of"
        " AWS::SSM::Parameter::Value<AWS::EC2::Image::Id> for historical reasons.",
        "The AMI ID is resolved from a synth-time lookup, so the literal AMI ID in the template is"
        " expected.",
        "We are intentionally creating a duplicate resource",
        "accessControl is deprecated, but we are still using it for historical reasons.",
        "action is deprecated, but still in use for historical reasons",
        "elasticSearchConfig is deprecated, but still in use for historical reasons",
    }
)


class Complaint(NamedTuple):
    """Something the gate objects to: where, which rule, and lines for the reader."""

    path: str
    rule: str
    lines: tuple[str, ...]


def acknowledge(construct: IConstruct, findings: Mapping[str, str]) -> None:
    """Acknowledge findings at `construct`: rule id, as the gate prints it, -> why it is right here.

    The pack may be left out: `AwsSolutions-S1`, `W3045` and `GLUE_RAY` are enough.
    """
    for rule, reason in findings.items():
        if "::" in (name := qualified(rule)) and not name.startswith(_ANNOTATION):
            Validations.of(construct).acknowledge(Acknowledgment(id=name, reason=reason))
        else:
            warnings.acknowledge_later(construct, name, reason)


def qualified(rule: str) -> str:
    """A rule with its pack: only so is it recorded together with its reason."""
    name = rule.partition("[")[0]
    if "::" in name:
        return rule
    if name.startswith("AwsSolutions-"):
        return f"AwsSolutions::{rule}"
    if name in closed.rules():
        return f"Closed-Services::{rule}"
    if name in own.RULES:
        return f"Template-Rules::{rule}"
    # The engine's ids, and the names of our own Guard rules.
    return f"CloudFormation-Validate::{rule}" if re.fullmatch(r"[A-Z][A-Z0-9_]+", name) else rule


def complaints(app: App, report: dict[str, Any]) -> Iterator[Complaint]:
    """Acknowledgments that are not needed, give no reason, or cover more than one construct."""
    used = _used(report)
    for construct in app.node.find_all():
        for entry in construct.node.metadata:
            if entry.type == Validations.ACKNOWLEDGED_RULES_METADATA_KEY:
                for rule, reason in entry.data.items():
                    if reason not in REASONS_OF_THE_CDK:
                        objection = _objection(construct, rule, reason, used)
                        if objection:
                            yield Complaint(construct.node.path, rule, objection)
    for construct, rule, reason in warnings.never_raised(app):
        objection = _objection(construct, f"{_ANNOTATION}{rule}", reason, used)
        yield Complaint(construct.node.path, f"{_ANNOTATION}{rule}", objection)


def _used(report: dict[str, Any]) -> dict[tuple[str, str], set[str]]:
    """Where acknowledged, and which rule -> the constructs it was needed for."""
    used: dict[tuple[str, str], set[str]] = {}
    for plugin in report["pluginReports"]:
        for violation in plugin.get("suppressedViolations", []):
            key = (violation.get("acknowledgedAt", ""), violation["acknowledgedId"])
            paths = {construct["constructPath"] for construct in violation["violatingConstructs"]}
            used.setdefault(key, set()).update(paths)
    return used


def _objection(
    construct: IConstruct, rule: str, reason: str, used: dict[tuple[str, str], set[str]]
) -> tuple[str, ...]:
    path = construct.node.path
    findings = used.get((path, rule), set())
    if lacks := _what_a_reason_lacks(reason):
        return (f"is acknowledged without a reason ({reason!r}): {lacks}.",)
    bare = rule.removeprefix(_ANNOTATION)
    if bare != rule and qualified(bare) != bare:
        return (f"is acknowledged without its pack: write {qualified(bare)!r}.",)
    if bare != rule:
        findings = warnings.acknowledged(construct, bare)
    if not findings:
        return ("is acknowledged, but has no finding there: remove the acknowledgment.",)
    if isinstance(construct, Stack | Stage) and (below := sorted(findings - {path})):
        return (
            "is acknowledged for everything below: acknowledge it at the construct it concerns.",
            *(f"  {place}" for place in below),
        )
    return ()


def _what_a_reason_lacks(reason: str | None) -> str | None:
    """What a reason must have to be one that a reviewer can judge, None if it has it."""
    text = (reason or "").strip()
    words = set(re.findall(r"[a-z]{2,}", text.lower()))
    if len(text) < SHORTEST_REASON:
        return f"say why it is right there, in {SHORTEST_REASON} characters or more"
    if len(words) < FEWEST_WORDS:
        return f"say why it is right there, in {FEWEST_WORDS} different words or more"
    if placeholders := sorted(words & _PLACEHOLDERS):
        return f"{placeholders[0]!r} is a placeholder: say why it is right there"
    return None
