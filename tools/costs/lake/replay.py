"""Costs of a replay from the raw log."""

import math
from collections.abc import Iterator, Mapping, Sequence

from tools.assembly import Assembly
from tools.costs.lake.assumptions import ASSUMED
from tools.costs.lines import Charge, Line, line
from tools.costs.template_reading import gb_second_key, one

# Storage classes of the raw log that charge for reading, beside those that must be restored first.
_RETRIEVAL = {"STANDARD_IA": "s3_ia_retrieval_gb", "GLACIER_IR": "s3_glacier_ir_retrieval_gb"}


def replayed(assembly: Assembly, gigabytes: float, storage_class: str) -> list[Line]:
    """So many GB of events, in full objects of the raw log, read back; without a curation."""
    function = one(assembly, "AWS::Lambda::Function", "Replay")
    delivery = one(assembly, "AWS::KinesisFirehose::DeliveryStream")
    backup = delivery.properties["ExtendedS3DestinationConfiguration"]["S3BackupConfiguration"]
    objects = math.ceil(gigabytes * 1e9 / (backup["BufferingHints"]["SizeInMBs"] * 1024**2))
    size = int(gigabytes * 1e9 / ASSUMED.gzip_ratio / objects)
    memory = function.properties["MemorySize"] / 1024
    charges = replay_charges(memory, gb_second_key(function), {storage_class: [size] * objects})
    return [line(function, charge) for charge in charges]


def replay_charges(
    memory_gibibytes: float, second_key: str, sizes: Mapping[str, Sequence[int]]
) -> Iterator[Charge]:
    """A replay of raw objects: storage class -> their compressed sizes in bytes."""
    objects = sum(map(len, sizes.values()))
    compressed = sum(map(sum, sizes.values()))
    busy = (
        compressed * ASSUMED.gzip_ratio / (ASSUMED.replay_mb_a_second * 1e6)
        + objects * ASSUMED.invocation_overhead_seconds
    )
    yield Charge("GB seconds of the replay", second_key, busy * memory_gibibytes)
    yield Charge("million invocations of the replay", "lambda_requests_million", objects / 1e6)
    yield Charge("1,000 objects read", "s3_standard_get_1k", objects / 1000)
    yield Charge("1,000 objects written", "s3_standard_put_1k", objects / 1000)
    for storage_class, key in _RETRIEVAL.items():
        if storage_class in sizes:
            yield Charge("GB retrieved", key, sum(sizes[storage_class]) / 1e9)
