"""Who may do what, with which keys and through which doors: every change of it is told."""

from typing import Any

import pytest

from tests.tools.plan.pairs import RAW, READ, WRITE, policy, resource, reviewed


def test_a_statement_that_comes_and_one_that_goes_are_told_by_construct() -> None:
    found = reviewed(RAW | policy(READ), RAW | policy(WRITE))
    assert sorted(found.statements.rows) == [
        (
            *("+", "StreamingLake", "Allow", "AWS:{Transform/Role}"),
            *("s3:DeleteObject, s3:PutObject", "*", ""),
        ),
        (
            *("-", "StreamingLake", "Allow", "AWS:{Transform/Role}"),
            *("s3:GetObject", "{Storage/Raw.Arn}", "StringEquals.aws:SourceAccount 1"),
        ),
    ]
    # Told once, and not as a property, too.
    assert found.changed.rows == found.security.rows == []


def test_a_managed_policy_is_told() -> None:
    def role(*arns: str) -> dict[str, Any]:
        return {
            "R": resource(
                "AWS::IAM::Role", "Job/Role", AssumeRolePolicyDocument={}, ManagedPolicyArns=[*arns]
            )
        }

    found = reviewed(role(), role("arn:aws:iam::aws:policy/AdministratorAccess"))
    assert found.managed.rows == [
        ("+", "StreamingLake", "{Job/Role}", "arn:aws:iam::aws:policy/AdministratorAccess")
    ]


def test_a_key_policy_that_opens_is_told() -> None:
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


def test_a_bucket_policy_is_told() -> None:
    statement = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": "*"}
    policy = resource(
        "AWS::S3::BucketPolicy",
        "Storage/Raw/Policy",
        Bucket={"Ref": "Raw1234"},
        PolicyDocument={"Statement": [statement]},
    )
    found = reviewed(RAW | {"P": policy}, RAW)
    assert [row[:5] for row in found.statements.rows] == [
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
def test_no_policy_changes_without_a_word(kind: str, reference: dict[str, Any]) -> None:
    """By statement where the library knows the type, and as a property that matters elsewhere."""

    def allowing(action: str) -> dict[str, Any]:
        statement = {"Effect": "Allow", "Action": action, "Resource": "*", "Principal": "*"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        name = "ResourcePolicy" if kind == "AWS::DynamoDB::Table" else "PolicyDocument"
        return RAW | {"P": resource(kind, "P", **{name: document}, **reference)}

    found = reviewed(allowing("it:Read"), allowing("it:Write"))
    told = [*found.statements.rows, *found.security.rows]
    assert "it:Write" in str(told)
    assert found.changed.rows == []


def test_a_door_in_a_security_group_is_told() -> None:
    def group(*rules: dict[str, Any]) -> dict[str, Any]:
        return {
            "G": resource(
                "AWS::EC2::SecurityGroup",
                "Doors",
                SecurityGroupIngress=[*rules],
                GroupDescription="d",
            )
        }

    found = reviewed(
        group(), group({"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22})
    )
    ((sign, _, name, direction, protocol, peer),) = found.network.rows
    assert (sign, name, direction, protocol) == ("+", "{Doors.GroupId}", "in", "TCP 22")
    assert peer == "Everyone (IPv4)"


def test_public_access_and_lost_encryption_are_security() -> None:
    block = {"BlockPublicAcls": True, "BlockPublicPolicy": True}
    old = {
        "B": resource(
            "AWS::S3::Bucket",
            "Raw",
            PublicAccessBlockConfiguration=block,
            BucketEncryption={"It": 1},
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
        ("~", "StreamingLake/Raw", "BucketEncryption.It", "1", "-"),
        (
            "~",
            "StreamingLake/Raw",
            "PublicAccessBlockConfiguration.BlockPublicPolicy",
            "True",
            "False",
        ),
    ]


def test_an_endpoint_that_comes_is_security_with_its_service() -> None:
    endpoint = resource("AWS::EC2::VPCEndpoint", "Sts", ServiceName="com.amazonaws.sts", VpcId="v")
    found = reviewed({}, {"E": endpoint})
    assert found.security.rows == [("+", "StreamingLake/Sts", "", "", "com.amazonaws.sts")]
    assert found.added.rows == [("+", "StreamingLake/Sts", "AWS::EC2::VPCEndpoint")]
