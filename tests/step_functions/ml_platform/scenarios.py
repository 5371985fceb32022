"""Scenarios of the ML platform's workflows."""

import json
from typing import Any

from local.services.rules.sagemaker import TRAINING
from local.services.rules.sagemaker_quotas import RULES
from tests.step_functions.scenario import FAILURE, Scenario, answers_with
from tests.step_functions.scripted_aws import Calls, Throw

PUBLISHED = {"MessageId": "1"}
Settings = tuple[tuple[str, str], ...]


def _package(name: str, version: int = 1) -> str:
    return f"arn:aws:sagemaker:us-east-1:000000000000:model-package/{name}/{version}"


def _model(name: str, version: int) -> dict[str, Any]:
    return {"PrimaryContainer": {"ModelPackageName": _package(name, version)}}


def _report(auc: float, *, noise: float = 0.02) -> dict[str, str]:
    """A report of a model, whose gain over each baseline is known to `noise`."""
    baselines = {
        name: {
            "roc_auc": baseline_auc,
            "gain_over_it": auc - baseline_auc,
            "gain_interval": [auc - baseline_auc - noise, auc - baseline_auc + noise],
        }
        for name, baseline_auc in (("carrier_and_hour", 0.7), ("logistic_regression", 0.75))
    }
    return {"Body": json.dumps({"roc_auc": auc, "baselines": baselines, "rows": 100})}


_FULL = {"Contents": [{"Key": "part-0", "Size": 10}]}
SNAPSHOT = "3776207205136740581"  # more than a JSON number holds


def _rows(*snapshots: str) -> dict[str, Any]:
    """What GetQueryResults answers about the current snapshot: names, then values."""
    values = ("snapshot_id", *snapshots)
    return {"ResultSet": {"Rows": [{"Data": [{"VarCharValue": value}]} for value in values]}}


def _exported(calls: Calls) -> dict[str, Any]:
    """GetQueryExecution tells the query's own text."""
    return {"QueryExecution": {"Query": calls[-1][1]["QueryString"]}}


_TRAIN: dict[str, Any] = {
    "Ask for the snapshot": {"QueryExecution": {"QueryExecutionId": "a-query"}},
    "Read the snapshot": _rows(SNAPSHOT),
    "Export the set": _exported,
    "List the split": _FULL,
    "Tune": {"BestTrainingJob": {"TrainingJobName": "best"}},
    "Train": {
        "TrainingJobName": "job",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/m.tar.gz"},
    },
    "Evaluate": {},
    "Read the report": _report(0.8),
    "Register": {"ModelPackageArn": _package("package")},
    "Announce the model": PUBLISHED,
    "Announce the refusal": PUBLISHED,
    "Stop tuning": {},
    "Stop training": {},
    "Stop evaluating": {},
    "Report the failure": PUBLISHED,
}
_LAKE = (("ml_training.from_lake", "true"),)
_SET = {"training_data": "s3://bucket/prefix/"}


def _demand_report(gain: float, coverage: float) -> dict[str, str]:
    """A report of forecasts, which lose `gain` less than a week ago with a band."""
    baseline = {"wql": 0.045, "gain_over_it": gain, "gain_interval": [gain - 0.001, gain + 0.001]}
    report = {"wql": 0.045 - gain, "coverage": coverage, "rows": 336}
    return {"Body": json.dumps({**report, "baselines": {"a_week_ago_with_band": baseline}})}


def _report_without(figure: str) -> dict[str, str]:
    report = json.loads(_demand_report(0.008, 0.78)["Body"])
    del report[figure]
    return {"Body": json.dumps(report)}


def _train_demand(name: str, execution_input: dict[str, Any], **changes: Any) -> Scenario:
    answers = answers_with({**_TRAIN, "Read the report": _demand_report(0.008, 0.78)}, changes)
    return Scenario(
        "ml_platform/train_model",
        name,
        answers,
        execution_input,
        _LAKE,
        place="EnergyDemand/Training/Workflow",
    )


def _train(
    name: str, execution_input: dict[str, Any] = _SET, ends: str = "SUCCEEDED", **changes: Any
) -> Scenario:
    return Scenario(
        "ml_platform/train_model", name, answers_with(_TRAIN, changes), execution_input, _LAKE, ends
    )


_NONE = Throw("States.TaskFailed", "CapacityError: no machine")


