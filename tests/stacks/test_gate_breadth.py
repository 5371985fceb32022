"""Many planted defects in one app: the gate reports each at its own construct.

`test_gate.py` plants one defect at a time; these tests show that no finding hides another.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.catalogue import make_app
from stacks.shared import gate

Plant = Callable[[Any], object]
# The construct's path in the stack, the change to it, and the expected rules with their constructs.
Defect = tuple[str, Plant, Sequence[tuple[str, str]]]

NAG, ENGINE, CLOSED = (
    "AwsSolutions::AwsSolutions-",
    "CloudFormation-Validate::",
    "Closed-Services::",
)
ROLE_ARN = "arn:aws:iam::111122223333:role/planted"


def set_property(name: str, value: Any) -> Plant:
    return lambda target: target.add_property_override(name, value)


def delete_property(name: str) -> Plant:
    return lambda target: target.add_property_deletion_override(name)


def remove_child(child: str) -> Plant:
    return lambda target: target.node.try_remove_child(child)


def allow_on_everything(*actions: str) -> Plant:
    return lambda role: role.add_to_policy(iam.PolicyStatement(actions=[*actions], resources=["*"]))


def add_managed_policy_named(name: str) -> Plant:
    return lambda role: role.add_managed_policy(
        iam.ManagedPolicy.from_aws_managed_policy_name(name)
    )


def add_bare_resources(stack: Construct) -> None:
    any_address = ec2.CfnSecurityGroup.IngressProperty(ip_protocol="tcp", cidr_ip="0.0.0.0/0")
    ec2.CfnSecurityGroup(
        stack, "Group", group_description="open", security_group_ingress=[any_address]
    )
    s3.CfnBucket(stack, "Bucket")
    sns.CfnTopic(stack, "Topic")
    sfn.CfnStateMachine(stack, "Machine", role_arn=ROLE_ARN)
    sagemaker.CfnNotebookInstance(
        stack, "Notebook", instance_type="ml.t3.medium", role_arn=ROLE_ARN
    )


BARE = {"Group": ["EC23"], "Bucket": ["S1", "S10"], "Machine": ["SF1", "SF2"]}
BARE |= {"Topic": ["SNS3"], "Notebook": ["SM1", "SM2", "SM3"]}
POLICY = "DefaultPolicy/Resource"
MANAGED = f"{NAG}IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSageMakerFullAccess]"
# Defects that cdk-nag reads on the construct.
IN_CONSTRUCTS: list[Defect] = [
    ("Storage/Lake", remove_child("Policy"), [(f"{NAG}S10", "Storage/Lake/Resource")]),
    (
        "Operation/Undelivered",
        remove_child("Policy"),
        [(f"{NAG}SQS4", "Operation/Undelivered/Resource")],
    ),
    (
        "TransformRole",
        allow_on_everything("s3:*", "iam:PassRole"),
        [
            (f"{NAG}IAM5[Action::s3:*]", f"TransformRole/{POLICY}"),
            (f"{NAG}IAM5[Resource::*]", f"TransformRole/{POLICY}"),
        ],
    ),
    (
        "Curation/Role",
        add_managed_policy_named("AmazonSageMakerFullAccess"),
        [(MANAGED, "Curation/Role/Resource")],
    ),
    (
        "Discovery/Crawler",
        lambda crawler: setattr(crawler, "crawler_security_configuration", None),
        [(f"{NAG}GL1", "Discovery/Crawler")],
    ),
    (
        "Curation/Job",
        lambda job: setattr(job, "security_configuration", None),
        [(f"{NAG}GL3", "Curation/Job")],
    ),
    (
        "",
        add_bare_resources,
        [(f"{NAG}{rule}", name) for name, rules in BARE.items() for rule in rules],
    ),
]
# Defects that CloudFormation's validation reads in the template: path, change and rule.
_TEMPLATE: list[tuple[str, Plant, str]] = [
    ("Transform/Resource", set_property("Runtime", "pyton3.13"), "W3030"),
    ("Catalog/Database/Resource", set_property("Colour", "red"), "F3002"),
    ("Alarms/Resource", set_property("Tags", "lake"), "F3012"),
    ("Storage/Lake/Resource", set_property("Tags", [{"Key": "a"}]), "F3003"),
    ("Storage/Raw/Resource", set_property("ObjectLockEnabled", "perhaps"), "F3012"),
    ("Ingestion/Events/Resource", set_property("ShardCount", "one"), "F3012"),
    ("Delivery/Logs/Resource", set_property("RetentionInDays", 8), "W3030"),
    ("Operation/Undelivered/Resource", set_property("MessageRetentionPeriod", 1), "F3034"),
    ("Operation/JobFailure", delete_property("EventPattern"), "F3058"),
    ("Curation/Job", set_property("WorkerType", "G.99X"), "W3030"),
    ("Discovery/Crawler", delete_property("Targets"), "F3003"),
    ("Query/Readers", set_property("State", "ENABLD"), "W3030"),
    ("Delivery/Lake", set_property("DeliveryStreamType", "Carrier"), "W3030"),
    (f"Delivery/Role/{POLICY}", set_property("PolicyDocument.Statement.0.Effect", "Alow"), "E3510"),
    ("TransformLogs/Resource", lambda logs: logs.add_override("DependsOn", ["No"]), "E3005"),
]
IN_TEMPLATES: list[Defect] = [
    (path, plant, [(f"{ENGINE}{rule}", path)]) for path, plant, rule in _TEMPLATE
]


def findings_of(defects: list[Defect], outdir: Path) -> set[tuple[str, str]]:
    """Rule and construct of each finding of the gate in an app with all these defects."""
    app = make_app({"env": "local"}, outdir)
    for path, plant, _ in defects:
        target: Any = app.node.find_child("StreamingLake")
        for part in filter(None, path.split("/")):
            target = target.node.find_child(part)
        plant(target)
    with pytest.raises(gate.GateError) as refusal:
        gate.synthesise(app)
    paragraphs = [paragraph.splitlines() for paragraph in str(refusal.value).split("\n\n")]
    return {(lines[0], lines[1].removeprefix("  at StreamingLake/")) for lines in paragraphs}


@pytest.mark.parametrize("defects", [IN_CONSTRUCTS, IN_TEMPLATES], ids=["constructs", "templates"])
def test_every_one_of_many_defects_is_reported_with_its_path(
    defects: list[Defect], tmp_path: Path
) -> None:
    expected = {finding for _, _, findings in defects for finding in findings}
    assert not sorted(expected - findings_of(defects, tmp_path))


def test_a_finding_explains_the_defect_and_how_to_acknowledge_it(tmp_path: Path) -> None:
    app = make_app({"env": "local"}, tmp_path)
    stack: Any = app.node.find_child("StreamingLake")
    s3.CfnBucket(stack, "Bare")
    with pytest.raises(gate.GateError) as refusal:
        gate.synthesise(app)
    paragraphs = str(refusal.value).split("\n\n")
    rule, path, description, advice = next(
        paragraph for paragraph in paragraphs if "-S1\n" in paragraph
    ).splitlines()
    assert (rule, path) == (f"{NAG}S1", "  at StreamingLake/Bare")
    assert "server access logs" in description
    accept = f'gate.acknowledge(construct, {{"{NAG}S1": "why it is right"}})'
    assert advice == f"  Fix it, or acknowledge it there: {accept}"
