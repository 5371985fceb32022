"""The gate that every synth passes (SE-04): templates with unacknowledged findings are refused.

`attach` adds the checkers to an app, `synthesise` runs them and raises GateError, with the rule,
the construct's path and what to do, on

- a finding of cdk-nag's AwsSolutions, of CloudFormation's own validation or of our `rules/`,
  warnings included, that is not acknowledged with a reason at the construct it concerns
- a service, runtime, instance family or engine that new customers can no longer get (`closed.toml`)
- an acknowledgment without a reason, without a finding, or for a whole stack
- a checker that crashed, because then nothing was checked
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from aws_cdk import App, Validations
from aws_cdk.cx_api import CloudAssembly
from cdk_nag import AwsSolutionsChecks

from stacks.shared.gate import warnings
from stacks.shared.gate.acknowledgments import acknowledge
from stacks.shared.gate.plugins import closed_services, native_validation, template_rules
from stacks.shared.gate.report import GateError, paragraphs
from stacks.shared.gate.wildcards import accept_wildcards

__all__ = ["GateError", "accept_wildcards", "acknowledge", "attach", "synthesise"]

_STRICT = "@aws-cdk/core:strictCfnValidateErrors"
# How the CDK's message begins when constructs themselves fail validation.
_OF_CONSTRUCTS = "Validation failed with the following errors:"


def attach(
    app: App,
    today: date | None = None,
    avoidable: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Add the checkers, right after the app is created; runtimes are compared with `today`.

    `avoidable` is stack -> resource type -> the setting that leaves it out of Regions without it.

    From here on `app.synth()` itself raises on findings, so that no app passes by accident.
    """
    # Warnings count.
    app.node.set_context(_STRICT, True)
    # Findings go into the exception and the report file, and are not printed as well.
    app.node.set_context("@aws-cdk/core:failSynthOnValidationErrors", True)
    app.node.set_context("@aws-cdk/core:appMode", "inmemory")
    app.node.add_validation(warnings.AcknowledgeWarnings(app))
    Validations.of(app).add_plugins(
        AwsSolutionsChecks(app),
        native_validation(avoidable),
        template_rules(),
        closed_services(today or datetime.now(UTC).date()),
    )


def synthesise(app: App) -> CloudAssembly:
    """Synthesise, or raise GateError with everything that is wrong."""
    if not app.node.try_get_context(_STRICT):
        raise GateError("This app has no gate: call gate.attach(app) right after App(...).")
    report = Path(app.outdir) / "validation-report.json"
    report.unlink(missing_ok=True)  # of an earlier synth
    try:
        assembly = app.synth()
    except RuntimeError as error:
        if _OF_CONSTRUCTS in str(error):
            raise GateError(str(error).partition(": ")[2]) from None
        if not report.exists():
            raise
        findings = paragraphs(app, json.loads(report.read_text()))
        # Whatever stopped the synth, it does not pass.
        raise GateError("\n\n".join(findings) or str(error)) from None
    if findings := paragraphs(app, json.loads(report.read_text())):
        raise GateError("\n\n".join(findings))
    return assembly