def _no_capacity(calls: Calls) -> Throw | Any:
    """A job that SageMaker finds no machine for, twice."""
    state, _ = calls[-1]
    tries = sum(name == state for name, _ in calls)
    return _NONE if tries < 3 else JOBS[state]


LIMIT = "SageMaker.ResourceLimitExceededException"


def _limit(quota: int, used: int) -> Throw:
    """SageMaker's refusal of one more instance, as the local AWS words it."""
    used_state: dict[str, Any] = {"running_jobs": [TRAINING] * used}
    quotas = {"ml.m5.large for training job usage": quota}
    (rule,) = (rule for rule in RULES if rule.id == "job-instances")
    cause = rule.message_for(TRAINING, {**used_state, "instance_quotas": quotas})
    return Throw(LIMIT, cause)


NO_QUOTA, IN_USE = _limit(0, 0), _limit(3, 3)


def _in_use(calls: Calls) -> Throw | Any:
    """A call whose quota others use up, until the third try."""
    state, _ = calls[-1]
    tries = sum(name == state for name, _ in calls)
    return IN_USE if tries < 3 else {**JOBS, **_DEPLOY}[state]


def _no_machine(calls: Calls) -> Throw | Any:
    """The smoke test's job, for which SageMaker finds no machine, twice."""
    return _NONE if _tries(calls) < 3 else {}


def _new_configuration(calls: Calls) -> str:
    return next(
        str(arguments["EndpointConfigName"])
        for name, arguments in calls
        if name == "Create the configuration"
    )


def _in_service(calls: Calls) -> dict[str, str]:
    """Updating at the first look, rolled out at the second."""
    looks = sum(name == "Check the endpoint" for name, _ in calls)
    status = "Updating" if looks == 1 else "InService"
    return {"EndpointStatus": status, "EndpointConfigName": _new_configuration(calls)}


_NO_ENDPOINT = Throw("SageMaker.SageMakerException", 'Could not find endpoint "flight-delay".')
_PACKAGE = {
    "ModelApprovalStatus": "Approved",
    "ModelMetrics": {
        "ModelQuality": {"Statistics": {"S3Uri": "s3://bucket/evaluation/a-run/evaluation.json"}}
    },
    "DriftCheckBaselines": {
        "ModelDataQuality": {"Statistics": {"S3Uri": "s3://bucket/evaluation/statistics.json"}}
    },
}
_OLD_VARIANTS = {
    "ProductionVariants": [
        {"VariantName": "champion", "ModelName": "old-model"},
        {"VariantName": "challenger", "ModelName": "older-model"},
    ],
    "ShadowProductionVariants": [],
}
_OLD_CHAMPION = {
    "ProductionVariants": [{"VariantName": "champion", "ModelName": "old-model"}],
    "ShadowProductionVariants": [],
}
_OLD_SHADOW = {
    "ProductionVariants": [{"VariantName": "champion", "ModelName": "old-model"}],
    "ShadowProductionVariants": [{"VariantName": "shadow", "ModelName": "older-model"}],
}
WRONG = "WrongAnswers"
_ANY = "SageMaker.SageMakerException"
_EXISTS = Throw(_ANY, "Cannot create already existing endpoint.")
_BUSY = {"EndpointStatus": "Updating", "EndpointConfigName": "old"}
_IDLE = {"EndpointStatus": "InService", "EndpointConfigName": "old"}


def _tries(calls: Calls) -> int:
    state, _ = calls[-1]
    return sum(name == state for name, _ in calls)


def _busy_at_first(calls: Calls) -> dict[str, str]:
    return _BUSY if _tries(calls) == 1 else _IDLE


def _overtaken(calls: Calls) -> Throw | dict[str, str]:
    """Refused, with all retries, until the other deployment has ended."""
    return Throw(_ANY, "Cannot update in-progress endpoint") if _tries(calls) <= 4 else {}


def _made_meanwhile(calls: Calls) -> Throw | dict[str, str]:
    """Missing at the first look, there at the second."""
    return _NO_ENDPOINT if _tries(calls) == 1 else _IDLE


RIGHT = [0.1, 0.5, 0.912345]


def _answers(*probabilities: Any) -> dict[str, str]:
    """The output of the smoke test's job."""
    predictions = [{"delayed": True, "probability": probability} for probability in probabilities]
    return {"Body": json.dumps({"predictions": predictions})}


