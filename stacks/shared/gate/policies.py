"""Policy documents, wherever a template holds them, and what their conditions are worth."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from stacks.shared.gate.resolved import Resolved, Resource

# Their statements admit everybody or everything by design, and grant nothing by themselves.
_GUARDS_ONLY = {"AWS::EC2::VPCEndpoint", "AWS::Organizations::Policy"}
# Keys that AWS sets and a stranger cannot choose: S3's user guide, "The meaning of public"
# (docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html), and
# IAM's, "AWS global condition context keys"; read on 2026-11-28.
_WHO = {
    "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths",
    "aws:sourceaccount", "aws:sourcearn", "aws:sourceip", "aws:sourceorgid", "aws:sourceorgpaths",
    "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce", "aws:userid", "kms:calleraccount",
    "s3:dataaccesspointaccount", "s3:dataaccesspointarn",
}  # fmt: skip
_FOR_WHOM = {"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"}
_FOR_WHOM |= {"aws:sourceowner", "kms:calleraccount"}
# A positive comparison: a missing key fails it. `...IfExists` and ForAllValues pass then.
_POSITIVE = re.compile(
    r"(ForAnyValue:)?(StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike|IpAddress)"
)
_ARN_PARTS = 6
_TOKEN = re.compile(r"\$\{[^}]*\}")


class Statement(NamedTuple):
    """One statement of a policy of a resource."""

    resource: Resource
    body: Mapping[str, Any]

    @property
    def names_principals(self) -> bool:
        """Whether it belongs to a resource or to a role's trust, not to an identity."""
        return bool({"Principal", "NotPrincipal"} & set(self.body))


@lru_cache(maxsize=1)
def statements(template: Resolved) -> tuple[Statement, ...]:
    """Every statement that allows something, in any property of any resource.

    A policy is found by its shape, so that no type of resource is forgotten; policies that grant
    nothing (of VPC endpoints, of organizations) are left out.
    """
    return tuple(_statements(template))


def _statements(template: Resolved) -> Iterator[Statement]:
    for resource in template.resources.values():
        if resource.type in _GUARDS_ONLY:
            continue
        for _, part in template.parts(resource):
            if isinstance(part, Mapping) and "Statement" in part:
                for body in template.items(part["Statement"]):
                    if isinstance(body, Mapping) and "Allow" in template.texts(body.get("Effect")):
                        yield Statement(resource, body)


def principals(template: Resolved, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each kind and name of a statement's principals: `("AWS", "*")`."""
    for principal in template.items(body.get("Principal")):
        if isinstance(principal, Mapping) and not principal.keys() & {"Ref", "Fn::Sub", "Fn::Join"}:
            for kind, names in principal.items():
                for name in template.texts(names):
                    yield kind, name
        else:
            for name in template.texts(principal):
                yield "AWS", name


def actions(template: Resolved, body: Mapping[str, Any]) -> list[str]:
    """The actions that a statement names."""
    return template.texts(body.get("Action"))


def limits_who(template: Resolved, body: Mapping[str, Any]) -> bool:
    """Whether a condition admits only some accounts, ARNs, networks or an organization."""
    return any(
        key in _WHO and all(map(_is_narrow, values)) for key, values in conditions(template, body)
    )


def limits_for_whom(template: Resolved, body: Mapping[str, Any]) -> bool:
    """Whether a condition admits a service only on behalf of some accounts or resources."""
    return any(
        (key in _FOR_WHOM or key.startswith("kms:encryptioncontext:"))
        and all(map(_is_narrow, values))
        for key, values in conditions(template, body)
    )


def requires(template: Resolved, body: Mapping[str, Any], *keys: str) -> bool:
    """Whether a condition compares one of some keys with a value that is not a star."""
    return any(
        key in keys and all(value.strip("*") for value in values)
        for key, values in conditions(template, body)
    )


def conditions(template: Resolved, body: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Each key, in small letters, that a request must have, and the values that it may have."""
    # A condition that an Fn::If may leave out has the key `Fn::If`, and limits nothing.
    for operator, comparisons in (body.get("Condition") or {}).items():
        if _POSITIVE.fullmatch(operator) and isinstance(comparisons, Mapping):
            for key, values in comparisons.items():
                if texts := template.texts(values):
                    yield key.lower(), texts


def _is_narrow(value: str) -> bool:
    value = _TOKEN.sub("token", value)
    parts = value.split(":", _ARN_PARTS - 1)
    if len(parts) == _ARN_PARTS and parts[0] == "arn":
        account, name = parts[4:]
        return not re.search(r"[*?]", account) if account else not name.startswith(("*", "?"))
    if match := re.fullmatch(r"[\d.]+/(\d+)|[\da-fA-F:]+/(\d+)", value):
        return int(match[1] or match[2]) >= 8  # wider networks are no limit: S3's guide
    return not re.search(r"[*?]", value.split("/")[0]) and bool(value)
