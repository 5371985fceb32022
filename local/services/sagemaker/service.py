"""SageMaker for workflow tasks: jobs that run on this machine, the registry, and endpoints.

A task of a job ends when the job has ended. Instance types, images, volumes and quotas are not
checked; roles and the VPC endpoint that a job's data passes are.
"""

from pathlib import Path

from local.runtime.emulator import Emulator
from local.services.sagemaker import tuning_job
from local.services.sagemaker.endpoints import Endpoints
from local.services.sagemaker.jobs import SageMakerJobs
from local.services.sagemaker.model_registry import ModelRegistry
from local.services.sagemaker.resources import Resources
from local.services.sagemaker.transform_job import transform
from local.services.task import Arguments, Table
from local.services.vpc.endpoints import s3_endpoint_of


class SageMaker:
    """The state of SageMaker in one account and Region."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        """`folder` is the workspace's."""
        self._emulator, self._folder = emulator, folder
        self._resources = Resources()
        self.registry = ModelRegistry(self._resources)
        self._endpoints = Endpoints(emulator, folder, self._resources)

    def table(self) -> Table:
        """The stand-ins of SageMaker's integrations."""
        return {
            **self._resources.table(),
            **self.registry.table(),
            **self._endpoints.table(),
            "sagemaker:createTrainingJob": self._train,
            "sagemaker:createHyperParameterTuningJob": self._tune,
            "sagemaker:createProcessingJob": self._process,
            "sagemaker:createTransformJob": self._transform,
        }

    def _jobs(self, subnets: list[str]) -> SageMakerJobs:
        vpc_endpoint_id = s3_endpoint_of(self._emulator, subnets)
        return SageMakerJobs(self._emulator, self._folder / "jobs", vpc_endpoint_id)

    def _train(self, request: Arguments) -> Arguments:
        trained = self._jobs(request["VpcConfig"]["Subnets"]).train(request)
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
        objective = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
        metrics = {}
        for job in tuning_job.training_jobs(request):
            trained = self._jobs(job["VpcConfig"]["Subnets"]).train(job)
            metrics[job["TrainingJobName"]] = trained.metrics[objective["MetricName"]]
        best = max(metrics, key=metrics.__getitem__)
        return {"BestTrainingJob": {"TrainingJobName": best}}

    def _process(self, request: Arguments) -> Arguments:
        self._jobs(request["NetworkConfig"]["VpcConfig"]["Subnets"]).process(request)
        name = request["ProcessingJobName"]
        return {"ProcessingJobName": name, "ProcessingJobStatus": "Completed"}

    def _transform(self, request: Arguments) -> Arguments:
        model = self._resources.get("Model", request["ModelName"])
        jobs = self._jobs(model["VpcConfig"]["Subnets"])
        urls = self._endpoints.container_urls(request["ModelName"])
        transform(request, urls, jobs.s3(model["ExecutionRoleArn"]))
        name = request["TransformJobName"]
        return {"TransformJobName": name, "TransformJobStatus": "Completed"}