_DEPLOY: dict[str, Any] = {
    "Describe the package": _PACKAGE,
    "Look up the endpoint": _IDLE,
    "Describe its configuration": _OLD_VARIANTS,
    "Describe its model": _model("flights", 7),
    "Describe the second model": _model("flights", 6),
    "Create the model": {},
    "Ask the new model": {},
    "Stop asking": {},
    "Reject the package": {},
    "Read what is right": {"Body": json.dumps({"probabilities": RIGHT, "tolerance": 0.0001})},
    "Read its answers": _answers(*RIGHT),
    "Create the configuration": {},
    "Deregister": {},
    "Create the endpoint": {},
    "Update the endpoint": {},
    "Check the endpoint": _in_service,
    "Store the statistics": {},
    "Record the deployment": {},
    "Register": {},
    "Track the calls": {},
    "Delete the old configuration": {},
    "Delete the model": {},
    "Announce the deployment": PUBLISHED,
    "Register again": {},
    "Track the calls again": {},
    "Remove the endpoint": {},
    "Remove the new configuration": {},
    "Remove the new model": {},
    "Report the failure": PUBLISHED,
}
_APPROVED = {"detail": {"ModelPackageArn": _package("flights", 8)}}
_CHALLENGER = (("ml_endpoint.roll_out", "challenger"), ("ml_endpoint.challenger_weight", "0.3"))
_SHADOW = (("ml_endpoint.roll_out", "shadow"),)
_CANARY = (("ml_endpoint.roll_out", "canary"), ("ml_endpoint.minimum_instances", "2"))


def _deploy(
    name: str,
    settings: Settings = (),
    ends: str = "SUCCEEDED",
    execution_input: dict[str, Any] = _APPROVED,
    **changes: Any,
) -> Scenario:
    answers = answers_with(_DEPLOY, changes)
    return Scenario("ml_platform/deploy_model", name, answers, execution_input, settings, ends)


def _champion(version: int) -> dict[str, Any]:
    """What `make promote` and `make rollback` start the workflow with."""
    return {"model_package_arn": _package("flights", version), "champion": True}


_COLUMNS = (
    "variant", "version", "report", "predictions", "flights", "without_outcome", "late_flights",
    "roc_auc", "brier", "calibration_error", "cost", "bin_flights", "bin_predicted", "bin_late",
)  # fmt: skip


def _judged(*models: dict[str, Any]) -> dict[str, Any]:
    """What GetQueryResults answers about models: a value that is not known has no text."""
    rows = [dict(zip(_COLUMNS, _COLUMNS, strict=True)), *models]
    cells = [
        [{"VarCharValue": str(row[name])} if row.get(name) is not None else {} for name in _COLUMNS]
        for row in rows
    ]
    return {"ResultSet": {"Rows": [{"Data": data} for data in cells]}}


MODEL = {
    "variant": "champion", "version": "7", "report": "bucket/evaluation/a-run/",
    "predictions": 700, "flights": 600, "without_outcome": 100, "late_flights": 150,
    "roc_auc": 0.7, "brier": 0.15, "calibration_error": 1.2e-05, "cost": 300.0,
    "bin_flights": [400, 200], "bin_predicted": [0.1, 0.6], "bin_late": [0.1, 0.55],
}  # fmt: skip
UNKNOWN = dict.fromkeys(("roc_auc", "brier", "calibration_error", "cost"))
UNKNOWN |= dict.fromkeys(("bin_flights", "bin_predicted", "bin_late"))
_LIMITS = [{"flights": 100, "at_least": 0.5}, {"flights": 500, "at_least": 0.61}]
_LIMITS += [{"flights": 1000, "at_least": 0.63}]
_JUDGE: dict[str, Any] = {
    "Judge the predictions": {"QueryExecution": {"QueryExecutionId": "a-query"}},
    "Read the figures": _judged(MODEL),
    "Read its evaluation": {"Body": json.dumps({"quality_limits": {"roc_auc": _LIMITS}})},
    "Publish the figures": {},
    "Keep the figures": {},
    "Report the failure": PUBLISHED,
}


def _judge(
    name: str,
    execution_input: dict[str, Any] | None = None,
    ends: str = "SUCCEEDED",
    **changes: Any,
) -> Scenario:
    day = {"day": "2026-11-27"} if execution_input is None else execution_input
    answers = answers_with(_JUDGE, changes)
    return Scenario("ml_platform/judge_predictions", name, answers, day, _LAKE, ends)


