"""Which settings change the cost of an architecture most: each is really synthesised and priced."""

from collections.abc import Mapping
from dataclasses import dataclass

from tools import assembly
from tools.costs.architectures import only
from tools.costs.idle import monthly
from tools.costs.lines import total
from tools.costs.work import units

# What goes through in the month that settings are compared in: unit of work -> how many.
MONTH_OF_USE: Mapping[str, Mapping[str, float]] = {
    "streaming-lake": {
        "1 million events, packed into large records": 1000,
        "a curation": 730,
        "1 TB scanned by queries": 1,
    },
    "ml-platform": {
        "a training run": 4,
        "1 million predictions through the API": 10,
        "a batch transform": 30,
    },
    "language-chain": {
        "1,000 documents of 2 KB": 10,
        "1,000 documents of 200 KB": 0.1,
        "an hour of recordings": 20,
    },
}
# The settings whose idle cost are runs that the month of use counts itself.
_RUNS = ("streaming_lake.curate_schedule", "ml_training.schedule")


@dataclass(frozen=True)
class Candidate:
    """Another way to set an architecture: `-c` keys and values that go together."""

    settings: Mapping[str, str]

    def __str__(self) -> str:
        return " ".join(f"{key}={value}" for key, value in self.settings.items())


# Serverless goes with no VPC, no capture and no second model.
_SERVERLESS = {
    "ml_endpoint.serving": "serverless",
    "ml_endpoint.in_vpc": "false",
    "ml_endpoint.data_capture_percent": "0",
    "ml_endpoint.challenger_weight": "0",
}
CANDIDATES: Mapping[str, tuple[Candidate, ...]] = {
    "streaming-lake": (
        Candidate({"streaming_lake.shards": "1"}),
        Candidate({"streaming_lake.retention_hours": "24"}),
        Candidate({"streaming_lake.curate_flex": "true"}),
        Candidate({"streaming_lake.curate_max_workers": "4"}),
        Candidate({"streaming_lake.crawl_schedule": "none"}),
        Candidate({"streaming_lake.transform_buffer_mebibytes": "3"}),
    ),
    "ml-platform": (
        Candidate({"ml_network.interface_endpoints": "sagemaker.api,sagemaker.runtime"}),
        Candidate({"ml_network.availability_zones": "2"}),
        Candidate({"ml_endpoint.minimum_instances": "1"}),
        Candidate({"ml_endpoint.instance_type": "ml.m7i.xlarge"}),
        Candidate({"ml_endpoint.challenger_weight": "0"}),
        Candidate(_SERVERLESS),
        Candidate({"ml_endpoint.waf": "false"}),
        Candidate({"ml_training.tune": "false"}),
        Candidate({"ml_training.spot": "false"}),
    ),
    "language-chain": (
        Candidate({"language_chain.speak": "recordings"}),
        Candidate({"language_chain.speak": "everything"}),
        # Faster costs the same, which is worth a row, too.
        Candidate(
            {"language_chain.documents_at_once": "20", "language_chain.calls_a_second": "80"}
        ),
    ),
}


@dataclass(frozen=True)
class Month:
    """What a month of use costs, and what of it is there without any use."""

    idle_usd: float
    work_usd: float

    @property
    def usd(self) -> float:
        """All of it."""
        return self.idle_usd + self.work_usd


@dataclass(frozen=True)
class Change:
    """What another setting makes of the month."""

    candidate: Candidate
    before: Month
    after: Month

    @property
    def usd(self) -> float:
        """So much more, or less, a month."""
        return self.after.usd - self.before.usd


def month(architecture: str, templates: assembly.Templates) -> Month:
    """The stated month of use, a model deployed.

    Its runs take the place of those that come by schedule and find nothing.
    """
    stacks = only(templates, architecture)
    cost = {unit.name: unit.usd for unit in units(architecture, stacks)}
    work = sum(cost[name] * count for name, count in MONTH_OF_USE[architecture].items())
    idle = [each for each in monthly(stacks, model_deployed=True) if each.setting not in _RUNS]
    return Month(total(idle), work)


def ranked(architecture: str, environment: str = "production") -> list[Change]:
    """Every candidate of an architecture, the one that changes the month most first."""
    before = month(architecture, assembly.synthesise(environment, gated=False))
    changes = [
        Change(candidate, before, month(architecture, _with(candidate, environment)))
        for candidate in CANDIDATES[architecture]
    ]
    return sorted(changes, key=lambda each: -abs(each.usd))


def _with(candidate: Candidate, environment: str) -> assembly.Templates:
    return assembly.synthesise(environment, candidate.settings, gated=False)
