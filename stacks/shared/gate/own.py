"""The rules that this project writes itself, on the resolved template: one checker for all.

A rule stands here if neither cdk-nag nor CloudFormation's validation sees the defect, and Guard
cannot say it.
"""

from collections.abc import Iterator

from stacks.shared.gate import (
    access,
    alarms,
    delivery,
    messages,
    plain_text,
    portability,
    queries,
    regions,
    retention,
    rights,
    workflows,
)
from stacks.shared.gate.findings import Finding
from stacks.shared.gate.resolved import Resolved
from stacks.shared.gate.templates import Template

NAME = "Template Rules"
_WITHOUT_CONTEXT = (
    alarms, delivery, messages, plain_text, portability, queries, rights, workflows,
)  # fmt: skip
_MODULES = (*_WITHOUT_CONTEXT, access, regions, retention)
RULES = frozenset({"TRANSFORM", *(rule for module in _MODULES for rule in module.RULES)})


def findings(template: Template) -> Iterator[Finding]:
    """Every finding of every rule in one template."""
    body = template.body()
    if "Transform" in body or '"Fn::Transform"' in template.path.read_text():
        # What a macro adds or changes, CloudFormation sees after every check.
        yield Finding(
            "TRANSFORM", "A macro changes the template after these checks: write the resources out."
        )
        return
    resolved = Resolved(body)
    yield from access.findings(resolved, template.account)
    yield from retention.findings(resolved, keeps_data=template.keeps_data)
    yield from regions.findings(resolved, template.region)
    for module in _WITHOUT_CONTEXT:
        yield from module.findings(resolved)