_FORECAST_COLUMNS = ("half_hours", "cut_offs", "wql", "wql_a_week_ago", "coverage")
FORECAST_FIGURES = dict(zip(_FORECAST_COLUMNS, (1344, 4, 0.03, 0.06, 0.75), strict=True))


def _figures(*rows: tuple[Any, ...]) -> dict[str, Any]:
    """What GetQueryResults answers: the names of the columns, then the figures."""
    data = [{"Data": [{"VarCharValue": str(cell)} for cell in row]} for row in rows]
    return {"ResultSet": {"Rows": data}}


_JUDGE_FORECASTS: dict[str, Any] = {
    "Judge the forecasts": {"QueryExecution": {"QueryExecutionId": "a-query"}},
    "Read the figures": _figures(_FORECAST_COLUMNS, tuple(FORECAST_FIGURES.values())),
    "Publish the figures": {},
    "Report the failure": PUBLISHED,
}


def _judge_forecasts(
    name: str,
    execution_input: dict[str, Any] | None = None,
    ends: str = "SUCCEEDED",
    **changes: Any,
) -> Scenario:
    day = {"day": "2014-12-24"} if execution_input is None else execution_input
    answers = answers_with(_JUDGE_FORECASTS, changes)
    return Scenario("ml_platform/judge_forecasts", name, answers, day, ends=ends)


_BATCH: dict[str, Any] = {
    "List the files": _FULL,
    "Find the newest model": {"ModelPackageSummaryList": [{"ModelPackageArn": _package("newest")}]},
    "Create the model": {},
    "Transform": {},
    "Stop transforming": {},
    "Remove the model": {},
    "Announce the predictions": PUBLISHED,
    "Report the failure": PUBLISHED,
}
_FLIGHTS = {"flights": "s3://bucket/training/split=test/"}


def _batch(
    name: str, execution_input: dict[str, Any] = _FLIGHTS, ends: str = "SUCCEEDED", **changes: Any
) -> Scenario:
    return Scenario(
        "ml_platform/transform_batch",
        name,
        answers_with(_BATCH, changes),
        execution_input,
        (),
        ends,
    )


def _forecast(name: str, execution_input: dict[str, Any], ends: str = "SUCCEEDED") -> Scenario:
    return Scenario(
        "ml_platform/transform_batch",
        name,
        _BATCH,
        execution_input,
        ends=ends,
        place="EnergyDemand/Batch/Workflow",
    )


