"""Costs of the ML platform: train, serve, predict for a whole prefix.

Left out, each below a cent: storage in S3, the query that exports a training set, requests to KMS.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from tools.assembly import Assembly, Resource
from tools.costs.declaration import (
    ArchitectureCosts,
    Candidate,
    ChangedBy,
    InService,
    MonthOfUse,
    Unit,
)
from tools.costs.idle_rules import hosting, instance_key
from tools.costs.lines import Charge, Line, line
from tools.costs.schedules import HOURS_A_MONTH, runs_a_month
from tools.costs.template_reading import gb_second_key, one, substitutions, transitions

_WORKFLOW, _FUNCTION = "AWS::StepFunctions::StateMachine", "AWS::Lambda::Function"
_TRANSITIONS = "stepfunctions_standard_1k"


@dataclass(frozen=True)
class Assumptions:
    """What a model takes to train and to answer."""

    spot_saving: Annotated[float, "saved by spot capacity; AWS says up to 0.9, not guaranteed"]
    training_minutes: Annotated[float, "billed minutes of a training job, its start included"]
    evaluation_minutes: Annotated[float, "billed minutes of the evaluation"]
    transform_minutes: Annotated[float, "billed minutes of a batch transform"]
    processing_gibibytes: Annotated[int, "GiB of the volume of an evaluation or a batch transform"]
    prediction_seconds: Annotated[float, "seconds of the API's function for a request"]
    exchange_bytes: Annotated[int, "bytes of a request and its response"]
    request_log_bytes: Annotated[int, "bytes that gateway and function log for a request"]
    captured_requests_a_file: Annotated[int, "requests in a file that the endpoint captures"]
    drift_seconds: Annotated[float, "seconds of the drift check for 100,000 requests"]
    drift_reads: Annotated[float, "how often the drift check reads a file: until its hour is over"]
    drift_metrics: Annotated[int, "metrics of the drift check for a variant, one a feature"]
    judged_gigabytes: Annotated[
        float, "GB that judging a day scans: captures, and the lake's flights"
    ]
    quality_metrics: Annotated[int, "custom metrics of model quality, for each variant"]
    judged_forecast_gigabytes: Annotated[
        float, "GB that judging forecasts scans: theirs, and the histories"
    ]
    forecast_metrics: Annotated[int, "custom metrics of forecasts"]
    serverless_seconds: Annotated[float, "seconds that a serverless endpoint bills for a request"]


ASSUMED = Assumptions(
    spot_saving=0.65,
    training_minutes=4,
    evaluation_minutes=5,
    transform_minutes=6,
    processing_gibibytes=10,
    prediction_seconds=0.03,
    exchange_bytes=2_000,
    request_log_bytes=1_500,
    captured_requests_a_file=500,
    drift_seconds=5,
    drift_reads=2.5,
    drift_metrics=14,
    judged_gigabytes=1,
    quality_metrics=7,
    judged_forecast_gigabytes=0.1,
    forecast_metrics=4,
    serverless_seconds=0.05,
)


def _units(assembly: Assembly) -> Iterator[Unit]:
    yield Unit("a training run", training_run(assembly))
    yield Unit("1 million predictions through the API", predictions(assembly, 1e6))
    yield Unit("a deployment", deployment(assembly))
    yield Unit("a batch transform", batch_transform(assembly))
    # Without a lake there is nothing to judge by, and nothing is billed.
    judged = judgement(assembly) if _judges(assembly) else []
    yield Unit("a day's predictions judged", judged)
    if judges := _judges_of_forecasts(assembly):
        yield Unit("forecasts judged", judgement_of_forecasts(judges))
    if "EnergyDemand/Batch/Workflow" in [item.path for item in assembly.of_type(_WORKFLOW)]:
        run = training_run(assembly, path="EnergyDemand/Training/Workflow")
        yield Unit("a training run of energy-demand", run)
        forecast = batch_transform(assembly, "EnergyDemand/Batch/Workflow")
        yield Unit("a forecast of the next seven days", forecast)


def training_run(
    assembly: Assembly,
    spot_saving: float = ASSUMED.spot_saving,
    path: str = "Training/Workflow",
) -> list[Line]:
    """One run that ends with a registered model; `spot_saving` applies if spot is set."""
    workflow = one(assembly, _WORKFLOW, path)
    return [line(workflow, charge) for charge in _training(workflow, spot_saving)]


def _training(workflow: Resource, spot_saving: float) -> Iterator[Charge]:
    values = substitutions(workflow)
    instance_type, spot = values["InstanceType"], values["Spot"] == "true"
    jobs = int(values["TuningJobs"]) if values["Tune"] == "true" else 1
    hours = jobs * ASSUMED.training_minutes / 60
    yield Charge(
        f"hours of {instance_type} that train{', on spot' if spot else ''}",
        instance_key(instance_type, "training"),
        hours * (1 - spot_saving if spot else 1),
    )
    evaluation = ASSUMED.evaluation_minutes / 60
    item = f"hours of {instance_type} that evaluate"
    yield Charge(item, instance_key(instance_type, "processing"), evaluation)
    gibibyte_hours = (
        hours * int(values["VolumeGibibytes"]) + evaluation * ASSUMED.processing_gibibytes
    )
    item = "GB months of the jobs' volumes"
    yield Charge(item, "sagemaker_storage_gb_month", gibibyte_hours / HOURS_A_MONTH)
    yield _transitions(workflow)


def _transitions(workflow: Resource) -> Charge:
    return Charge("1,000 transitions, each state once", _TRANSITIONS, transitions(workflow) / 1000)


def batch_transform(assembly: Assembly, path: str = "Batch/Workflow") -> list[Line]:
    """One run over the files below a prefix, divided among its instances."""
    workflow = one(assembly, _WORKFLOW, path)
    values = substitutions(workflow)
    instance_type = values["InstanceType"]
    hours = int(values["Instances"]) * ASSUMED.transform_minutes / 60
    volume = hours * ASSUMED.processing_gibibytes / HOURS_A_MONTH
    key = instance_key(instance_type, "processing")
    charges = [
        Charge(f"hours of {instance_type} that predict", key, hours),
        Charge("GB months of its volume", "sagemaker_storage_gb_month", volume),
        _transitions(workflow),
    ]
    return [line(workflow, charge) for charge in charges]


def deployment(assembly: Assembly) -> list[Line]:
    """One approved model that is asked and rolled out; its fleet is priced as idle cost."""
    workflow = one(assembly, _WORKFLOW, "Deployment/Workflow")
    instance_type = substitutions(workflow)["InstanceType"]
    hours = ASSUMED.transform_minutes / 60
    item, key = (
        f"hours of {instance_type} that are asked",
        instance_key(instance_type, "processing"),
    )
    volume = hours * ASSUMED.processing_gibibytes / HOURS_A_MONTH
    charges = [
        Charge(item, key, hours),
        Charge("GB months of its volume", "sagemaker_storage_gb_month", volume),
        _transitions(workflow),
    ]
    return [line(workflow, charge) for charge in charges]


def judgement(assembly: Assembly) -> list[Line]:
    """One day's predictions joined with their outcomes, where there is a lake that knows them."""
    scanned = Charge("TB scanned by Athena", "athena_scanned_tb", ASSUMED.judged_gigabytes / 1000)
    return [
        line(workflow, charge)
        for workflow in _judges(assembly)
        for charge in (scanned, _transitions(workflow))
    ]


