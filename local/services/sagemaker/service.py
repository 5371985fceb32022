"""SageMaker for workflow tasks: jobs that run on this machine, the registry, and endpoints.

A task of a job ends when the job has ended. Images are not checked; roles and the VPC endpoint
that a job's data passes are.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.runtime.emulator import ACCOUNT, REGION, Emulator
from local.runtime.workspace import LocalError
from local.services.contract.operations import Operation
from local.services.sagemaker import tuning_job
from local.services.sagemaker.endpoints import Endpoints
from local.services.sagemaker.jobs import SageMakerJobs, Trained
from local.services.sagemaker.model_registry import ModelRegistry
from local.services.sagemaker.resources import Resources
from local.services.sagemaker.transform_job import transform
from local.services.task import Arguments, Table, TaskError
from local.services.vpc.endpoints import s3_endpoint_of, s3_endpoint_of_model

LENIENT = [
    (
        "Images are not pulled.",
        "A container is an environment of Python packages on this machine.",
    ),
    (
        "A range of a hyperparameter may begin above its end.",
        "That SageMaker refuses it is likely and unverified: neither its API's text nor a thread"
        " says so.",
    ),
]

_JOBS = ("TrainingJob", "HyperParameterTuningJob", "ProcessingJob", "TransformJob")
_STARTS = {f"sagemaker:Create{kind}" for kind in _JOBS}


class SageMaker:
    """The state of SageMaker in one account and Region."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        """`folder` is the workspace's."""
        self._emulator, self._folder = emulator, folder
        self._resources = Resources()
        self.registry = ModelRegistry(self._resources)
        self._endpoints = Endpoints(emulator, folder, self._resources)
        self._training_jobs: dict[str, Arguments] = {}
        self._training_results: dict[str, Arguments] = {}
        self._running_jobs: list[Arguments] = []

    def state(self) -> Mapping[str, Any]:
        """What exists already, as rules ask for it: kind -> name -> request or description."""
        resources = self._resources.by_type
        return {
            "endpoints": resources["Endpoint"],
            "endpoint_configs": resources["EndpointConfig"],
            "models": resources["Model"],
            "training_jobs": self._training_jobs,
            "running_jobs": [*self._running_jobs],
        }

    @contextmanager
    def instances_in_use(self, operation: Operation, request: Arguments) -> Iterator[None]:
        """Count the instances of a job as in use until it ends; other operations use none."""
        if operation.id not in _STARTS:
            yield
            return
        self._running_jobs.append(request)
        try:
            yield
        finally:
            self._running_jobs.remove(request)

    def table(self) -> Table:
        """The stand-ins of SageMaker's integrations."""
        return {
            **self._resources.table(),
            **self.registry.table(),
            **self._endpoints.table(),
            "sagemaker:createTrainingJob": self._train,
            "sagemaker:describeTrainingJob": self._describe_training_job,
            "sagemaker:createHyperParameterTuningJob": self._tune,
            "sagemaker:createProcessingJob": self._process,
            "sagemaker:createTransformJob": self._transform,
            **{f"sagemaker:stop{kind}": _refuse_to_stop for kind in _JOBS},
        }

    def _jobs(self, subnets: list[str]) -> SageMakerJobs:
        vpc_endpoint_id = s3_endpoint_of(self._emulator, subnets)
        return SageMakerJobs(self._emulator, self._folder / "jobs", vpc_endpoint_id)

    def _keep_request(self, kind: str, request: Arguments) -> None:
        """Write what a job was started with to `jobs/`, for whoever looks into it."""
        file = self._folder / "jobs" / f"{kind}-{request[f'{kind}JobName']}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(request, indent=1))

    def _train(self, request: Arguments) -> Arguments:
        name = request["TrainingJobName"]
        self._keep_request("Training", request)
        self._training_jobs[name] = request
        trained = self._jobs(request["VpcConfig"]["Subnets"]).train(request)
        (self._folder / "logs" / f"{name}.log").write_text(trained.log)
        return self._keep_result(name, trained)

    def _keep_result(self, name: str, trained: Trained) -> Arguments:
        """What DescribeTrainingJob says of a job that has ended."""
        result = self._training_results[name] = {
            "TrainingJobName": name,
            "TrainingJobStatus": "Completed",
            "ModelArtifacts": {"S3ModelArtifacts": trained.model_uri},
            "TrainingTimeInSeconds": round(trained.seconds),
            "BillableTimeInSeconds": round(trained.seconds),
            "FinalMetricDataList": [
                {"MetricName": metric, "Value": value} for metric, value in trained.metrics.items()
            ],
        }
        return result

    def _describe_training_job(self, request: Arguments) -> Arguments:
        name = request["TrainingJobName"]
        if name not in self._training_results:
            raise TaskError("SageMaker.SageMakerException", "Requested resource not found.")
        job = self._training_jobs[name]
        return {
            **{key: value for key, value in job.items() if key != "Tags"},
            **self._training_results[name],
            "TrainingJobArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}",
        }

    def _tune(self, request: Arguments) -> Arguments:
        config = request["HyperParameterTuningJobConfig"]
        objective = config["HyperParameterTuningJobObjective"]["MetricName"]
        metrics = {}
        for job in tuning_job.training_jobs(request):
            trained = self._jobs(job["VpcConfig"]["Subnets"]).train(job)
            self._training_jobs[job["TrainingJobName"]] = job
            self._keep_result(job["TrainingJobName"], trained)
            if objective not in trained.metrics:
                raise LocalError(
                    f"{job['TrainingJobName']} failed: the objective metric {objective} was not"
                    " found in its log."
                )
            metrics[job["TrainingJobName"]] = trained.metrics[objective]
        best = max(metrics, key=metrics.__getitem__)
        return {"BestTrainingJob": {"TrainingJobName": best}}

    def _process(self, request: Arguments) -> Arguments:
        name = request["ProcessingJobName"]
        self._keep_request("Processing", request)
        self._jobs(request["NetworkConfig"]["VpcConfig"]["Subnets"]).process(request)
        return {"ProcessingJobName": name, "ProcessingJobStatus": "Completed"}

    def _transform(self, request: Arguments) -> Arguments:
        model = self._resources.get("Model", request["ModelName"])
        jobs = SageMakerJobs(
            self._emulator, self._folder / "jobs", s3_endpoint_of_model(self._emulator, model)
        )
        urls = self._endpoints.container_urls(request["ModelName"])
        name = request["TransformJobName"]
        self._keep_request("Transform", request)
        transform(request, urls, jobs.s3(model["ExecutionRoleArn"]))
        return {"TransformJobName": name, "TransformJobStatus": "Completed"}


def _refuse_to_stop(_: Arguments) -> Arguments:
    """A job has ended with its task: SageMaker refuses to stop it with a ValidationException.

    The SageMaker Python SDK relies on that code (`Session.stop_processing_job` and its like); the
    sentence was not verified. Step Functions knows no such error of SageMaker.
    """
    message = "The request was rejected because the job is not in progress."
    raise TaskError("SageMaker.SageMakerException", message)
