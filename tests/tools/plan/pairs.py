"""Small, hand-made pairs of templates: what the tests of a review begin with."""

from typing import Any

from tools.plan.changes import changes
from tools.plan.review import Review, review


def resource(kind: str, path: str, **properties: Any) -> dict[str, Any]:
    """A resource as the CDK writes it, at the path of its construct."""
    found = {
        "Type": kind,
        "Properties": properties,
        "Metadata": {"aws:cdk:path": f"StreamingLake/{path}/Resource"},
    }
    for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
        if attribute in properties:
            found[attribute] = properties.pop(attribute)
    return found


def reviewed(old: dict[str, Any], new: dict[str, Any]) -> Review:
    """What a reviewer is told of the two sets of resources of one stack."""
    return review(changes(*({"StreamingLake": {"Resources": each}} for each in (old, new))))


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """A role whose only policy has these statements."""
    role = {"Ref": "Role1234"}
    return {
        "Role1234": resource("AWS::IAM::Role", "Transform/Role", AssumeRolePolicyDocument={}),
        "Policy1234": resource(
            "AWS::IAM::Policy",
            "Transform/Role/Policy",
            PolicyDocument={"Statement": list(statements)},
            PolicyName="It",
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
