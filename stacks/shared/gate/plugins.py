"""The plugins of the CDK's validation: the native engine, our own rules, the closed services."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

import jsii
from aws_cdk import (
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
)

from stacks.shared.gate import closed, native, own
from stacks.shared.gate.findings import Finding
from stacks.shared.gate.templates import Template, templates

_NOT_IN_THE_REGION = "F3006"


@jsii.implements(IPolicyValidationPlugin)
class Checker:
    """A checker of templates; acknowledgments name it with hyphens: `Closed-Services::<rule>`."""

    def __init__(self, name: str, check: Callable[[Template], Iterator[Finding]]) -> None:
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
        """Report every finding as an error: none may pass without a reason."""
        violations = [
            _violation(finding, template)
            for template in templates(context)
            for finding in self._check(template)
        ]
        return PolicyValidationPluginReport(success=not violations, violations=violations)


def native_validation(avoidable: Mapping[str, Mapping[str, str]] | None = None) -> Checker:
    """CloudFormation's own validation, and our Guard rules.

    `avoidable` is stack -> resource type -> the setting that leaves it out, for Regions that do
    not have the type.
    """

    def check(template: Template) -> Iterator[Finding]:
        for diagnosis in native.diagnose(template):
            path = diagnosis.property_path
            property_path = (path or "").removeprefix("Properties").removeprefix(".")
            sentence = (
                f"{property_path}: {diagnosis.message}" if property_path else diagnosis.message
            )
            logical_id = native.logical_id(diagnosis)
            fix = diagnosis.suggested_fix
            if diagnosis.rule_id == _NOT_IN_THE_REGION:
                settings = (avoidable or {}).get(template.stack_path, {})
                fix = _elsewhere(settings, sentence)
            yield Finding(diagnosis.rule_id, sentence, logical_id, path, fix)

    return Checker(native.NAME, check)


def _elsewhere(settings: Mapping[str, str], sentence: str) -> str:
    for kind, setting in settings.items():
        if f"'{kind}'" in sentence:
            return f"Leave it out: -c {setting}. Or deploy to another Region."
    return "Deploy to another Region: there is no setting that leaves it out."


def template_rules() -> Checker:
    """The rules that this project writes itself, on resolved templates."""

    def check(template: Template) -> Iterator[Finding]:
        return own.findings(template)

    return Checker(own.NAME, check)


def closed_services(today: date) -> Checker:
    """The closed list, as of a day."""

    return Checker("Closed Services", lambda template: closed.findings(template.body(), today))


def _violation(finding: Finding, template: Template) -> PolicyViolation:
    return PolicyViolation(
        rule_name=finding.rule,
        description=_capitalised(finding.sentence),
        severity="error",
        fix=finding.fix,
        violating_resources=[
            PolicyViolatingResource(
                resource_logical_id=finding.logical_id,
                # The CDK finds the construct of a resource; other findings concern the stack.
                construct_path=None if finding.logical_id else template.stack_path,
                template_path=str(template.path),
                locations=[finding.place] if finding.place else [],
            )
        ],
    )


def _capitalised(sentence: str) -> str:
    """With a capital, unless an action or a property begins it."""
    is_word = sentence.split(" ", 1)[0].isalpha()
    return sentence[:1].upper() + sentence[1:] if is_word else sentence
