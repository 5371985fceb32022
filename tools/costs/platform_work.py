"""The ML platform's units of work: train, answer, predict for a whole prefix.

Left out, each below a cent: storage in S3, the query that exports a training set, requests to KMS.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from tools.assembly import Resource, Templates, resources
from tools.costs.assumptions import PLATFORM
from tools.costs.idle_rules import instance_key
from tools.costs.lines import Charge, Line, line
from tools.costs.schedules import HOURS_A_MONTH
from tools.costs.template_reading import gb_second_key, machine, machines, one, states

__all__ = ["batch_transform", "machines", "predictions", "training_run"]


def training_run(templates: Templates, spot_saving: float = PLATFORM.spot_saving) -> list[Line]:
    """One run that ends with a registered model; `spot_saving` counts where spot is asked for."""
    workflow, blanks = machine(templates, "TuningJobs")
    return [
        line(workflow.stack, workflow.path, each) for each in _train(workflow, blanks, spot_saving)
    ]


def _train(workflow: Resource, blanks: Mapping[str, Any], spot_saving: float) -> Iterator[Charge]:
    kind, spot = blanks["InstanceType"], blanks["Spot"] == "true"
    jobs = int(blanks["TuningJobs"]) if blanks["Tune"] == "true" else 1
    hours = jobs * PLATFORM.training_minutes / 60
    paid = hours * (1 - spot_saving if spot else 1)
    yield Charge(
        f"hours of {kind} that train{', on spot' if spot else ''}",
        instance_key(kind, "training"),
        paid,
        "ml_training.instance_type",
    )
    judged = PLATFORM.evaluation_minutes / 60
    yield Charge(f"hours of {kind} that judge", instance_key(kind, "processing"), judged)
    volumes = hours * int(blanks["VolumeGibibytes"]) + judged * PLATFORM.processing_gibibytes
    yield Charge(
        "GB months of the jobs' volumes", "sagemaker_storage_gb_month", volumes / HOURS_A_MONTH
    )
    yield _transitions(workflow)


def _transitions(workflow: Resource) -> Charge:
    return Charge(
        "1,000 transitions, each state once", "stepfunctions_standard_1k", states(workflow) / 1000
    )


def batch_transform(templates: Templates) -> list[Line]:
    """One run over the files below a prefix, shared out among its instances."""
    workflow, blanks = machine(templates, "Instances")
    kind = blanks["InstanceType"]
    hours = int(blanks["Instances"]) * PLATFORM.transform_minutes / 60
    volume = hours * PLATFORM.processing_gibibytes / HOURS_A_MONTH
    charges = [
        Charge(f"hours of {kind} that predict", instance_key(kind, "processing"), hours),
        Charge("GB months of its volume", "sagemaker_storage_gb_month", volume),
        _transitions(workflow),
    ]
    return [line(workflow.stack, workflow.path, each) for each in charges]


def predictions(templates: Templates, calls: float) -> list[Line]:
    """So many calls of the API, one flight each; the endpoint's instances are priced as idle."""
    api = one(templates, "AWS::ApiGateway::RestApi")
    function = one(templates, "AWS::Lambda::Function", "Prediction/Predict")
    workflow, blanks = machine(templates, "Serving")
    bills = [
        (api, _gateway(templates, calls)),
        (function, _function(function, calls, PLATFORM.prediction_seconds, "the API's")),
        (workflow, _model(blanks, calls)),
    ]
    # What captures nothing has nobody to watch it.
    if captured := calls * int(blanks["CapturePercent"]) / 100:
        check = one(templates, "AWS::Lambda::Function", "Drift/Detect")
        bills.append((check, _watch(check, captured)))
    return [line(each.stack, each.path, charge) for each, charges in bills for charge in charges]


def _gateway(templates: Templates, calls: float) -> Iterator[Charge]:
    yield Charge("million calls of the API", "apigw_rest_million", calls / 1e6)
    kinds = {each.type for each in resources(templates)}
    if "AWS::WAFv2::WebACL" in kinds:
        yield Charge(
            "million calls through the firewall",
            "waf_requests_million",
            calls / 1e6,
            "ml_endpoint.waf",
        )
    logged = calls * PLATFORM.call_log_bytes / 1e9
    yield Charge("GB that gateway and function log", "cloudwatch_logs_ingest_gb", logged)


def _function(function: Resource, calls: float, seconds: float, whose: str) -> Iterator[Charge]:
    used = calls * seconds * function.properties["MemorySize"] / 1024
    yield Charge(f"GB seconds of {whose} function", gb_second_key(function), used)
    yield Charge(f"million calls of {whose} function", "lambda_requests_million", calls / 1e6)


def _model(blanks: Mapping[str, Any], calls: float) -> Iterator[Charge]:
    exchanged = calls * PLATFORM.exchange_bytes / 1e9
    yield Charge("GB into and out of the endpoint", "sagemaker_hosting_data_gb", exchanged)
    if blanks["InVpc"] == "true":
        yield Charge("GB through the VPC's endpoint", "vpc_interface_endpoint_gb", exchanged)
    if blanks["Serving"] == "serverless":
        gigabytes = int(blanks["ServerlessMemory"]) / 1024
        used = calls * PLATFORM.serverless_seconds * gigabytes
        yield Charge("GB seconds of the endpoint", "sagemaker_serverless_gb_second", used)


def _watch(check: Resource, captured: float) -> Iterator[Charge]:
    files = math.ceil(captured / PLATFORM.captured_calls_a_file)
    yield Charge("1,000 files of captured calls", "s3_standard_put_1k", files / 1000)
    yield from _function(check, files, PLATFORM.drift_seconds, "the drift check's")
