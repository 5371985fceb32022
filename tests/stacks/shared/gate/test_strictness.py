"""The native engine is as strict as the one inside the CDK, which takes six seconds to load."""

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
    anywhere, in_a_region = (
        Stack(app, "Anywhere"),
        Stack(app, "There", env={"region": "us-gov-west-1"}),
    )
    CfnParameter(anywhere, "Odd", type="Strong")
    for stack in (anywhere, in_a_region):
        for number, (kind, properties) in enumerate(BAD):
            CfnResource(stack, f"Bad{number}", type=f"AWS::{kind}", properties=properties)
    return app


def found(outdir: Path, plugin: Any) -> set[tuple[str, str]]:
    with pytest.raises(RuntimeError):
        bad_app(outdir, plugin).synth()
    report = json.loads((outdir / "validation-report.json").read_text())
    return {
        (violation["ruleName"], construct["constructPath"])
        for plugin_report in report["pluginReports"]
        for violation in plugin_report["violations"]
        for construct in violation["violatingConstructs"]
    }


def test_the_cdk_itself_finds_nothing_that_the_gate_misses(tmp_path: Path) -> None:
    of_the_cdk = CloudFormationValidatePlugin()
    theirs = found(tmp_path / "theirs", of_the_cdk)
    ours = found(tmp_path / "ours", native_validation())
    assert len(theirs) > 2 * len(BAD)
    assert theirs - ours == set()
    # Only rules that are not in the CDK's engine are found besides.
    known_rules = set(of_the_cdk.rule_ids or [])
    assert {finding for finding in ours - theirs if finding[0] in known_rules} == set()

    missing = known_rules - {rule.id for rule in native.engine().list_rules()}
    # The CDK's own, for a service that has no place in this project.
    assert {rule for rule in missing if "gamelift" not in rule.lower()} == set()
