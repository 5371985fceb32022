"""What a user of the ML platform may want to change: one group a stack."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from settings.types import STRICT, BudgetUsd, Listed, Number, Off

# The services that something in the VPC may call, by the name of their interface endpoint.
InterfaceEndpoint = Literal[
    "sagemaker.api",
    "sagemaker.runtime",
    "notebook",
    "sts",
    "kms",
    "logs",
    "monitoring",
    "ecr.api",
    "ecr.dkr",
    "secretsmanager",
    "states",
]
# Families that SageMaker still has; p2, p3, g3, m4, c4 and eia are gone (TR-17, DP-09).
_INSTANCE = r"^ml\.(t3|m5|m6i|m7i|m8i|c5|c6i|c7i|c8i|r5|r6i|r7i|r8i|g5|g6|g6e|g7)\.[a-z0-9]+$"
# Five fields and a year, as EventBridge Scheduler takes them.
_CRON = r"^(cron\(\S+( \S+){5}\)|rate\(\d+ (minute|hour|day)s?\))$"
_ROLE = r"^arn:aws[a-z-]*:iam::(\d{12}|\*):(role|user)/\S+$"
_PACKAGE = r"^arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:model-package/\S+$"

InstanceType = Annotated[str, Field(pattern=_INSTANCE)]
Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MlNetworkSettings:
    """Where everything of the platform runs."""

    availability_zones: Annotated[int, Field(ge=2, le=3)] = 2
    # Each costs 0.01 USD an hour and zone, used or not: 7.30 USD a month and zone.
    interface_endpoints: Annotated[tuple[InterfaceEndpoint, ...], Listed] = (
        "sagemaker.api",
        "sagemaker.runtime",
    )
    budget_usd: BudgetUsd = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MlTrainingSettings:
    """How the model is trained, judged and registered."""

    # Train on what the streaming lake of the same prefix holds: each run exports a fresh set.
    from_lake: bool = False
    # Also train whenever the lake's job has curated something, which may be every hour.
    after_curation: bool = False
    schedule: Annotated[Annotated[str, Field(pattern=_CRON)] | None, Off] = None
    instance_type: InstanceType = "ml.m7i.large"
    volume_gibibytes: Annotated[int, Field(ge=1, le=16384)] = 10
    # Spot costs up to 90 % less, and may be stopped: it goes on from its checkpoint (TR-13).
    spot: bool = True
    # A job that hangs is stopped, and with it its bill (TR-15).
    max_runtime_minutes: Annotated[int, Field(ge=5, le=7 * 24 * 60)] = 60
    # How long a spot job may wait for capacity, on top of its run time.
    max_spot_wait_minutes: Annotated[int, Field(ge=0, le=7 * 24 * 60)] = 60
    # Search for hyperparameters instead of taking the ones that are checked in (TR-18).
    tune: bool = False
    tuning_jobs: Annotated[int, Field(ge=2, le=100)] = 8
    # A Bayesian search learns from what is finished: few at a time (TR-19).
    parallel_tuning_jobs: Annotated[int, Field(ge=1, le=10)] = 2
    # The gate before the registry (TR-24), on the test split.
    minimum_auc: Share = 0.65
    minimum_gain_over_baseline: Share = 0.01
    # Approved at once, it is deployed at once; pending, a person decides.
    approval: Literal["Approved", "PendingManualApproval"] = "PendingManualApproval"
    # Who may read and write the bucket from outside the VPC, besides what the platform runs:
    # ARNs of roles or users, stars allowed.
    data_administrators: Annotated[tuple[Annotated[str, Field(pattern=_ROLE)], ...], Listed] = ()


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MlEndpointSettings:
    """How the model is served and watched."""

    serving: Literal["real-time", "serverless", "asynchronous"] = "real-time"
    # Off only for serverless, which can be put into no VPC.
    in_vpc: bool = True
    instance_type: InstanceType = "ml.m7i.large"
    minimum_instances: Annotated[int, Field(ge=1, le=100)] = 1
    maximum_instances: Annotated[int, Field(ge=1, le=100)] = 2
    # A batch transform shares its files out among these (DP-03).
    batch_instances: Annotated[int, Field(ge=1, le=100)] = 1
    # Target tracking keeps each instance at this many calls a minute (DP-05).
    invocations_per_instance_and_minute: Annotated[int, Field(ge=1)] = 1000
    # Share of the traffic that the model before the newest one keeps; 0: none (DP-02).
    challenger_weight: Share = 0.0
    # How traffic moves to a new fleet: a part first, in equal steps, or only as a copy.
    roll_out: Literal["canary", "linear", "all-at-once", "shadow"] = "canary"
    roll_out_percent: Annotated[int, Field(ge=5, le=50)] = 10
    bake_minutes: Annotated[int, Field(ge=1, le=60)] = 5
    serverless_memory_mebibytes: Annotated[Literal[1024, 2048, 3072, 4096, 5120, 6144], Number] = (
        2048
    )
    serverless_concurrency: Annotated[int, Field(ge=1, le=200)] = 5
    # Register models with a container in front that prepares what they are asked (DP-04).
    pipeline: bool = False
    # Also put model, configuration and endpoint into the template, from this package.
    model_package_arn: Annotated[Annotated[str, Field(pattern=_PACKAGE)] | None, Off] = None
    # What share of the calls is kept to be compared with the training set (DP-10).
    data_capture_percent: Annotated[int, Field(ge=0, le=100)] = 100
    capture_days: Annotated[int, Field(ge=1, le=3650)] = 30
    # Above 0.2 a feature is commonly taken to have shifted.
    drift_psi: Annotated[float, Field(gt=0, le=10)] = 0.2
    drift_window_hours: Annotated[int, Field(ge=1, le=168)] = 24
    drift_minimum_flights: Annotated[int, Field(ge=50)] = 200
    retrain_on_drift: bool = False
    requests_per_second: Annotated[int, Field(ge=1, le=10_000)] = 50
    waf: bool = False

    @model_validator(mode="after")
    def _as_the_service_takes_it(self) -> Self:
        """Refuse what SageMaker would refuse while deploying, an hour later."""
        if self.minimum_instances > self.maximum_instances:
            raise ValueError(
                f"minimum_instances={self.minimum_instances} is more than "
                f"maximum_instances={self.maximum_instances}"
            )
        single = {
            "challenger_weight=0 (it takes one variant)": self.challenger_weight == 0,
            "roll_out other than shadow (it takes one variant)": self.roll_out != "shadow",
        }
        serverless = {
            "in_vpc=false (it can be put into no VPC)": not self.in_vpc,
            "data_capture_percent=0 (it captures nothing)": self.data_capture_percent == 0,
            "pipeline=false (it takes one container)": not self.pipeline,
        }
        needed = {
            "real-time": {"in_vpc=true (only serverless is outside)": self.in_vpc},
            "asynchronous": {"in_vpc=true (only serverless is outside)": self.in_vpc, **single},
            "serverless": {**serverless, **single},
        }[self.serving]
        if missing := [need for need, met in needed.items() if not met]:
            raise ValueError(f"serving={self.serving} needs {', '.join(missing)}")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MlNotebookSettings:
    """Where people explore."""

    instance_type: InstanceType = "ml.t3.medium"
    volume_gibibytes: Annotated[int, Field(ge=5, le=16384)] = 20
    idle_minutes: Annotated[int, Field(ge=10, le=24 * 60)] = 60
    # The IAM user or session whose instance this is: nobody else can open it.
    owner: Annotated[Annotated[str, Field(pattern=r"^[\w+=,.@-]{1,64}$")] | None, Off] = None
    # Addresses that may open the notebook besides the VPC's own endpoint, as CIDR blocks.
    source_addresses: Annotated[
        tuple[Annotated[str, Field(pattern=r"^\d+(\.\d+){3}/\d+$")], ...], Listed
    ] = ()
    # A Studio domain in VPC-only mode beside the notebook instance.
    studio: bool = False
