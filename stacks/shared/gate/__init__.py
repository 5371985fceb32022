"""The gate that every synth passes: nothing leaves this project that a checker objects to.

`attach` adds the checkers to an app, `synthesise` runs them and raises GateError, with the rule,
the construct's path and what to do, on

- a finding of cdk-nag's AwsSolutions or of CloudFormation's own validation that is not
  acknowledged, with a reason, at the construct it concerns
- a service, runtime, instance family or engine that new customers can no longer get
- an acknowledgment with no reason, or that no finding needs any more
"""

import json
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Acknowledgment, App, Validations
from aws_cdk.cx_api import CloudAssembly
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

from stacks.shared.gate.closed import ClosedServices
from stacks.shared.gate.native import NativeValidation
from stacks.shared.gate.report import GateError, complaints

__all__ = ["GateError", "acknowledge", "attach", "synthesise"]


def attach(app: App) -> None:
    """Add the checkers. They run when the app is synthesised."""
    # Findings go to the report file, and from there into one readable message, not two.
    app.node.set_context("@aws-cdk/core:failSynthOnValidationErrors", False)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), NativeValidation(), ClosedServices())


def synthesise(app: App) -> CloudAssembly:
    """Synthesise, or raise GateError with everything that is wrong."""
    assembly = app.synth()
    report = json.loads((Path(assembly.directory) / "validation-report.json").read_text())
    if found := complaints(app, report):
        raise GateError("\n\n".join(found))
    return assembly


def acknowledge(construct: IConstruct, findings: Mapping[str, str]) -> None:
    """Accept findings at `construct`: rule id, as the gate prints it, -> why it is right here."""
    for rule, reason in findings.items():
        # Only the qualified id is recorded together with its reason.
        Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))
