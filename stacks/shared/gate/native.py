"""CloudFormation's validation on its native engine: the rules of the CDK's own, in 0.3 s, not 6.

As strict as `@aws-cdk/core:validateAgainstDefaultRules`, and stricter: warnings count, and our own
rules of `rules/` are among them.
"""

from functools import cache
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import (
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
)
from cloudformation_validate import (
    CompositeEngine,
    CompositeEngineConfig,
    DetailLevel,
    Diagnostic,
    EntityType,
    ExternalRuleSource,
    RuleFilterConfig,
    ServiceFilter,
    Severity,
    ValidateConfig,
)

NAME = "CloudFormation Validate"
_OWN_RULES = Path(__file__).parent / "rules"

# What the CDK's own plugin leaves out, because its templates cannot help it.
_IGNORED = ["W3005", "W1020", "E1018", "W9002", "W9013", "W1103"]
_CONFIG = ValidateConfig(
    exclude=RuleFilterConfig(
        ids=_IGNORED, services=[ServiceFilter(rule_id="W3697", service="AWS::AutoScaling")]
    ),
    detail_level=DetailLevel.STANDARD,
    severity_level=Severity.WARN,
)


@cache
def engine() -> CompositeEngine:
    """The engine with its own rules and ours; loading takes a third of a second.

    The CDK adds rules for one service, GameLift, which has no place in this project.
    """
    own = [
        ExternalRuleSource(name=path.name, content=path.read_text())
        for path in sorted(_OWN_RULES.glob("*.guard"))
    ]
    return CompositeEngine(CompositeEngineConfig(guard_rules=own))


def diagnose(template_path: str) -> list[Diagnostic]:
    """What is wrong with one synthesised template."""
    report = engine().validate_template(template_path, _CONFIG)
    return list(report.diagnostics)


@jsii.implements(IPolicyValidationPlugin)
class NativeValidation:
    """The plugin that the CDK calls with every template."""

    @property
    def name(self) -> str:
        """As acknowledgments name it: `CloudFormation-Validate::<rule>`."""
        return NAME

    @property
    def version(self) -> str | None:
        """Not reported."""
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        """Not reported."""
        return None

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Report every diagnostic of every template as an error."""
        violations = [
            _violation(diagnostic, stack.template_path)
            for stack in context.stack_templates
            for diagnostic in diagnose(stack.template_path)
        ]
        return PolicyValidationPluginReport(success=not violations, violations=violations)


def _violation(diagnostic: Diagnostic, template_path: str) -> PolicyViolation:
    entity: Any = diagnostic.entity
    is_resource = entity is not None and entity.entity_type == EntityType.RESOURCE
    place = diagnostic.property_path
    return PolicyViolation(
        rule_name=diagnostic.rule_id,
        description=f"{place}: {diagnostic.message}" if place else diagnostic.message,
        severity="error",
        fix=diagnostic.suggested_fix,
        violating_resources=[
            PolicyViolatingResource(
                resource_logical_id=entity.logical_id if is_resource else None,
                template_path=template_path,
                locations=[place] if place else [],
            )
        ],
    )
