"""ministack has no Service Quotas: it answers here, and Lambda's concurrency follows it."""

import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import lambda_svc

from local.services import json_service
from local.services.json_service import ServiceError
from local.services.service_quotas.account_quotas import (
    CONCURRENCY,
    LAMBDA,
    AccountQuotas,
    Increase,
    Quota,
    QuotaError,
)

LENIENT = [
    (
        "A request for a higher quota is granted at once.",
        "On AWS it takes minutes to days, and a new account may be asked for its reasons.",
    ),
    (
        "Quotas of all instance types together do not apply, nor those of types without a known"
        " code (C8i, M8i, R8i, and R6i that trains).",
        "Only those of a type and a usage are in the table.",
    ),
]

_SERVICE = "servicequotas"
_MOST_RESULTS = 100
_quotas = AccountQuotas()
Request = dict[str, Any]


def close() -> None:
    """Answer Service Quotas, and begin with a new account's concurrency of functions."""
    json_service.add(_SERVICE, "ServiceQuotasV20190624.", _answer)
    _apply_concurrency()


def _apply_concurrency() -> None:
    concurrency = _quotas.value(_quotas.quota(LAMBDA, CONCURRENCY))
    lambda_svc._ACCOUNT_CONCURRENCY_CAP = int(concurrency)


async def _answer(operation: str, request: Request, region: str) -> Any:
    answer = _ANSWERS.get(operation)
    if answer is None:
        message = f"The local AWS has no {_SERVICE}:{operation}."
        raise ServiceError("UnknownOperationException", message)
    try:
        return answer(request, region)
    except QuotaError as error:
        raise ServiceError(error.code, str(error)) from error


def _described(quota: Quota, value: float, region: str) -> dict[str, Any]:
    arn = f"arn:aws:servicequotas:{region}:{get_account_id()}:{quota.service}/{quota.code}"
    return {
        "ServiceCode": quota.service,
        "ServiceName": quota.service_name,
        "QuotaArn": arn,
        "QuotaCode": quota.code,
        "QuotaName": quota.name,
        "Value": float(value),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }


def _applied(quota: Quota, region: str) -> dict[str, Any]:
    return _described(quota, _quotas.value(quota), region)


def _default(quota: Quota, region: str) -> dict[str, Any]:
    return _described(quota, quota.default, region)


def _page(request: Request, describe: Callable[[Quota], Any]) -> dict[str, Any]:
    """A page of a service's quotas; the token is where the next one begins."""
    quotas = _quotas.of(request["ServiceCode"])
    begin = int(request.get("NextToken", 0))
    end = begin + min(request.get("MaxResults", _MOST_RESULTS), _MOST_RESULTS)
    page = {"Quotas": [describe(quota) for quota in quotas[begin:end]]}
    return {**page, "NextToken": str(end)} if end < len(quotas) else page


def _get(request: Request) -> Quota:
    return _quotas.quota(request["ServiceCode"], request["QuotaCode"])


def _changed(increase: Increase, region: str) -> dict[str, Any]:
    quota = _applied(increase.quota, region)
    members = ("ServiceCode", "ServiceName", "QuotaCode", "QuotaName", "QuotaArn", "GlobalQuota")
    return {
        **{name: quota[name] for name in members},
        "Id": increase.id,
        "DesiredValue": increase.desired,
        "Status": "APPROVED",
        "Created": time.time(),
        "Unit": quota["Unit"],
    }


def _increase(request: Request, region: str) -> dict[str, Any]:
    desired = float(request["DesiredValue"])
    increase = _quotas.increase(request["ServiceCode"], request["QuotaCode"], desired)
    _apply_concurrency()
    return {"RequestedQuota": _changed(increase, region)}


_ANSWERS: dict[str, Callable[[Request, str], dict[str, Any]]] = {
    "ListServiceQuotas": lambda request, region: _page(
        request, lambda quota: _applied(quota, region)
    ),
    "ListAWSDefaultServiceQuotas": lambda request, region: _page(
        request, lambda quota: _default(quota, region)
    ),
    "GetServiceQuota": lambda request, region: {"Quota": _applied(_get(request), region)},
    "GetAWSDefaultServiceQuota": lambda request, region: {"Quota": _default(_get(request), region)},
    "RequestServiceQuotaIncrease": _increase,
}
