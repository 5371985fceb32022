"""What SageMaker does for the workflows here: run jobs for real, keep models, roll out endpoints.

The embedded Step Functions has no integration for SageMaker, Application Auto Scaling and Athena's
UNLOAD: `runtime/ministack_server.py` hands their tasks to this process. Each request is held against
the service's own model first, as botocore has it, so a parameter that AWS would refuse fails here.
Jobs are real local work (`local/services/sagemaker/jobs.py`); endpoints are real model servers.
"""

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import botocore.session
from boto3.exceptions import Boto3Error
from botocore.exceptions import ClientError
from botocore.model import Shape
from botocore.validate import ParamValidator

from local.runtime import emulator as emulators
from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError
from local.services.athena.queries import UNLOAD, Athena
from local.services.language.language import Language
from local.services.language.translation_job import TranslationJobs
from local.services.sagemaker.endpoint import (
    Capture,
    Served,
    Variant,
    endpoints,
    invoke,
    serve_only,
)
from local.services.sagemaker.hosting import ModelServers
from local.services.sagemaker.jobs import SageMakerJobs
from local.services.sagemaker.transform_job import transform
from local.services.task_error import TaskError

Arguments = dict[str, Any]
_RESOURCE = re.compile(r"^arn:aws:states:::(?:aws-sdk:)?(?P<service>\w+):(?P<api>\w+)(\.sync)?$")
_SERVICES = {"applicationautoscaling": "application-autoscaling"}
_PREFIXES = {"sagemaker": "SageMaker", "applicationautoscaling": "ApplicationAutoScaling"}


