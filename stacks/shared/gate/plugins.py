"""Our two checkers as the CDK's validation wants them: the native engine, and the closed list."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

import jsii
from aws_cdk import (
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
)

from stacks.shared.gate import closed, native
from stacks.shared.gate.templates import Template, templates


class Found(NamedTuple):
    """What a checker says about one template, and about which part of it."""

    rule: str
    sentence: str
    logical_id: str | None = None
    place: str | None = None
    fix: str | None = None


@jsii.implements(IPolicyValidationPlugin)
class Checker:
    """A checker of templates; acknowledgments name it with hyphens: `Closed-Services::<rule>`."""

    def __init__(self, name: str, check: Callable[[Template], Iterator[Found]]) -> None:
        self._name = name
        self._check = check

    @property
    def name(self) -> str:
        """As the report prints it."""
        return self._name

    @property
    def version(self) -> str | None:
        """Not reported."""
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        """Not reported."""
        return None

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Report everything as an error: nothing that is found may pass without a reason."""
        violations = [
            _violation(found, template)
            for template in templates(context)
            for found in self._check(template)
        ]
        return PolicyValidationPluginReport(success=not violations, violations=violations)


def native_validation() -> Checker:
    """CloudFormation's own validation, and our Guard rules."""

    def check(template: Template) -> Iterator[Found]:
        for each in native.diagnose(template):
            place = each.property_path
            shown = (place or "").removeprefix("Properties").removeprefix(".")
            sentence = f"{shown}: {each.message}" if shown else each.message
            logical_id = native.logical_id(each)
            yield Found(each.rule_id, sentence, logical_id, place, each.suggested_fix)

    return Checker(native.NAME, check)


def closed_services(today: date) -> Checker:
    """The closed list, as of a day."""

    def check(template: Template) -> Iterator[Found]:
        for each in closed.findings(template.body(), today):
            yield Found(each.rule, each.sentence, each.logical_id)

    return Checker("Closed Services", check)


def _violation(found: Found, template: Template) -> PolicyViolation:
    return PolicyViolation(
        rule_name=found.rule,
        description=found.sentence,
        severity="error",
        fix=found.fix,
        violating_resources=[
            PolicyViolatingResource(
                resource_logical_id=found.logical_id,
                # Resources the CDK finds itself; the rest concerns the stack.
                construct_path=None if found.logical_id else template.stack_path,
                template_path=str(template.path),
                locations=[found.place] if found.place else [],
            )
        ],
    )
