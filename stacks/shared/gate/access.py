"""Who may use a resource or assume a role: nobody unknown, no stranger, no service for a stranger.

cdk-nag looks at none of these, and CloudFormation accepts them all.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stacks.shared.gate import policies
from stacks.shared.gate.findings import Finding
from stacks.shared.gate.policies import Statement
from stacks.shared.gate.resolved import Resolved, Resource

RULES = ("PUBLIC_ACCESS", "FOREIGN_ACCOUNT", "SERVICE_FOR_ANYBODY", "FEDERATED_ANYBODY")

# The CDK writes the partition as `${AWS::Partition}`.
_ACCOUNT = re.compile(r"(?:arn:(?:\$\{[^}]*\}|[^:]+):(?:iam|sts)::)?(\d{12})(?::.*)?")
_WHO = "aws:PrincipalOrgID, aws:PrincipalArn, aws:SourceAccount or aws:SourceVpce"
_FOR_WHOM = "aws:SourceAccount or aws:SourceArn"

# Services that do not tell for whom they act, by the kind of policy. A condition would refuse them.
# Where a row quotes no page, the service's own documentation shows the policy without a condition
# and this project has not tried it with one. Read on 2026-11-28.
_TELL_NOBODY: dict[str, set[str]] = {
    # docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html,
    # docs.aws.amazon.com/glue/latest/dg/create-an-iam-role.html,
    # docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html,
    # docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html
    "AWS::IAM::Role": {"lambda", "glue", "apigateway", "ec2"},
    # docs.aws.amazon.com/sns/latest/dg/sns-key-management.html: the conditions "aren't supported in
    # EventBridge-to-encrypted topics".
    "AWS::KMS::Key": {"events"},
    # docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html shows the topic's
    # statement with a source ARN, and the key's without.
    "AWS::SNS::TopicPolicy": {"events"},
}


def findings(template: Resolved, account: str | None) -> Iterator[Finding]:
    """Statements, and what amounts to one, that admit whom they should not."""
    for statement in _all_statements(template):
        for rule, sentence in dict.fromkeys(_complaints(template, statement, account)):
            yield Finding(rule, sentence, statement.resource.logical_id)
    yield from _open_by_property(template)


def _all_statements(template: Resolved) -> Iterator[Statement]:
    for statement in policies.statements(template):
        if statement.names_principals:
            yield statement
    for permission in template.of_type(
        "Lambda::Permission", "Lambda::LayerVersionPermission", "Events::EventBusPolicy"
    ):
        if "Principal" in permission.properties:
            yield Statement(permission, _as_statement(permission))


def _as_statement(permission: Resource) -> Mapping[str, Any]:
    """What a permission says, in the words of a policy."""
    properties = permission.properties
    keys = {
        "aws:SourceArn": properties.get("SourceArn"),
        "aws:SourceAccount": properties.get("SourceAccount"),
        "aws:PrincipalOrgID": properties.get("PrincipalOrgID", properties.get("OrganizationId")),
    }
    if (condition := properties.get("Condition")) and "Key" in condition:
        keys[condition["Key"]] = condition["Value"]
    if properties["Principal"] == "s3.amazonaws.com":
        # A bucket's ARN names no account, and its name is free again once it is deleted:
        # docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html
        del keys["aws:SourceArn"]
    principal = properties["Principal"]
    is_service = isinstance(principal, str) and principal.endswith(".amazonaws.com")
    return {
        "Effect": "Allow",
        "Principal": {"Service": principal} if is_service else principal,
        "Condition": {"StringEquals": {key: value for key, value in keys.items() if value}},
    }


def _complaints(
    template: Resolved, statement: Statement, account: str | None
) -> Iterator[tuple[str, str]]:
    body, kind = statement.body, statement.resource.type
    limited = policies.limits_who(template, body)
    if "NotPrincipal" in body:
        yield (
            "PUBLIC_ACCESS",
            "Allow with NotPrincipal admits everybody but the named: name whom it admits.",
        )
    for principal_kind, name in policies.principals(template, body):
        if name == "*" and principal_kind in ("AWS", "Service") and not limited:
            yield (
                "PUBLIC_ACCESS",
                f"{_what(template, body)} is allowed to everybody: name the principals, or limit"
                f" them by {_WHO}.",
            )
        elif principal_kind == "Service" and name != "*":
            yield from _of_a_service(template, statement, name)
        elif principal_kind == "Federated":
            yield from _of_a_federation(template, body, name)
        elif (match := _ACCOUNT.fullmatch(name)) and match[1] != account:
            condition = "sts:externalid" if kind == "AWS::IAM::Role" else "aws:principalorgid"
            if not policies.requires(template, body, condition, "aws:principalorgid"):
                cure = "sts:ExternalId" if kind == "AWS::IAM::Role" else "aws:PrincipalOrgID"
                yield (
                    "FOREIGN_ACCOUNT",
                    f"{_what(template, body)} is allowed to the account {match[1]}: require"
                    f" {cure}, or use ${{AWS::AccountId}} if it is your own.",
                )


def _of_a_service(
    template: Resolved, statement: Statement, service: str
) -> Iterator[tuple[str, str]]:
    prefix = service.removesuffix(".amazonaws.com")
    if prefix in _TELL_NOBODY.get(statement.resource.type, ()):
        return
    if not policies.limits_for_whom(template, statement.body):
        yield (
            "SERVICE_FOR_ANYBODY",
            f"{_what(template, statement.body)} is allowed to {service} on behalf of anybody, other"
            f" accounts included: add a condition on {_FOR_WHOM}.",
        )


def _of_a_federation(
    template: Resolved, body: Mapping[str, Any], provider: str
) -> Iterator[tuple[str, str]]:
    # IAM's user guide, "Create a role for OpenID Connect federation": without a condition on the
    # subject or audience, every user of the provider may assume the role.
    keys = [
        key.lower()
        for comparisons in (body.get("Condition") or {}).values()
        if isinstance(comparisons, Mapping)
        for key in comparisons
    ]
    identity_keys = [key for key in keys if key.endswith((":sub", ":aud", ":amr"))]
    if not policies.requires(template, body, *identity_keys):
        yield (
            "FEDERATED_ANYBODY",
            f"Every user of {provider} may assume the role: add a condition on its subject (`:sub`)"
            " or audience (`:aud`).",
        )


def _what(template: Resolved, body: Mapping[str, Any]) -> str:
    return ", ".join(policies.actions(template, body)[:3]) or "The use"


def _open_by_property(template: Resolved) -> Iterator[Finding]:
    """What admits everybody without a policy."""
    for url in template.of_type("Lambda::Url"):
        if "NONE" in template.texts(url.properties.get("AuthType")):
            yield Finding(
                "PUBLIC_ACCESS",
                "Everybody may invoke the function by this URL: set AuthType to AWS_IAM.",
                url.logical_id,
            )
    for kind, name, values, cure in _OPEN:
        for resource in template.of_type(kind):
            for value in template.get(resource.properties, *name.split(".")):
                for text in template.texts(value):
                    if re.fullmatch(values, text):
                        yield Finding(
                            "PUBLIC_ACCESS", f"{name} is {text}: {cure}.", resource.logical_id
                        )


_OPEN: list[tuple[str, str, str, str]] = [
    ("S3::Bucket", "AccessControl", "Public.*|AuthenticatedRead", "leave it out"),
    ("S3::AccessPoint", "PublicAccessBlockConfiguration.BlockPublicPolicy", "false", "set true"),
    ("RDS::DBInstance", "PubliclyAccessible", "true", "set false"),
    ("RDS::DBCluster", "PubliclyAccessible", "true", "set false"),
    ("Redshift::Cluster", "PubliclyAccessible", "true", "set false"),
    ("RedshiftServerless::Workgroup", "PubliclyAccessible", "true", "set false"),
    ("DMS::ReplicationInstance", "PubliclyAccessible", "true", "set false"),
    (
        "MSK::Cluster",
        "BrokerNodeGroupInfo.ConnectivityInfo.PublicAccess.Type",
        "SERVICE_PROVIDED_EIPS",
        "set DISABLED",
    ),
    ("Cognito::IdentityPool", "AllowUnauthenticatedIdentities", "true", "set false"),
    ("AppSync::GraphQLApi", "AuthenticationType", "API_KEY", "use AWS_IAM"),
    ("ApiGatewayV2::Route", "AuthorizationType", "NONE", "use AWS_IAM, JWT or CUSTOM"),
    (
        "ECS::Service",
        "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp",
        "ENABLED",
        "set DISABLED",
    ),
    ("EC2::SecurityGroup", "SecurityGroupIngress.CidrIp", r"0\.0\.0\.0/0", "name a network"),
    ("EC2::SecurityGroup", "SecurityGroupIngress.CidrIpv6", "::/0", "name a network"),
    ("EC2::SecurityGroupIngress", "CidrIp", r"0\.0\.0\.0/0", "name a network"),
    ("EC2::SecurityGroupIngress", "CidrIpv6", "::/0", "name a network"),
]
