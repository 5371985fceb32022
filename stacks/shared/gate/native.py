"""CloudFormation's validation on its native engine: the rules of the CDK's own, in 0.3 s, not 6.

As strict as `@aws-cdk/core:validateAgainstDefaultRules`, and stricter: warnings count, nested
stacks are read, and our own rules of `rules/` are among them.
"""

from functools import cache
from pathlib import Path
from typing import Any

from cloudformation_validate import (
    CompositeEngine,
    CompositeEngineConfig,
    DetailLevel,
    Diagnostic,
    EntityType,
    ExternalRuleSource,
    PseudoParameterOverrides,
    RuleFilterConfig,
    ServiceFilter,
    Severity,
    ValidateConfig,
)

from stacks.shared.gate.templates import Template

NAME = "CloudFormation Validate"
OWN_RULES = Path(__file__).parent / "rules"

# What the CDK's own plugin leaves out, because its templates cannot help it.
IGNORED = ["W3005", "W1020", "E1018", "W9002", "W9013", "W1103"]


@cache
def engine() -> CompositeEngine:
    """The engine with its own rules and ours; loading takes a third of a second.

    The CDK adds rules for one service, GameLift, which has no place in this project.
    """
    own = [
        ExternalRuleSource(name=path.name, content=path.read_text())
        for path in sorted(OWN_RULES.glob("*.guard"))
    ]
    return CompositeEngine(CompositeEngineConfig(guard_rules=own))


def diagnose(template: Template) -> list[Diagnostic]:
    """What is wrong with one synthesised template."""
    config = ValidateConfig(
        exclude=RuleFilterConfig(
            ids=IGNORED, services=[ServiceFilter(rule_id="W3697", service="AWS::AutoScaling")]
        ),
        detail_level=DetailLevel.STANDARD,
        severity_level=Severity.WARN,
        pseudo_parameter_overrides=PseudoParameterOverrides(
            account_id=template.account, region=template.region
        ),
    )
    return list(engine().validate_template(template.path, config).diagnostics)


def logical_id(diagnostic: Diagnostic) -> str | None:
    """The resource that is to blame, none if it is the template as a whole."""
    entity: Any = diagnostic.entity
    if entity is None or entity.entity_type != EntityType.RESOURCE:
        return None
    return str(entity.logical_id)
