"""SageMaker's endpoints: what CreateEndpoint and UpdateEndpoint roll out, and how it is kept.

`endpoints.json` of the workspace holds what is served. A roll-out ends at once: a model that does
not load leaves the endpoint as it was, status Failed. Deployment strategies, alarms and instances
are not simulated; there is one endpoint at a time.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import ClientError

from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError
from local.services.s3.uri import split_uri
from local.services.sagemaker.containers import ModelServers
from local.services.sagemaker.jobs import SageMakerJobs
from local.services.sagemaker.resources import Resources
from local.services.task import Arguments, Table
from local.services.vpc.endpoints import s3_endpoint_of_model

LENIENT = [
    (
        "A roll-out ends at once: its waits and alarms do not happen.",
        "One process serves each container; there is no fleet.",
    ),
]


@dataclass(frozen=True)
class Variant:
    """The URLs of a model's containers, in the order of the pipeline, and its traffic weight."""

    name: str
    urls: list[str]
    weight: float = 1.0


@dataclass(frozen=True)
class Endpoint:
    """What an endpoint serves, and where it captures data to, as which role."""

    variants: list[Variant]
    capture_bucket: str
    """Empty for one that captures nothing."""
    role_arn: str
    vpc_endpoint_id: str
    asynchronous: bool = False
    """Whether it takes InvokeEndpointAsync alone."""


def load_endpoints(folder: Path) -> dict[str, Endpoint]:
    """Name -> endpoint, of the workspace in `folder`."""
    path = folder / "endpoints.json"
    documents = json.loads(path.read_text()) if path.exists() else {}
    return {
        name: Endpoint(
            **{**fields, "variants": [Variant(**variant) for variant in fields["variants"]]}
        )
        for name, fields in documents.items()
    }


class Endpoints:
    """Rolls out endpoints."""

    def __init__(self, emulator: Emulator, folder: Path, resources: Resources) -> None:
        self._emulator, self._folder, self._resources = emulator, folder, resources
        self._servers = ModelServers(folder)

    def table(self) -> Table:
        """The stand-ins of the integrations that roll out."""
        return {
            "sagemaker:createEndpoint": self._roll_out,
            "sagemaker:updateEndpoint": self._roll_out,
        }

    def container_urls(self, model_name: str) -> list[str]:
        """Where a model's containers answer; they are started if they do not run."""
        model = self._resources.get("Model", model_name)
        package_name = model["PrimaryContainer"]["ModelPackageName"]
        package = self._resources.get("ModelPackage", package_name)
        vpc_endpoint_id = s3_endpoint_of_model(self._emulator, model)
        jobs = SageMakerJobs(self._emulator, self._folder / "jobs", vpc_endpoint_id)
        return self._servers.urls(model, package, jobs)

    def _roll_out(self, request: Arguments) -> Arguments:
        name = request["EndpointName"]
        config_name = request["EndpointConfigName"]
        config = self._resources.get("EndpointConfig", config_name)
        descriptions = self._resources.by_type["Endpoint"]
        description = {
            "EndpointName": name,
            "EndpointConfigName": config_name,
            "LastModifiedTime": datetime.now(UTC).isoformat(),
        }
        try:
            self._serve(name, self._endpoint(config))
        except (LocalError, ClientError) as error:
            # As in SageMaker: the call succeeds, and DescribeEndpoint tells that it has failed. An
            # endpoint that served before goes on, with its configuration and status.
            before = descriptions.get(name, {"EndpointStatus": "Failed"})
            descriptions[name] = {**description, **before, "FailureReason": str(error)}
            descriptions[name]["LastModifiedTime"] = description["LastModifiedTime"]
        else:
            descriptions[name] = {**description, "EndpointStatus": "InService"}
        return {"EndpointArn": name}

    def _serve(self, name: str, endpoint: Endpoint) -> None:
        """Make `name` the one endpoint that there is."""
        (self._folder / "endpoints.json").write_text(json.dumps({name: asdict(endpoint)}))

    def _endpoint(self, config: Arguments) -> Endpoint:
        variants = config["ProductionVariants"]
        model = self._resources.get("Model", variants[0]["ModelName"])
        capture = config.get("DataCaptureConfig", {}).get("DestinationS3Uri", "")
        return Endpoint(
            variants=[
                Variant(
                    variant["VariantName"],
                    self.container_urls(variant["ModelName"]),
                    variant["InitialVariantWeight"],
                )
                for variant in variants
            ],
            capture_bucket=split_uri(capture)[0],
            role_arn=model["ExecutionRoleArn"],
            asynchronous="AsyncInferenceConfig" in config,
            vpc_endpoint_id=s3_endpoint_of_model(self._emulator, model),
        )