def _judges(assembly: Assembly) -> list[Resource]:
    machines = assembly.of_type(_WORKFLOW)
    return [machine for machine in machines if machine.place.endswith("GroundTruth/Workflow")]


def judgement_of_forecasts(judges: list[Resource]) -> list[Line]:
    """The forecasts of four weeks compared with the demand that followed."""
    gigabytes = ASSUMED.judged_forecast_gigabytes
    scanned = Charge("TB scanned by Athena", "athena_scanned_tb", gigabytes / 1000)
    return [
        line(workflow, charge)
        for workflow in judges
        for charge in (scanned, _transitions(workflow))
    ]


def _judges_of_forecasts(assembly: Assembly) -> list[Resource]:
    machines = assembly.of_type(_WORKFLOW)
    return [machine for machine in machines if machine.place.endswith("Forecasts/Workflow")]


def predictions(assembly: Assembly, requests: float) -> list[Line]:
    """Requests to the API, one flight each; the endpoint's instances are priced as idle cost."""
    api = one(assembly, "AWS::ApiGateway::RestApi")
    function = one(assembly, _FUNCTION, "Prediction/Predict")
    workflow = one(assembly, _WORKFLOW, "Deployment/Workflow")
    values = substitutions(workflow)
    bills = [
        (api, _gateway(assembly, requests)),
        (function, _function(function, requests, ASSUMED.prediction_seconds, "the API's")),
        (workflow, _endpoint(values, requests)),
    ]
    # Without captured requests there is nothing to check for drift.
    if captured := requests * int(values["CapturePercent"]) / 100:
        check = one(assembly, _FUNCTION, "Drift/Detect")
        bills.append((check, _drift_check(check, captured)))
    return [line(resource, charge) for resource, charges in bills for charge in charges]