class SageMaker:
    """Models, configurations, endpoints and packages, and the tasks that touch them."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self._emulator, self._folder = emulator, folder
        self._kept: dict[str, dict[str, Arguments]] = {
            kind: {} for kind in ("Model", "EndpointConfig", "Endpoint", "ModelPackage")
        }
        self._scaled: dict[str, Arguments] = {}
        self._servers = ModelServers(folder)
        self.language = Language()
        self._translations = TranslationJobs(emulator)
        self.events: list[Arguments] = []  # for the default bus, when the task has ended

    def do(self, resource: str, arguments: Arguments) -> Any:
        """The result of one task. Raises TaskError."""
        named = _RESOURCE.match(resource)
        if named is None:
            raise TaskError("States.Runtime", f"{resource} is not understood here")
        service, api = named["service"], named["api"]
        self._check(service, api[0].upper() + api[1:], arguments)
        try:
            return self._task(f"{service}:{api}")(arguments)
        except (LocalError, ClientError, Boto3Error) as error:
            # A job that may not read its data fails, as there; its reason is the job's.
            raise TaskError("States.TaskFailed", str(error)) from error

    def _check(self, service: str, api: str, arguments: Arguments) -> None:
        shape = _input_shape(_SERVICES.get(service, service), api)
        if shape is None:
            return
        if f"{service}:{api}" == "s3:PutObject" and isinstance(arguments["Body"], dict):
            arguments = {**arguments, "Body": b""}  # Step Functions makes JSON of it
        report = ParamValidator().validate(arguments, shape)
        if report.has_errors():
            prefix = _PREFIXES.get(service, service.title())
            raise TaskError(f"{prefix}.ValidationException", report.generate_report())

    def _task(self, name: str) -> Callable[[Arguments], Any]:
        tasks: dict[str, Callable[[Arguments], Any]] = {
            "athena:startQueryExecution": self._unload,
            "s3:getObject": self._read,
            "s3:putObject": self._write,
            "s3:headObject": self._look,
            "translate:startTextTranslationJob": self._translations.start,
            "translate:describeTextTranslationJob": self._translations.describe,
            "sagemaker:createTrainingJob": self._train,
            "sagemaker:createHyperParameterTuningJob": self._tune,
            "sagemaker:createProcessingJob": self._process,
            "sagemaker:createTransformJob": self._transform,
            "sagemaker:createModelPackage": self._register,
            "sagemaker:listModelPackages": self._newest,
            "sagemaker:createEndpoint": self._roll_out,
            "sagemaker:updateEndpoint": self._roll_out,
            "applicationautoscaling:registerScalableTarget": self._scale,
            "applicationautoscaling:deregisterScalableTarget": self._stop_scaling,
            "applicationautoscaling:putScalingPolicy": self._track,
        }
        if name in tasks:
            return tasks[name]
        if name.startswith(("translate:", "comprehend:")):
            return lambda arguments: self.language.answer(name, arguments)
        verb, kind = re.match(r"sagemaker:([a-z]+)(\w+)", name).groups()  # type: ignore[union-attr]
        if kind in self._kept and verb in ("create", "describe", "delete"):
            return lambda arguments: self._keep(verb, kind, arguments)
        raise TaskError("States.Runtime", f"{name} is not understood here")

    def _keep(self, verb: str, kind: str, arguments: Arguments) -> Arguments:
        """Create, describe or delete something that just is."""
        name = arguments[f"{kind}Name"]
        known = self._kept[kind]
        if verb == "create":
            if name in known:
                raise TaskError("SageMaker.SageMakerException", f"{name} exists already")
            known[name] = {**arguments}
        elif name not in known:
            raise TaskError("SageMaker.SageMakerException", f"Could not find {name}.")
        return known.pop(name) if verb == "delete" else known[name]

    def _jobs(self, request: Arguments) -> SageMakerJobs:
        network = request.get("VpcConfig") or request["NetworkConfig"]["VpcConfig"]
        return SageMakerJobs(self._emulator, self._folder / "jobs", self._door(network["Subnets"]))

    def _door(self, subnets: list[str]) -> str:
        """The S3 endpoint of the VPC that `subnets` are in."""
        ec2 = self._emulator.client("ec2")
        vpc = ec2.describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
        for each in ec2.describe_vpc_endpoints()["VpcEndpoints"]:
            if each["VpcId"] == vpc and each["ServiceName"].endswith(".s3"):
                return str(each["VpcEndpointId"])
        raise LocalError(f"{vpc} has no S3 endpoint, so a job in it could reach no data")

    def _train(self, request: Arguments) -> Arguments:
        trained = self._jobs(request).train(request)
        name = request["TrainingJobName"]
        (self._folder / "logs" / f"{name}.log").write_text(trained.log)
        return {
            "TrainingJobName": name,
            "TrainingJobStatus": "Completed",
            "ModelArtifacts": {"S3ModelArtifacts": trained.model_uri},
            "FinalMetricDataList": [
                {"MetricName": metric, "Value": value} for metric, value in trained.metrics.items()
            ],
        }

    def _tune(self, request: Arguments) -> Arguments:
        """Try points spread over the ranges; SageMaker's Bayesian search is its own."""
        config, definition = (
            request["HyperParameterTuningJobConfig"],
            request["TrainingJobDefinition"],
        )
        ranges = config["ParameterRanges"]
        metric = config["HyperParameterTuningJobObjective"]["MetricName"]
        count = config["ResourceLimits"]["MaxNumberOfTrainingJobs"]
        tried: dict[str, float] = {}
        for number in range(count):
            at = (number + 0.5) / count
            chosen = {
                each["Name"]: _between(
                    each, (at * (1 + place * 2)) % 1, whole=kind.startswith("Int")
                )
                for kind in ("ContinuousParameterRanges", "IntegerParameterRanges")
                for place, each in enumerate(ranges.get(kind, []))
            }
            job = f"{request['HyperParameterTuningJobName']}-{number:03d}"
            one = {
                **definition,
                "TrainingJobName": job,
                "HyperParameters": {**definition["StaticHyperParameters"], **chosen},
            }
            del one["CheckpointConfig"]  # each job of a search has a folder of its own
            tried[job] = self._jobs(one).train(one).metrics[metric]
        best = max(tried, key=tried.__getitem__)
        return {"BestTrainingJob": {"TrainingJobName": best}, "Tried": tried}

    def _process(self, request: Arguments) -> Arguments:
        self._jobs(request).process(request)
        name = request["ProcessingJobName"]
        return {"ProcessingJobName": name, "ProcessingJobStatus": "Completed"}

    def _unload(self, request: Arguments) -> Arguments:
        outputs = {
            "DatabaseName": request["QueryExecutionContext"]["Database"],
            "WorkGroupName": request["WorkGroup"],
        }
        statement = UNLOAD.match(request["QueryString"])
        if statement is None:
            raise LocalError("only UNLOAD is run for workflows here")
        _, location = Athena(self._emulator, outputs).unload(statement)
        return {"QueryExecution": {"Status": {"State": "SUCCEEDED"}, "Location": location}}

    def _read(self, request: Arguments) -> Arguments:
        body = self._emulator.client("s3").get_object(**request)["Body"].read()
        return {"Body": body.decode()}

    def _write(self, request: Arguments) -> Arguments:
        body = request["Body"]
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        put = self._emulator.client("s3").put_object(**{**request, "Body": text.encode()})
        return {"ETag": put["ETag"]}

    def _look(self, request: Arguments) -> Arguments:
        found = self._emulator.client("s3").head_object(**request)
        return {"ContentLength": found["ContentLength"], "ContentType": found["ContentType"]}

    def _register(self, request: Arguments) -> Arguments:
        group = request["ModelPackageGroupName"]
        number = sum(f":model-package/{group}/" in arn for arn in self._kept["ModelPackage"]) + 1
        place = f"{emulators.REGION}:{emulators.ACCOUNT}"
        arn = f"arn:aws:sagemaker:{place}:model-package/{group}/{number}"
        self._kept["ModelPackage"][arn] = {**request, "ModelPackageArn": arn}
        detail = {
            "ModelPackageGroupName": group,
            "ModelPackageArn": arn,
            "ModelApprovalStatus": request["ModelApprovalStatus"],
        }
        event = {
            "Source": "aws.sagemaker",
            "DetailType": "SageMaker Model Package State Change",
            "Detail": json.dumps(detail),
        }
        self.events.append(event)
        return {"ModelPackageArn": arn}

    def _roll_out(self, request: Arguments) -> Arguments:
        """Serve what the configuration says; a model that does not load changes nothing."""
        name = request["EndpointName"]
        config = self._keep("describe", "EndpointConfig", request)
        endpoints = self._kept["Endpoint"]
        told = {"EndpointName": name, "LastModifiedTime": datetime.now(UTC).isoformat()}
        try:
            serve_only(self._folder, name, self._served(config))
        except (LocalError, ClientError) as error:
            # As there: the call was fine, and a later look tells how it went.
            before = {
                "EndpointStatus": "Failed",
                "EndpointConfigName": config["EndpointConfigName"],
            }
            endpoints[name] = {**before, **endpoints.get(name, {}), **told}
            endpoints[name]["FailureReason"] = str(error)
        else:
            told |= {"EndpointConfigName": config["EndpointConfigName"]}
            endpoints[name] = {**told, "EndpointStatus": "InService"}
        return {"EndpointArn": name}

    def _served(self, config: Arguments) -> Served:
        model = self._keep("describe", "Model", config["ProductionVariants"][0])
        variants = [
            Variant(
                each["VariantName"], self._urls(each["ModelName"]), each["InitialVariantWeight"]
            )
            for each in config["ProductionVariants"]
        ]
        capture = config.get("DataCaptureConfig", {}).get("DestinationS3Uri", "s3://none/")
        return Served(
            variants=variants,
            capture_bucket=capture.removeprefix("s3://").partition("/")[0],
            role_arn=model["ExecutionRoleArn"],
            vpc_endpoint_id=self._door(model["VpcConfig"]["Subnets"]),
        )

    def _urls(self, model_name: str) -> list[str]:
        """Where the model is asked, its containers started."""
        model = self._keep("describe", "Model", {"ModelName": model_name})
        package = self._keep("describe", "ModelPackage", model["PrimaryContainer"])
        return self._servers.urls(model, package, self._jobs(model))

    def _transform(self, request: Arguments) -> Arguments:
        model = self._keep("describe", "Model", request)
        s3 = self._jobs(model).in_the_vpc(model["ExecutionRoleArn"])
        transform(request, self._urls(request["ModelName"]), s3)
        name = request["TransformJobName"]
        return {"TransformJobName": name, "TransformJobStatus": "Completed"}

    def _newest(self, request: Arguments) -> Arguments:
        """ListModelPackages, as the workflows ask for it: the newest that is approved."""
        found = [
            {"ModelPackageArn": arn}
            for arn, package in self._kept["ModelPackage"].items()
            if package["ModelPackageGroupName"] == request["ModelPackageGroupName"]
            and package["ModelApprovalStatus"] == request["ModelApprovalStatus"]
        ]
        return {"ModelPackageSummaryList": found[::-1][: request["MaxResults"]]}

    def _scale(self, request: Arguments) -> Arguments:
        self._scaled[request["ResourceId"]] = request
        return {"ScalableTargetARN": request["ResourceId"]}

    def _track(self, request: Arguments) -> Arguments:
        if request["ResourceId"] not in self._scaled:
            error = "ApplicationAutoScaling.ObjectNotFoundException"
            raise TaskError(error, f"No scalable target {request['ResourceId']}")
        return {"PolicyARN": request["PolicyName"]}

    def _stop_scaling(self, request: Arguments) -> Arguments:
        if self._scaled.pop(request["ResourceId"], None) is None:
            error = "ApplicationAutoScaling.ObjectNotFoundException"
            raise TaskError(error, f"No scalable target {request['ResourceId']}")
        return {}


