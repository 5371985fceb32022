"""The quotas of SageMaker's instances as Service Quotas has them now, by their names."""

from collections.abc import Iterator, Mapping

from local.runtime.emulator import Emulator
from local.services.service_quotas.account_quotas import SAGEMAKER, instance_codes


class InstanceQuotas(Mapping[str, int]):
    """Name -> value, asked for at each look; a name without a known code is not in it."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def __getitem__(self, name: str) -> int:
        code = instance_codes()[name]
        quota = self._emulator.client("service-quotas").get_service_quota(
            ServiceCode=SAGEMAKER, QuotaCode=code
        )["Quota"]
        return int(quota["Value"])

    def __iter__(self) -> Iterator[str]:
        return iter(instance_codes())

    def __len__(self) -> int:
        return len(instance_codes())
