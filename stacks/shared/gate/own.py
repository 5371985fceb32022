"""The rules that this project writes itself, on the resolved template: one checker for all.

A rule stands here if neither cdk-nag nor CloudFormation's validation sees the defect, and Guard
cannot say it.
"""

from collections.abc import Iterator

from stacks.shared.gate import access, alarms, delivery, plain_text, retention, rights, workflows
from stacks.shared.gate.findings import Finding
from stacks.shared.gate.resolved import Resolved
from stacks.shared.gate.templates import Template

NAME = "Template Rules"
_MODULES = (access, alarms, delivery, plain_text, retention, rights, workflows)
RULES = frozenset(rule for module in _MODULES for rule in module.RULES)


def findings(template: Template) -> Iterator[Finding]:
    """Every finding of every rule in one template."""
    resolved = Resolved(template.body())
    yield from access.findings(resolved, template.account)
    yield from retention.findings(resolved, keeps_data=template.keeps_data)
    for module in (alarms, delivery, plain_text, rights, workflows):
        yield from module.findings(resolved)
