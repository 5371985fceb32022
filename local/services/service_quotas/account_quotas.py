"""The quotas of a new account that the local AWS enforces, and their increases.

`instances.json` has SageMaker's: instance type -> usage -> quota code and value in a new account,
of the types that the settings allow. Codes: Gruntwork's list of adjustable quotas,
https://github.com/gruntwork-io/terraform-aws-utilities, `modules/request-quota-increase/`
(2026-03-26). Values: its `docs/quotas.md` at commit 04f5883, which ListAWSDefaultServiceQuotas
answered (2024-02-10); newer types are 0, as people with new accounts report of every type that
trains (https://github.com/aws-samples/sagemaker-custom-project-templates/issues/51 of one that
serves). All read 2026-11-29.

Lambda: "New AWS accounts have reduced concurrency and memory quotas",
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (read 2026-11-29). That it
is 10 is what people report; the page does not say.
"""

import json
import threading
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SAGEMAKER, LAMBDA = "sagemaker", "lambda"
CONCURRENCY = "L-B99A9384"
"""The code of Lambda's quota of concurrent executions."""
_SERVICE_NAMES = {SAGEMAKER: "Amazon SageMaker", LAMBDA: "AWS Lambda"}


class QuotaError(Exception):
    """What Service Quotas answers: the code of its error, and its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Quota:
    """One quota of one Region."""

    service: str
    code: str
    name: str
    default: int
    """AWS's default value."""
    new_account: int
    """The value that applies in a new account."""

    @property
    def service_name(self) -> str:
        """As consoles write it."""
        return _SERVICE_NAMES[self.service]


@cache
def new_account() -> tuple[Quota, ...]:
    """Every quota that the local AWS has."""
    table = json.loads(Path(__file__).with_name("instances.json").read_text())
    instances = (
        Quota(SAGEMAKER, code, f"{instance_type} for {usage}", value, value)
        for instance_type, usages in table.items()
        for usage, (code, value) in usages.items()
    )
    return (Quota(LAMBDA, CONCURRENCY, "Concurrent executions", 1000, 10), *instances)


@cache
def instance_codes() -> dict[str, str]:
    """Name of a quota of SageMaker -> its code: `ml.m7i.large for training job usage`."""
    return {quota.name: quota.code for quota in new_account() if quota.service == SAGEMAKER}


@dataclass(frozen=True)
class Increase:
    """A request for a higher quota, which was granted."""

    id: str
    quota: Quota
    desired: float


class AccountQuotas:
    """The quotas of one account, from when it was new."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._applied: dict[tuple[str, str], float] = {}
        self.increases: list[Increase] = []

    def of(self, service: str) -> list[Quota]:
        """A service's quotas. Raises QuotaError for a service that has none here."""
        quotas = [quota for quota in new_account() if quota.service == service]
        if not quotas:
            raise QuotaError(
                "NoSuchResourceException",
                f"The local AWS has quotas of {' and '.join(sorted(_SERVICE_NAMES))}, none of"
                f" {service}.",
            )
        return quotas

    def quota(self, service: str, code: str) -> Quota:
        """One quota. Raises QuotaError."""
        for quota in self.of(service):
            if quota.code == code:
                return quota
        raise QuotaError("NoSuchResourceException", f"{service} has no quota {code}.")

    def value(self, quota: Quota) -> float:
        """The value that applies now."""
        with self._lock:
            return self._applied.get((quota.service, quota.code), quota.new_account)

    def increase(self, service: str, code: str, desired: float) -> Increase:
        """Grant a higher value. Raises QuotaError for one that is not higher.

        That message is AWS's: https://github.com/cloud-custodian/cloud-custodian/pull/8939 (read
        2026-11-29).
        """
        quota = self.quota(service, code)
        with self._lock:
            key = (service, code)
            if desired <= self._applied.get(key, quota.new_account):
                raise QuotaError(
                    "IllegalArgumentException",
                    "You must provide a quota value greater than the current quota value",
                )
            self._applied[key] = desired
            increase = Increase(uuid.uuid4().hex, quota, desired)
            self.increases.append(increase)
            return increase