def _gateway(assembly: Assembly, requests: float) -> Iterator[Charge]:
    yield Charge("million requests to the API", "apigw_rest_million", requests / 1e6)
    if assembly.of_type("AWS::WAFv2::WebACL"):
        yield Charge("million requests through AWS WAF", "waf_requests_million", requests / 1e6)
    logged = requests * ASSUMED.request_log_bytes / 1e9
    yield Charge("GB that gateway and function log", "cloudwatch_logs_ingest_gb", logged)


def _function(
    function: Resource, invocations: float, seconds: float, owner: str
) -> Iterator[Charge]:
    gb_seconds = invocations * seconds * function.properties["MemorySize"] / 1024
    yield Charge(f"GB seconds of {owner} function", gb_second_key(function), gb_seconds)
    item = f"million invocations of {owner} function"
    yield Charge(item, "lambda_requests_million", invocations / 1e6)


def _endpoint(values: Mapping[str, Any], requests: float) -> Iterator[Charge]:
    exchanged = requests * ASSUMED.exchange_bytes / 1e9
    yield Charge("GB into and out of the endpoint", "sagemaker_hosting_data_gb", exchanged)
    if values["InVpc"] == "true":
        yield Charge("GB through the interface endpoint", "vpc_interface_endpoint_gb", exchanged)
    if values["Serving"] == "serverless":
        gigabytes = int(values["ServerlessMemory"]) / 1024
        gb_seconds = requests * ASSUMED.serverless_seconds * gigabytes
        yield Charge("GB seconds of the endpoint", "sagemaker_serverless_gb_second", gb_seconds)


def _drift_check(check: Resource, captured: float) -> Iterator[Charge]:
    files = math.ceil(captured / ASSUMED.captured_requests_a_file)
    yield Charge("1,000 files of captured requests", "s3_standard_put_1k", files / 1000)
    reads = files * ASSUMED.drift_reads / 1000
    yield Charge("1,000 reads of such files", "s3_standard_get_1k", reads)
    # The hourly invocations themselves are idle cost.
    seconds = captured / 1e5 * ASSUMED.drift_seconds * ASSUMED.drift_reads
    gb_seconds = seconds * check.properties["MemorySize"] / 1024
    yield Charge("GB seconds of the drift check's function", gb_second_key(check), gb_seconds)


