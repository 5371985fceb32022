"""Small pairs of templates for the tests of a review."""

from typing import Any

from tools.plan.changes import changes
from tools.plan.review import Review, review


def resource(kind: str, path: str, **properties: Any) -> dict[str, Any]:
    """A resource as the CDK writes it, at the path of its construct."""
    body = {
        "Type": kind,
        "Properties": properties,
        "Metadata": {"aws:cdk:path": f"StreamingLake/{path}/Resource"},
    }
    for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
        if attribute in properties:
            body[attribute] = properties.pop(attribute)
    return body


def reviewed(old: dict[str, Any], new: dict[str, Any]) -> Review:
    """The review of two sets of resources of one stack."""
    sides = ({"StreamingLake": {"Resources": resources}} for resources in (old, new))
    return review(changes(*sides))


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """A role with one policy of these statements."""
    role = {"Ref": "Role1234"}
    return {
        "Role1234": resource("AWS::IAM::Role", "Transform/Role", AssumeRolePolicyDocument={}),
        "Policy1234": resource(
            "AWS::IAM::Policy",
            "Transform/Role/Policy",
            PolicyDocument={"Statement": list(statements)},
            PolicyName="Policy",
            Roles=[role],
        ),
    }


READ = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": {"Fn::GetAtt": ["Raw1234", "Arn"]},
    "Condition": {"StringEquals": {"aws:SourceAccount": "1"}},
}
WRITE = {"Effect": "Allow", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": "*"}
RAW = {"Raw1234": resource("AWS::S3::Bucket", "Storage/Raw")}