JOBS = {name: ({**_TRAIN, **_BATCH})[name] for name in ("Tune", "Train", "Evaluate", "Transform")}
SCENARIOS = [
    _train("from the lake", {}),
    _train("from an empty lake", {}, ends="NoData", Read_the_snapshot=_rows()),
    _train("of a given snapshot", {"snapshot_id": "77"}),
    _train("of a snapshot as a number", {"snapshot_id": 77}, ends="WrongInput"),
    _train("of a snapshot by its name", {"snapshot_id": "main"}, ends="WrongInput"),
    _train("of a snapshot and a set", {**_SET, "snapshot_id": "77"}, ends="WrongInput"),
    _train("of a given set"),
    _train("with a search", {**_SET, "tune": True}),
    _train("refused", Read_the_report=_report(0.5)),
    _train("refused for its gain", Read_the_report=_report(0.705, noise=0.001)),
    _train("refused for its noise", Read_the_report=_report(0.8, noise=0.11)),
    _train("better than rates only", Read_the_report=_report(0.755)),
    _train("without data", ends="NoData", List_the_split={"Contents": []}),
    _train("training fails", ends=FAILURE, Train=Throw(FAILURE)),
    _train("the search fails", {**_SET, "tune": True}, ends=FAILURE, Tune=Throw(FAILURE)),
    _train("evaluating fails", ends=FAILURE, Evaluate=Throw(FAILURE)),
    _train("no capacity to train", Train=_no_capacity),
    _train("no capacity to search", {**_SET, "tune": True}, Tune=_no_capacity),
    _train("no capacity to evaluate", Evaluate=_no_capacity),
    _train(
        "no capacity at all",
        ends="States.TaskFailed",
        Train=Throw("States.TaskFailed", "CapacityError"),
    ),
    _train("no quota to train", ends=LIMIT, Train=NO_QUOTA),
    _train("no quota to search", {**_SET, "tune": True}, ends=LIMIT, Tune=NO_QUOTA),
    _train("no quota to evaluate", ends=LIMIT, Evaluate=NO_QUOTA),
    _train("quota in use to train", Train=_in_use),
    _train("quota in use to search", {**_SET, "tune": True}, Tune=_in_use),
    _train("quota in use to evaluate", Evaluate=_in_use),
    _train("quota in use for hours", ends=LIMIT, Train=IN_USE),
    _train("a limit in other words", ends=LIMIT, Train=Throw(LIMIT, "Too many jobs.")),
    _train_demand("demand, in its own place", {}),
    _train_demand("demand, with a search", {"tune": True}),
    _train_demand("demand, a band too narrow", {}, Read_the_report=_demand_report(0.008, 0.74)),
    _train_demand("demand, a band too wide", {}, Read_the_report=_demand_report(0.008, 0.86)),
    _train_demand("demand, too little gained", {}, Read_the_report=_demand_report(0.001, 0.8)),
    _train_demand(
        "demand, a report without its coverage", {}, Read_the_report=_report_without("coverage")
    ),
    _deploy("in the place of an old model", Describe_its_configuration=_OLD_CHAMPION),
    _deploy("part by part", _CANARY, Describe_its_configuration=_OLD_CHAMPION),
    _deploy("in the place of two"),
    _deploy("first of all", Look_up_the_endpoint=_NO_ENDPOINT),
    _deploy("as a challenger", _CHALLENGER, Describe_its_configuration=_OLD_CHAMPION),
    _deploy("in the place of a challenger", _CHALLENGER),
    _deploy("in the shadow", _SHADOW, Describe_its_configuration=_OLD_CHAMPION),
    _deploy("in the place of a shadow", _SHADOW, Describe_its_configuration=_OLD_SHADOW),
    _deploy("a challenger is promoted", _CHALLENGER, execution_input=_champion(6)),
    _deploy(
        "a shadow is promoted",
        _SHADOW,
        execution_input=_champion(6),
        Describe_its_configuration=_OLD_SHADOW,
    ),
    _deploy("a challenger is dropped", _CHALLENGER, execution_input=_champion(7)),
    _deploy(
        "the version before is brought back",
        execution_input=_champion(6),
        Describe_its_configuration=_OLD_CHAMPION,
    ),
    _deploy(
        "the champion is asked for again",
        execution_input=_champion(7),
        Describe_its_configuration=_OLD_CHAMPION,
    ),
    _deploy("approved late", execution_input={"model_package_arn": _package("flights", 5)}),
    _deploy(
        "a second approval of the challenger",
        _CHALLENGER,
        Describe_the_second_model=_model("flights", 8),
    ),
    _deploy("while another one is at work", Look_up_the_endpoint=_busy_at_first),
    _deploy("at the same time as another one", Update_the_endpoint=_overtaken),
    _deploy(
        "first of all, at the same time as another one",
        Look_up_the_endpoint=_made_meanwhile,
        Create_the_endpoint=_EXISTS,
    ),
    _deploy("answers as it was evaluated", Read_its_answers=_answers(0.1, 0.50009, 0.912345)),
    _deploy("answers otherwise", ends=WRONG, Read_its_answers=_answers(0.1, 0.5002, 0.912345)),
    _deploy("answers too little", ends=WRONG, Read_its_answers=_answers(0.1, 0.5)),
    _deploy("answers without numbers", ends=WRONG, Read_its_answers=_answers("0.1", None, True)),
    _deploy("answers something else", ends=WRONG, Read_its_answers={"Body": '{"status": "up"}'}),
    _deploy(
        "the first one answers otherwise",
        ends=WRONG,
        Look_up_the_endpoint=_NO_ENDPOINT,
        Read_its_answers=_answers(0.5, 0.5, 0.5),
    ),
    _deploy(
        "answers by a page of HTML",
        ends="States.QueryEvaluationError",
        Read_its_answers={"Body": "<html>Internal Server Error</html>"},
    ),
    _deploy("does not answer", ends=FAILURE, Ask_the_new_model=Throw(FAILURE)),
    _deploy(
        "no sample to ask about",
        ends="S3.NoSuchKeyException",
        Read_what_is_right=Throw("S3.NoSuchKeyException", "The specified key does not exist."),
    ),
    _deploy("no machine to ask it", Ask_the_new_model=_no_machine),
    _deploy("no machine to ask it at all", ends="States.TaskFailed", Ask_the_new_model=_NONE),
    _deploy("no quota to ask it", ends=LIMIT, Ask_the_new_model=NO_QUOTA),
    _deploy("quota in use to ask it", Ask_the_new_model=_in_use),
    _deploy("quota in use for long to ask it", ends=LIMIT, Ask_the_new_model=IN_USE),
    _deploy("refused for another reason", ends=_ANY, Update_the_endpoint=Throw(_ANY, "No.")),
    _deploy("not approved", Describe_the_package={**_PACKAGE, "ModelApprovalStatus": "Rejected"}),
    _deploy(
        "served already",
        Describe_its_model=_model("flights", 8),
    ),
    _deploy(
        "rolled back by the alarms",
        ends="RollOutInService",
        Check_the_endpoint={"EndpointStatus": "InService", "EndpointConfigName": "old"},
    ),
    _deploy(
        "failed for good",
        ends="RollOutFailed",
        Check_the_endpoint={"EndpointStatus": "Failed", "EndpointConfigName": "old"},
    ),
    _deploy(
        "too slow",
        ends="TooSlow",
        Check_the_endpoint={"EndpointStatus": "Updating", "EndpointConfigName": "old"},
    ),
    _deploy("while another one never ends", ends="TooSlow", Look_up_the_endpoint=_BUSY),
    _deploy(
        "the first one fails",
        ends="RollOutFailed",
        Look_up_the_endpoint=_NO_ENDPOINT,
        Check_the_endpoint={"EndpointStatus": "Failed", "EndpointConfigName": "new"},
    ),
    _deploy(
        "no quota at first",
        ends=LIMIT,
        Look_up_the_endpoint=_NO_ENDPOINT,
        Create_the_endpoint=NO_QUOTA,
    ),
    _deploy("no quota for two fleets", ends=LIMIT, Update_the_endpoint=_limit(1, 1)),
    _deploy(
        "quota in use at first",
        Look_up_the_endpoint=_NO_ENDPOINT,
        Create_the_endpoint=_in_use,
    ),
    _deploy("quota in use", Update_the_endpoint=_in_use),
    _deploy("quota in use for long", ends=LIMIT, Update_the_endpoint=IN_USE),
    _judge("of a day"),
    _judge("of the day before last", {}),
    _judge("of no day", {"day": "yesterday'"}, ends="WrongInput"),
    _judge("worse than the limit", Read_the_figures=_judged({**MODEL, "roc_auc": 0.55})),
    _judge("of few flights", Read_the_figures=_judged({**MODEL, "flights": 99})),
    _judge("of many flights", Read_the_figures=_judged({**MODEL, "flights": 1000})),
    _judge(
        "of flights without an outcome",
        Read_the_figures=_judged({**MODEL, **UNKNOWN, "flights": 0, "without_outcome": 700}),
    ),
    _judge(
        "of two models",
        Read_the_figures=_judged(MODEL, {**MODEL, "variant": "challenger", "version": "8"}),
    ),
    _judge("of a day without requests", Read_the_figures=_judged()),
    _judge("by an older evaluation", Read_its_evaluation={"Body": '{"roc_auc": 0.7}'}),
    _judge(
        "without its evaluation",
        ends="S3.NoSuchKeyException",
        Read_its_evaluation=Throw("S3.NoSuchKeyException", "The specified key does not exist."),
    ),
    _judge_forecasts("until a day"),
    _judge_forecasts("until today", {}),
    _judge_forecasts("until no day", {"day": "2014'"}, ends="WrongInput"),
    _judge_forecasts("without demand", Read_the_figures=_figures(_FORECAST_COLUMNS)),
    _batch("by the newest"),
    _batch("by a given one", {**_FLIGHTS, "model_package_arn": _package("given")}),
    _batch("of nothing named", {}, ends="NoFiles"),
    _batch("of nothing there", ends="NoFiles", List_the_files={}),
    _batch("by none", ends="NoModel", Find_the_newest_model={"ModelPackageSummaryList": []}),
    _batch("transforming fails", ends=FAILURE, Transform=Throw(FAILURE)),
    _batch("no capacity", Transform=_no_capacity),
    _batch("no quota", ends=LIMIT, Transform=NO_QUOTA),
    _batch("quota in use", Transform=_in_use),
    _forecast("of its own place", {}),
    _forecast("of a history that is named", {"history": "s3://bucket/transform/other/"}),
    _forecast("of flights", {"history": "flights.csv"}, ends="NoFiles"),
]
