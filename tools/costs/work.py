"""What a unit of work costs in each architecture, by the numbers of its own template."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tools.assembly import Templates
from tools.costs import lake_work, language_work, platform_work
from tools.costs.assumptions import CHAIN, LAKE, PLATFORM, Chain, Lake, Platform
from tools.costs.lines import Line, total


@dataclass(frozen=True)
class Unit:
    """A unit of work that a reader can count, and the bill for one."""

    name: str
    lines: list[Line]

    @property
    def usd(self) -> float:
        """What one costs."""
        return total(self.lines)


def _lake(templates: Templates) -> Iterator[Unit]:
    packed, alone = LAKE.record_bytes, LAKE.event_bytes
    million = 1_000_000 * LAKE.event_bytes
    for name, size, record_bytes in (
        ("1 GB ingested, packed into large records", 1_000_000_000, packed),
        ("1 million events, packed into large records", million, packed),
        ("1 million events, each a record of its own", million, alone),
    ):
        yield Unit(name, lake_work.ingested(templates, size, record_bytes))
    yield Unit("a month of storage of 1 GB as it was sent", lake_work.stored(templates, 1))
    yield Unit("a curation", lake_work.curation(templates))
    yield Unit("1 TB scanned by queries", lake_work.scanned(templates, 1))


def _platform(templates: Templates) -> Iterator[Unit]:
    yield Unit("a training run", platform_work.training_run(templates))
    yield Unit("1 million predictions through the API", platform_work.predictions(templates, 1e6))
    yield Unit("a batch transform", platform_work.batch_transform(templates))


def _chain(templates: Templates) -> Iterator[Unit]:
    for size in (2, 200):
        lines = language_work.documents(templates, 1000, size * 1000)
        yield Unit(f"1,000 documents of {size} KB", lines)
    yield Unit("an hour of recordings", language_work.recordings(templates, 1))


_UNITS: Mapping[str, Callable[[Templates], Iterator[Unit]]] = {
    "streaming-lake": _lake,
    "ml-platform": _platform,
    "language-chain": _chain,
}
ASSUMPTIONS: Mapping[str, Lake | Platform | Chain] = {
    "streaming-lake": LAKE,
    "ml-platform": PLATFORM,
    "language-chain": CHAIN,
}


def units(architecture: str, templates: Templates) -> list[Unit]:
    """The units of work of an architecture, each with its bill.

    Raises KeyError for an architecture that has none yet, PriceError for a missing price.
    """
    return list(_UNITS[architecture](templates))
