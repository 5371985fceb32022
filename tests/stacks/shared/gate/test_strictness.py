"""The native engine reports all that the CDK's own reports, which takes six seconds to load."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, CfnResource, CloudFormationValidatePlugin, Stack, Validations

from repository import ROOT
from stacks.shared.gate import native
from stacks.shared.gate.plugins import native_validation

CODE = {"ZipFile": "a"}
BAD: list[tuple[str, dict[str, Any]]] = [
    ("S3::Bucket", {"BucketEncryption": "yes"}),
    ("S3::Bucket", {"AccessControl": "Private"}),
    ("Lambda::Function", {"Runtime": "python3.8", "Handler": "a.b", "Code": CODE, "Role": "a"}),
    ("Glue::Job", {"WorkerType": "G.99X", "Colour": "red"}),
    ("Kinesis::Stream", {"ShardCount": "one", "RetentionPeriodHours": 1}),
    ("Forecast::DatasetGroup", {"Domain": "RETAIL", "DatasetGroupName": "a"}),
    ("OpsWorks::Stack", {}),
    ("SageMaker::EndpointConfig", {"ProductionVariants": [{"InstanceType": "ml.m5.huge"}]}),
    ("StepFunctions::StateMachine", {"DefinitionString": "{}", "RoleArn": "arn"}),
    ("IAM::Role", {"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Alow"}]}}),
    ("Nobody::Knows", {}),
]


def bad_app(outdir: Path, plugin: Any) -> App:
    flags = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(context=flags, outdir=str(outdir), builtin_cloud_formation_validation=False)
    Validations.of(app).add_plugins(plugin)
    stack_without_region, stack_with_region = (
        Stack(app, "Anywhere"),
        Stack(app, "There", env={"region": "us-gov-west-1"}),
    )
    CfnParameter(stack_without_region, "Odd", type="Strong")
    for stack in (stack_without_region, stack_with_region):
        for number, (kind, properties) in enumerate(BAD):
            CfnResource(stack, f"Bad{number}", type=f"AWS::{kind}", properties=properties)
    return app


def violations(outdir: Path, plugin: Any) -> set[tuple[str, str]]:
    """Rule and construct path of each violation that a plugin reports."""
    with pytest.raises(RuntimeError):
        bad_app(outdir, plugin).synth()
    report = json.loads((outdir / "validation-report.json").read_text())
    return {
        (violation["ruleName"], construct["constructPath"])
        for plugin_report in report["pluginReports"]
        for violation in plugin_report["violations"]
        for construct in violation["violatingConstructs"]
    }


def test_the_native_engine_misses_no_violation(tmp_path: Path) -> None:
    cdk_plugin = CloudFormationValidatePlugin()
    cdk_violations = violations(tmp_path / "cdk", cdk_plugin)
    native_violations = violations(tmp_path / "native", native_validation())
    assert len(cdk_violations) > 2 * len(BAD)
    assert cdk_violations - native_violations == set()
    # The native engine reports more only by rules that the CDK's engine does not have.
    cdk_rules = set(cdk_plugin.rule_ids or [])
    additional = native_violations - cdk_violations
    assert {violation for violation in additional if violation[0] in cdk_rules} == set()

    missing = cdk_rules - {rule.id for rule in native.engine().list_rules()}
    # The CDK adds rules for GameLift, which this project does not use.
    assert {rule for rule in missing if "gamelift" not in rule.lower()} == set()