@cache
def _input_shape(service: str, api: str) -> Shape | None:
    """What a request may hold, by botocore's model of the service."""
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(api).input_shape


def _between(bounds: Arguments, share: float, *, whole: bool) -> str:
    low, high = float(bounds["MinValue"]), float(bounds["MaxValue"])
    value = low + (high - low) * share
    return str(round(value)) if whole else f"{value:.4f}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sagemaker: SageMaker
    capture: Capture
    folder: Path

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/tasks":
            self._task(json.loads(body))
            return
        if self.path == "/language":
            told = self.sagemaker.language.tell(json.loads(body))
            self._answer(200, json.dumps(told).encode(), {})
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        name = self.path.split("/")[2]
        answer = invoke(endpoints(self.folder), name, headers, body, self.capture)
        self._answer(answer.status, answer.body, answer.headers)

    def _task(self, task: dict[str, Any]) -> None:
        try:
            result = self.sagemaker.do(task["resource"], task["arguments"])
            said = {"result": result, "events": self.sagemaker.events}
            self.sagemaker.events = []
        except TaskError as error:
            said = {"error": error.error, "cause": error.cause}
        self._answer(200, json.dumps(said, default=str).encode(), {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of each request."""


if __name__ == "__main__":
    own_port, emulator_port, workspace_folder = sys.argv[1:]
    _Handler.folder = Path(workspace_folder)
    embedded = Emulator(int(emulator_port), _Handler.folder / "tls" / "authority.pem")
    _Handler.capture = Capture(embedded, _Handler.folder)
    _Handler.sagemaker = SageMaker(embedded, _Handler.folder)
    ThreadingHTTPServer(("127.0.0.1", int(own_port)), _Handler).serve_forever()
