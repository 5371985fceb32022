"""Every change of permissions, keys, networks and endpoints is in the review."""

from typing import Any

import pytest

from tests.tools.plan.pairs import RAW, READ, WRITE, policy, resource, reviewed


def test_added_and_removed_statements_are_listed_by_construct() -> None:
    changed = reviewed(RAW | policy(READ), RAW | policy(WRITE))
    assert sorted(changed.statements.rows) == [
        (
            *("+", "StreamingLake", "Allow", "AWS:{Transform/Role}"),
            *("s3:DeleteObject, s3:PutObject", "*", ""),
        ),
        (
            *("-", "StreamingLake", "Allow", "AWS:{Transform/Role}"),
            *("s3:GetObject", "{Storage/Raw.Arn}", "StringEquals.aws:SourceAccount 1"),
        ),
    ]
    # Listed once, and not as a property, too.
    assert changed.changed.rows == changed.security.rows == []


def test_a_managed_policy_is_listed() -> None:
    def role(*arns: str) -> dict[str, Any]:
        return {
            "R": resource(
                "AWS::IAM::Role", "Job/Role", AssumeRolePolicyDocument={}, ManagedPolicyArns=[*arns]
            )
        }

    changed = reviewed(role(), role("arn:aws:iam::aws:policy/AdministratorAccess"))
    assert changed.managed.rows == [
        ("+", "StreamingLake", "{Job/Role}", "arn:aws:iam::aws:policy/AdministratorAccess")
    ]


def test_a_wider_key_policy_is_listed() -> None:
    def key(principal: str) -> dict[str, Any]:
        statement = {
            "Effect": "Allow",
            "Action": "kms:*",
            "Resource": "*",
            "Principal": {"AWS": principal},
        }
        return {"K": resource("AWS::KMS::Key", "Key", KeyPolicy={"Statement": [statement]})}

    rows = reviewed(key("arn:aws:iam::1:root"), key("*")).statements.rows
    assert [(row[0], row[3], row[5]) for row in rows] == [
        ("+", "AWS:*", "{Key.Arn}"),
        ("-", "AWS:arn:aws:iam::1:root", "{Key.Arn}"),
    ]


def test_a_bucket_policy_is_listed() -> None:
    statement = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": "*"}
    policy = resource(
        "AWS::S3::BucketPolicy",
        "Storage/Raw/Policy",
        Bucket={"Ref": "Raw1234"},
        PolicyDocument={"Statement": [statement]},
    )
    changed = reviewed(RAW | {"P": policy}, RAW)
    assert [row[:5] for row in changed.statements.rows] == [
        ("-", "StreamingLake", "Deny", "*", "s3:*")
    ]


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        ("AWS::SNS::TopicPolicy", {"Topics": [{"Ref": "Raw1234"}]}),
        ("AWS::SQS::QueuePolicy", {"Queues": [{"Ref": "Raw1234"}]}),
        ("AWS::IAM::ManagedPolicy", {"Roles": [{"Ref": "Raw1234"}]}),
        ("AWS::EC2::VPCEndpoint", {}),
        ("AWS::DynamoDB::Table", {}),
    ],
)
def test_no_policy_change_is_omitted(kind: str, reference: dict[str, Any]) -> None:
    """By statement if the library knows the type, otherwise as a security property."""

    def allowing(action: str) -> dict[str, Any]:
        statement = {"Effect": "Allow", "Action": action, "Resource": "*", "Principal": "*"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        name = "ResourcePolicy" if kind == "AWS::DynamoDB::Table" else "PolicyDocument"
        return RAW | {"P": resource(kind, "P", **{name: document}, **reference)}

    changed = reviewed(allowing("toy:Read"), allowing("toy:Write"))
    rows = [*changed.statements.rows, *changed.security.rows]
    assert "toy:Write" in str(rows)
    assert changed.changed.rows == []


def test_an_open_port_of_a_security_group_is_listed() -> None:
    def group(*rules: dict[str, Any]) -> dict[str, Any]:
        return {
            "G": resource(
                "AWS::EC2::SecurityGroup",
                "Endpoints",
                SecurityGroupIngress=[*rules],
                GroupDescription="d",
            )
        }

    changed = reviewed(
        group(), group({"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22})
    )
    ((sign, _, name, direction, protocol, peer),) = changed.network.rows
    assert (sign, name, direction, protocol) == ("+", "{Endpoints.GroupId}", "in", "TCP 22")
    assert peer == "Everyone (IPv4)"


def test_public_access_and_lost_encryption_are_security() -> None:
    block = {"BlockPublicAcls": True, "BlockPublicPolicy": True}
    old = {
        "B": resource(
            "AWS::S3::Bucket",
            "Raw",
            PublicAccessBlockConfiguration=block,
            BucketEncryption={"Key": 1},
        )
    }
    new = {
        "B": resource(
            "AWS::S3::Bucket",
            "Raw",
            PublicAccessBlockConfiguration={**block, "BlockPublicPolicy": False},
        )
    }
    assert sorted(reviewed(old, new).security.rows) == [
        ("~", "StreamingLake/Raw", "BucketEncryption.Key", "1", "-"),
        (
            "~",
            "StreamingLake/Raw",
            "PublicAccessBlockConfiguration.BlockPublicPolicy",
            "True",
            "False",
        ),
    ]


def test_a_new_endpoint_is_listed_with_its_service() -> None:
    endpoint = resource("AWS::EC2::VPCEndpoint", "Sts", ServiceName="com.amazonaws.sts", VpcId="v")
    changed = reviewed({}, {"E": endpoint})
    assert changed.security.rows == [("+", "StreamingLake/Sts", "", "", "com.amazonaws.sts")]
    assert changed.added.rows == [("+", "StreamingLake/Sts", "AWS::EC2::VPCEndpoint")]
