"""Settings of the ML platform: one group per stack."""

from math import ceil
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from stacks.environments import SettingsGroup
from stacks.ml_platform.instance_types import usable
from stacks.ml_platform.model import SERVED, known
from stacks.shared.setting_types import STRICT, AwsAccount, BudgetUsd, Listed, Number, Off, Written

# Services that can be called from inside the VPC, by the name of their interface endpoint.
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
# Five fields and a year, as EventBridge Scheduler takes them.
_Schedule = Annotated[
    str,
    Written(
        r"cron\(\S+( \S+){5}\)|rate\(\d+ (minute|hour|day)s?\)",
        "a schedule of EventBridge: `cron(0 6 ? * MON *)` or `rate(1 day)`",
    ),
]
_Principal = Annotated[
    str,
    Written(r"arn:aws[a-z-]*:iam::(\d{12}|\*):(role|user)/\S+", "the ARN of an IAM role or user"),
]
_ModelPackage = Annotated[
    str,
    Written(
        r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:model-package/\S+",
        "the ARN of a model package",
    ),
]
_AddressBlock = Annotated[
    str, Written(r"\d+(\.\d+){3}/\d+", "addresses of IPv4 as a CIDR: `10.0.0.0/8`")
]
_BucketName = Annotated[
    str, Written(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of an S3 bucket")
]
_Key = Annotated[
    str, Written(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+", "the ARN of a KMS key")
]

# What deploy_model.asl.json gives a roll-out.
_LONGEST_ROLL_OUT_MINUTES = 240

# A job is trained and judged on one type; an endpoint's also transforms batches. The SDK's models
# no longer have what SageMaker retired: p2, p3, g3, m4, c4 and eia (TR-17, DP-09).
JobInstanceType = Annotated[str, AfterValidator(usable("training", "processing"))]
ServingInstanceType = Annotated[str, AfterValidator(usable("hosting", "transform"))]
NotebookInstanceType = Annotated[str, AfterValidator(usable("notebook"))]
Share = Annotated[float, Field(ge=0, le=1)]


def _with_an_answer(serving: object) -> object:
    if serving == "asynchronous":
        raise ValueError(
            "an asynchronous endpoint answers into a bucket, minutes later if it has scaled to"
            " zero, and the API in front of it answers its caller within 29 seconds. What can wait"
            " is predicted by transform_batch, which costs nothing while idle; what is asked"
            " seldom, by serving=serverless"
        )
    return serving


Serving = Annotated[Literal["real-time", "serverless"], BeforeValidator(_with_an_answer)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MlNetworkSettings:
    """The VPC that everything runs in, and the platform's budget."""

    availability_zones: Annotated[int, Field(ge=2, le=3)] = 2
    """Availability Zones of the VPC: 2, so that the loss of one is survived, or 3."""
    interface_endpoints: Annotated[tuple[InterfaceEndpoint, ...], Listed] = (
        "sagemaker.api",
        "sagemaker.runtime",
    )
    """VPC interface endpoints. Each costs 0.01 USD an hour and zone, used or not: 7.30 USD a month
    and zone."""
    budget_usd: BudgetUsd = None
    """Monthly budget. An alarm is sent at 80 % of it and when AWS forecasts more."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MlTrainingSettings:
    """How models are trained, evaluated and registered."""

    models: Annotated[tuple[str, ...], Listed, AfterValidator(known)] = (SERVED,)
    """Models of the platform: flight-delay, which the endpoint serves, and any other folder of
    `models/ml_platform/` with a manifest, such as energy-demand."""
    from_lake: bool = False
    """Train on the streaming lake of the same name prefix: each run exports a new training set."""
    after_curation: bool = False
    """Also train whenever the lake's job has curated new rows, which may be every hour."""
    schedule: Annotated[_Schedule | None, Off] = None
    """Schedule of training, as EventBridge Scheduler takes it: cron(...) or rate(...)."""
    instance_type: JobInstanceType = "ml.m7i.large"
    """Instance type of training jobs."""
    volume_gibibytes: Annotated[int, Field(ge=1, le=16384)] = 10
    """Size of a training job's volume; SageMaker's most is 16,384 GiB."""
    spot: bool = True
    """Train on spot capacity, for up to 90 % less; an interrupted job continues from its checkpoint
    (TR-13)."""
    max_runtime_minutes: Annotated[int, Field(ge=5, le=7 * 24 * 60)] = 60
    """A job that runs longer is stopped, and with it its bill (TR-15): from 5 minutes, in which
    the instance must start, too."""
    max_spot_wait_minutes: Annotated[int, Field(ge=0, le=7 * 24 * 60)] = 60
    """How long a spot job may wait for capacity, on top of its run time."""
    tune: bool = False
    """Search for hyperparameters instead of using those that are checked in (TR-18)."""
    tuning_jobs: Annotated[int, Field(ge=2, le=100)] = 8
    """Training jobs of one search, 2 to 100: one would be no search."""
    parallel_tuning_jobs: Annotated[int, Field(ge=1, le=10)] = 2
    """Training jobs at once, at most 10. A Bayesian search learns from finished jobs, so few
    (TR-19)."""
    minimum_auc: Share = 0.65
    """A flight-delay model is registered only if its ROC AUC on the test split, the last quarter of
    the set's days, is at least this (TR-24)."""
    baseline: Literal["carrier_and_hour", "logistic_regression"] = "carrier_and_hour"
    """What a flight-delay model must beat, fitted to the same training split: the rate of late
    flights by carrier and hour, or a linear model of all features. A few weeks of flights are too
    few for trees to be better than the linear model."""
    minimum_gain_over_baseline: Share = 0.01
    """A flight-delay model is registered only if its ROC AUC exceeds the baseline's by this, and if
    the lower end of the gain's 95 % interval over days is above 0, whatever this is (TR-24)."""
    experiment_tracking: bool = False
    """Keep each training run's hyperparameters, figures, origin and plots in a managed MLflow app,
    which 24 Regions have."""
    sagemaker_pipeline: bool = False
    """Also deploy the training, evaluation, gate and registration of flight-delay as a SageMaker
    pipeline. It takes a set that exists, and trains with the hyperparameters that are checked
    in."""
    approval: Literal["Approved", "PendingManualApproval"] = "PendingManualApproval"
    """Approval status of a registered model. Approved models are deployed at once; pending ones
    wait for a person."""
    oldest_model_days: Annotated[Annotated[int, Field(ge=1, le=365)] | None, Off] = None
    """An alarm is raised when no model has been registered for so many days, from 1 to 365."""
    data_administrators: Annotated[tuple[_Principal, ...], Listed] = ()
    """ARNs of roles or users, wildcards allowed, that may use the platform's buckets from outside
    the VPC, besides the platform's own roles."""
    shared_with: Annotated[tuple[AwsAccount, ...], Listed] = ()
    """Ids of accounts that may approve and serve the models of this one: they read the registry and
    the models, and hear of approvals. Each names this one as ml_endpoint.registry_account."""

    @model_validator(mode="after")
    def _approved_by_a_person(self) -> Self:
        """What another account serves, a person has looked at."""
        if self.shared_with and self.approval == "Approved":
            raise ValueError(
                f"shared_with={','.join(self.shared_with)} needs approval=PendingManualApproval:"
                " a package that is registered as approved would serve there before anybody has"
                " read its report"
            )
        if len(set(self.shared_with)) < len(self.shared_with):
            raise ValueError(f"shared_with={','.join(self.shared_with)} names an account twice")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MlEndpointSettings:
    """How the model is served and monitored."""

    serving: Serving = "real-time"
    """Kind of endpoint: real-time, on instances, or serverless, which costs nothing while nobody
    asks. Not asynchronous: the API answers its caller, and batches are transformed. One kind is
    not turned into the other: delete the endpoint, then approve a model again."""
    in_vpc: bool = True
    """Run the endpoint in the VPC. False only for serverless, which cannot run in one."""
    instance_type: ServingInstanceType = "ml.m7i.large"
    """Instance type of the endpoint and of batch transform jobs."""
    minimum_instances: Annotated[int, Field(ge=1, le=100)] = 1
    """Lower limit of the endpoint's auto scaling."""
    maximum_instances: Annotated[int, Field(ge=1, le=100)] = 2
    """Upper limit of the endpoint's auto scaling."""
    batch_instances: Annotated[int, Field(ge=1, le=100)] = 1
    """Instances that a batch transform job divides its files among (DP-03)."""
    batch_schedule: Annotated[_Schedule | None, Off] = None
    """Schedule of the batch transforms of models whose files have a place of their own, as the
    forecasts of energy-demand: cron(...) or rate(...)."""
    invocations_per_instance_and_minute: Annotated[int, Field(ge=1)] = 1000
    """Target of the endpoint's auto scaling (DP-05)."""
    roll_out: Literal["all-at-once", "canary", "linear", "challenger", "shadow"] = "all-at-once"
    """How a new model begins. all-at-once, canary and linear replace the old one: at once, a part
    first, or in equal steps, and alarms bring it back. challenger: it answers a share of the calls
    beside the old one. shadow: it gets copies of them, and its answers are dropped. A challenger or
    shadow replaces the old model by `make promote`."""
    challenger_weight: Annotated[float, Field(gt=0, le=0.5)] = 0.1
    """Share of the calls that a challenger answers; the proven model keeps the rest (DP-02)."""
    roll_out_percent: Annotated[int, Field(ge=5, le=50)] = 10
    """Share of the capacity that a canary or a linear step moves: from 5 for a canary, from 10
    for linear steps, to 50."""
    bake_minutes: Annotated[int, Field(ge=1, le=60)] = 5
    """How long alarms are watched before the next step of a roll-out."""
    serverless_memory_mebibytes: Annotated[Literal[1024, 2048, 3072, 4096, 5120, 6144], Number] = (
        2048
    )
    """Memory of a serverless endpoint."""
    serverless_concurrency: Annotated[int, Field(ge=1, le=200)] = 5
    """Concurrent requests of a serverless endpoint; SageMaker takes at most 200."""
    pipeline: bool = False
    """Register models behind a container that prepares raw requests (DP-04)."""
    model_package_arn: Annotated[_ModelPackage | None, Off] = None
    """Put model, configuration and endpoint of this model package into the template, instead of
    deploying by workflow."""
    registry_account: Annotated[AwsAccount | None, Off] = None
    """Id of the account that trains and registers what this one serves, with this one in its
    ml_training.shared_with, and the same name prefix. MlTraining and MlNotebook are then left out
    here: nothing trains in this account."""
    registry_bucket: Annotated[_BucketName | None, Off] = None
    """The bucket of that account's models, as the output ServeElsewhere of its MlTraining says."""
    registry_key: Annotated[_Key | None, Off] = None
    """ARN of the key that the bucket is under: the output KeyArn of that account's MlNetwork."""
    data_capture_percent: Annotated[int, Field(ge=0, le=100)] = 100
    """Share of the requests that is captured and compared with the training set (DP-10)."""
    capture_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """How long captured requests are kept."""
    drift_minimum_flights: Annotated[int, Field(ge=500)] = 500
    """Fewer captured flights in a day, or a week, are not compared with the training set. The
    limits were measured for windows of at least 500."""
    drift_periods: Annotated[int, Field(ge=1, le=24)] = 3
    """The drift alarm looks at the hourly checks of the last 1 to 24 hours."""
    drift_periods_to_alarm: Annotated[int, Field(ge=1, le=24)] = 2
    """So many of these checks, from 1 to 24, must find a shift for the drift alarm to go off."""
    ground_truth: bool = True
    """Join predictions with the outcomes that the lake curates later: figures of each day and
    model, and an alarm. It needs the lake (ml_training.from_lake), captured requests and a model
    that the workflow deploys; without one of them there is nothing to join, and nothing is made."""
    outcome_days: Annotated[int, Field(ge=1, le=30)] = 2
    """Predictions are judged this many days later, when the lake should know their outcomes: from
    1 to 30, and fewer than capture_days."""
    missed_delay_cost: Annotated[float, Field(ge=0, le=1_000_000)] = 5
    """What a late flight costs that was not announced, in any unit: from 0 to 1,000,000."""
    false_alarm_cost: Annotated[float, Field(ge=0, le=1_000_000)] = 1
    """What it costs to announce a delay that does not come, in the same unit: from 0 to
    1,000,000."""
    retrain_on_drift: bool = False
    """Start the training workflow when the drift alarm is raised."""
    requests_per_second: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Throttling limit of the API. 10,000 is an account's quota for all of its APIs."""
    waf: bool = False
    """Put AWS WAF in front of the API."""
    api_log_role: bool = False
    """Set the role with which API Gateway writes logs. It is one setting of the account in a
    Region: an API's stage needs it, others may depend on it, so it is kept when the stack goes."""

    @model_validator(mode="after")
    def _as_the_service_takes_it(self) -> Self:
        """Refuse what SageMaker would refuse while deploying, an hour later."""
        if self.minimum_instances > self.maximum_instances:
            raise ValueError(
                f"minimum_instances={self.minimum_instances} is more than "
                f"maximum_instances={self.maximum_instances}"
            )
        if self.drift_periods_to_alarm > self.drift_periods:
            raise ValueError(
                f"drift_periods_to_alarm={self.drift_periods_to_alarm} is more than"
                f" drift_periods={self.drift_periods}: the alarm could never go off"
            )
        beside = f"roll_out other than {self.roll_out} (it takes one variant)"
        single = {beside: self.roll_out not in ("challenger", "shadow")}
        serverless = {
            "in_vpc=false (it can be put into no VPC)": not self.in_vpc,
            "data_capture_percent=0 (it captures nothing)": self.data_capture_percent == 0,
            "pipeline=false (it takes one container)": not self.pipeline,
        }
        requirements = {
            "real-time": {"in_vpc=true (only serverless is outside)": self.in_vpc},
            "serverless": {**serverless, **single},
        }[self.serving]
        if self.ground_truth and self.outcome_days >= self.capture_days:
            raise ValueError(
                f"outcome_days={self.outcome_days} must be fewer than capture_days="
                f"{self.capture_days}: what was asked is deleted before it is judged"
            )
        self._check_registry()
        if self.roll_out == "linear":
            self._check_linear_steps()
        if self.roll_out in ("canary", "linear") and self.serving == "real-time":
            self._check_parts()
        if missing := [need for need, met in requirements.items() if not met]:
            raise ValueError(f"serving={self.serving} needs {', '.join(missing)}")
        return self

    @property
    def registry(self) -> tuple[str, str, str]:
        """Account, bucket and key of another account's registry; empty without one."""
        return self.registry_account or "", self.registry_bucket or "", self.registry_key or ""

    def _check_registry(self) -> None:
        """Three settings that only work together, and what does not work with them."""
        account, _, key = self.registry
        if not any(self.registry):
            return
        if not all(self.registry):
            raise ValueError(
                "registry_account, registry_bucket and registry_key come together: in the other"
                " account, the output ServeElsewhere of MlTraining has the first two, and KeyArn of"
                " MlNetwork is the third"
            )
        if f":{account}:" not in key:
            raise ValueError(
                f"registry_key={key} is not a key of registry_account={account}: take the output"
                " KeyArn of that account's MlNetwork"
            )
        if self.pipeline:
            raise ValueError(
                "registry_account needs pipeline=false: the code of the second container lies in"
                " the CDK's bucket of the account that registered it, which it does not share"
            )
        if self.retrain_on_drift:
            raise ValueError(
                "registry_account needs retrain_on_drift=false: the workflow that trains is in"
                f" the account {account}"
            )

    @property
    def traffic_routing(self) -> str:
        """SageMaker's name for how traffic moves between two fleets of the same variants."""
        in_parts = self.roll_out in ("canary", "linear")
        return self.roll_out.upper() if in_parts else "ALL_AT_ONCE"

    def _check_parts(self) -> None:
        """A part is at most half of a fleet (API_TrafficRoutingConfig, read 2026-11-29).

        So a fleet of one has none: what SageMaker does with 10 % of one instance was found in no
        guide, and not tried in an account.
        """
        if self.minimum_instances < 2:
            raise ValueError(
                f"roll_out={self.roll_out} moves at most half of the instances at a time, and"
                f" minimum_instances is {self.minimum_instances}: raise it to 2, or use all-at-once"
            )

    def _check_linear_steps(self) -> None:
        """SageMaker moves 10 to 50 % at a time, and ends a roll-out that takes too long."""
        if self.roll_out_percent < 10:
            raise ValueError(
                f"roll_out=linear moves 10 to 50 % at a time, and roll_out_percent is"
                f" {self.roll_out_percent}"
            )
        # After the last step the old fleet is kept for one more interval.
        waits = (ceil(100 / self.roll_out_percent) + 1) * self.bake_minutes
        if waits >= _LONGEST_ROLL_OUT_MINUTES:
            raise ValueError(
                f"roll_out=linear in steps of {self.roll_out_percent} % waits {waits} minutes in"
                f" all, and a roll-out may take {_LONGEST_ROLL_OUT_MINUTES}: raise"
                " roll_out_percent, or lower bake_minutes"
            )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MlNotebookSettings:
    """The notebook instance, and a Studio domain if wanted."""

    instance_type: NotebookInstanceType = "ml.t3.medium"
    """Instance type of the notebook instance."""
    volume_gibibytes: Annotated[int, Field(ge=5, le=16384)] = 20
    """Size of the notebook instance's volume; SageMaker takes 5 to 16,384 GiB."""
    idle_minutes: Annotated[int, Field(ge=10, le=24 * 60)] = 60
    """The instance stops itself after this time without work, not before 10 minutes: it is asked
    every 5."""
    owner: Annotated[
        Annotated[str, Written(r"[\w+=,.@-]{1,64}", "the name of an IAM user: 1 to 64 characters")]
        | None,
        Off,
    ] = None
    """IAM user or role session that may open the instance; nobody else can."""
    source_addresses: Annotated[
        tuple[
            Annotated[
                str, Written(r"\d+(\.\d+){3}/\d+", "addresses of IPv4 as a CIDR: `10.0.0.0/8`")
            ],
            ...,
        ],
        Listed,
    ] = ()
    """CIDR blocks that may open the notebook besides the VPC's own endpoint."""
    studio: bool = False
    """Add a Studio domain in VPC-only mode, with a profile for the owner. Its apps stop after
    idle_minutes, at the least after 60, and spaces have volumes of volume_gibibytes."""


ML_NETWORK = SettingsGroup(
    "ml_network",
    local=MlNetworkSettings(),
    sandbox=MlNetworkSettings(budget_usd=60),
    production=MlNetworkSettings(
        availability_zones=3, interface_endpoints=get_args(InterfaceEndpoint)
    ),
)
ML_TRAINING = SettingsGroup(
    "ml_training",
    local=MlTrainingSettings(
        models=(SERVED, "energy-demand"),
        from_lake=True,
        approval="Approved",
        experiment_tracking=True,
        sagemaker_pipeline=True,
    ),
    sandbox=MlTrainingSettings(),
    production=MlTrainingSettings(
        from_lake=True,
        schedule="cron(0 4 ? * MON *)",
        instance_type="ml.m7i.xlarge",
        tune=True,
        tuning_jobs=20,
        minimum_auc=0.68,
        baseline="logistic_regression",
        minimum_gain_over_baseline=0.005,
        # Two of the weekly trainings have registered none.
        oldest_model_days=15,
    ),
)
ML_ENDPOINT = SettingsGroup(
    "ml_endpoint",
    local=MlEndpointSettings(),
    sandbox=MlEndpointSettings(),
    production=MlEndpointSettings(
        minimum_instances=2,
        maximum_instances=8,
        batch_schedule="cron(0 2 * * ? *)",
        roll_out="canary",
        bake_minutes=30,
        data_capture_percent=20,
        waf=True,
    ),
)
ML_NOTEBOOK = SettingsGroup(
    "ml_notebook",
    local=MlNotebookSettings(),
    sandbox=MlNotebookSettings(),
    production=MlNotebookSettings(),
)
