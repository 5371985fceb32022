"""Asks ministack's IAM whether a role, or a service, may do what it is about to do.

ministack checks the requests that reach it over HTTP. What its services do among themselves, it
does without asking: here they ask as AWS does, under the role that they act for.
"""

from collections.abc import Iterable
from functools import cache

from ministack.core.iam_evaluator import (
    AuthError,
    EvalContext,
    enforce,
    evaluate_resource_policy,
    pin_request_origin,
)
from ministack.services import iam, sts

from local.services.iam.permission import ACCOUNT, REGION, Permission


class DeniedError(Exception):
    """A permission that IAM denies. Its text is IAM's sentence."""

    def __init__(self, principal: str, permission: Permission, reason: str) -> None:
        super().__init__(
            f"User: {principal} is not authorized to perform: {permission.action} on resource:"
            f" {permission.resource} because {reason}"
        )


def authorise(service: str, role_arn: str, permissions: Iterable[Permission]) -> None:
    """Raise DeniedError unless `service` may act as the role, and the role may do everything.

    What a resource's own policy says counts as well. `service` as in `<service>.amazonaws.com`.
    """
    pin_request_origin("127.0.0.1", secure_transport=True)  # AWS's services call each other so
    assume = Permission("sts:AssumeRole", role_arn, {"aws:SourceAccount": ACCOUNT})
    role = iam._roles.get(role_arn.rpartition("/")[2]) or {}
    if not service_may(service, assume, role.get("AssumeRolePolicyDocument")):
        reason = "the role's trust policy does not allow it"
        raise DeniedError(f"{service}.amazonaws.com", assume, reason)
    for permission in permissions:
        access_key = _access_key(permission.role or role_arn, service)
        decision = enforce(
            access_key,
            permission.action,
            permission.action.partition(":")[0],
            REGION,
            resource_arn=permission.resource,
            service_context={**permission.context},
        )
        if isinstance(decision, AuthError):
            raise RuntimeError(f"{role_arn}: {decision.message}")  # noqa: TRY004 -- no type error
        if decision is not None:
            raise DeniedError(decision.principal_arn, permission, _reason(decision, permission))


def service_may(
    service: str, permission: Permission, policy: str | dict[str, object] | None
) -> bool:
    """Whether a resource's own policy admits `<service>.amazonaws.com`."""
    principal = f"{service}.amazonaws.com"
    context = EvalContext(
        principal_arn=principal,
        principal_type="Service",
        principal_account="",
        action=permission.action,
        resource_arn=permission.resource,
        region=REGION,
        secure_transport=True,
        service_context={name.lower(): value for name, value in permission.context.items()},
    )
    return bool(evaluate_resource_policy(policy, context, service=principal).decision == "Allow")


def _reason(decision: object, permission: Permission) -> str:
    kind = "resource" if getattr(decision, "resource_policy_arn", "") else "identity"
    if getattr(decision, "decision", "") == "Deny":
        return f"of an explicit deny in a {kind}-based policy"
    return f"no {kind}-based policy allows the {permission.action} action"


@cache
def _access_key(role_arn: str, session: str) -> str:
    """The key of a session of a role, as the service gets it that assumes the role."""
    role_name = role_arn.rpartition("/")[2]
    access_key = f"ASIALOCAL{role_name}/{session}"
    credentials = {
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role_name}/{session}",
        "AccountId": ACCOUNT,
        "SecretAccessKey": access_key,
        "PrincipalType": "AssumedRole",
        "UserId": f"AROALOCAL:{session}",
    }
    sts.register_session(access_key, credentials)
    return access_key