def _with_a_model(assembly: Assembly) -> Iterator[Line]:
    """The instances of the endpoint, and training by schedule once there is data."""
    workflow = one(assembly, _WORKFLOW, "Deployment/Workflow")
    values = substitutions(workflow)
    # A serverless endpoint costs nothing without requests.
    if values["Serving"] != "serverless":
        instance_type, count = values["InstanceType"], int(values["MinimumInstances"])
        yield line(workflow, hosting(instance_type, count))
        if values["RollOut"] in ("challenger", "shadow"):
            second = f"a {values['RollOut']}, from the second model on"
            yield line(workflow, hosting(instance_type, count, second))
    for judge in _judges(assembly):
        item = "custom metrics of model quality"
        yield line(judge, Charge(item, "cloudwatch_metric_month", ASSUMED.quality_metrics))
    for judge in _judges_of_forecasts(assembly):
        item = "custom metrics of forecasts"
        yield line(judge, Charge(item, "cloudwatch_metric_month", ASSUMED.forecast_metrics))
    if values["CapturePercent"] != "0":
        check, item = one(assembly, _FUNCTION, "Drift/Detect"), "metrics of the drift check"
        yield line(check, Charge(item, "cloudwatch_metric_month", ASSUMED.drift_metrics))
    for schedule in assembly.of_type("AWS::Scheduler::Schedule"):
        runs = runs_a_month(schedule.properties["ScheduleExpression"])
        path = f"{schedule.path.removesuffix('Schedule')}Workflow"
        forecasts = path.endswith("Batch/Workflow")
        purpose = "scheduled forecasts" if forecasts else "scheduled training"
        run = batch_transform(assembly, path) if forecasts else training_run(assembly, path=path)
        for cost in run:
            if cost.price.key != _TRANSITIONS:  # idle cost counts them already
                item = f"{purpose}: {cost.item}"
                yield line(schedule, Charge(item, cost.price.key, cost.quantity * runs))


COSTS = ArchitectureCosts(
    changed_by=(
        ChangedBy("ml_training.schedule", path="Training/Schedule"),
        ChangedBy("ml_endpoint.batch_schedule", path="EnergyDemand/Batch/Schedule"),
        ChangedBy("ml_training.schedule", path="EnergyDemand/Training/Schedule"),
        ChangedBy("ml_network.interface_endpoints", "vpc_interface_endpoint_az_hour"),
        ChangedBy("ml_network.interface_endpoints", "cloudwatch_vended_logs_cw_gb"),
        ChangedBy("ml_endpoint.minimum_instances", "sagemaker_*_hosting_hour"),
        ChangedBy("ml_endpoint.waf", "waf_*"),
        ChangedBy("ml_notebook.instance_type", "sagemaker_*_notebook_hour"),
        ChangedBy("ml_notebook.volume_gibibytes", "sagemaker_storage_gb_month"),
    ),
    in_service=InService("a model deployed", _with_a_model),
    units=_units,
    assumptions=ASSUMED,
    month=MonthOfUse(
        {
            "a training run": 4,
            "1 million predictions through the API": 10,
            "a deployment": 4,
            "a batch transform": 30,
        },
        replaces=("ml_training.schedule",),
    ),
    candidates=(
        Candidate.of({"ml_network.interface_endpoints": "sagemaker.api,sagemaker.runtime"}),
        Candidate.of({"ml_network.availability_zones": "2"}),
        Candidate.of({"ml_endpoint.minimum_instances": "1", "ml_endpoint.roll_out": "all-at-once"}),
        Candidate.of({"ml_endpoint.instance_type": "ml.m7i.xlarge"}),
        Candidate.of({"ml_endpoint.roll_out": "challenger"}),
        # A serverless endpoint supports no VPC, no data capture and one variant.
        Candidate.of(
            {
                "ml_endpoint.serving": "serverless",
                "ml_endpoint.in_vpc": "false",
                "ml_endpoint.data_capture_percent": "0",
            }
        ),
        Candidate.of({"ml_endpoint.waf": "false"}),
        Candidate.of({"ml_training.tune": "false"}),
        Candidate.of({"ml_training.spot": "false"}),
    ),
)
