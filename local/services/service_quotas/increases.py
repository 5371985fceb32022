"""Asks Service Quotas for the instances that what is deployed uses at once."""

from collections.abc import Iterable
from typing import Any

from local.services.sagemaker.instance_needs import Instances
from local.services.service_quotas.account_quotas import SAGEMAKER


def ask_for(service_quotas: Any, needs: Iterable[Instances]) -> list[str]:
    """Ask for each quota that is lower than what is needed; returns what was asked for.

    `service_quotas` is a boto3 client. A quota that Service Quotas does not list is left out.
    """
    pages = service_quotas.get_paginator("list_service_quotas").paginate(ServiceCode=SAGEMAKER)
    quotas = {quota["QuotaName"]: quota for page in pages for quota in page["Quotas"]}
    asked_for = []
    for need in needs:
        quota = quotas.get(need.quota_name)
        if quota is None or quota["Value"] >= need.count:
            continue
        service_quotas.request_service_quota_increase(
            ServiceCode=SAGEMAKER, QuotaCode=quota["QuotaCode"], DesiredValue=need.count
        )
        asked_for.append(f"{need.quota_name}: {quota['Value']:g} -> {need.count}")
    return asked_for
