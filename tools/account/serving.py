"""`make promote` and `make rollback`: which registered model is the champion of an endpoint.

Both start the workflow that deploys approved models, with the package as its champion: it answers
all calls, and no second model is beside it.
"""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.runtime.progress import Steps
from local.runtime.workspace import LocalError
from tools.account.findings import Clients

_POLL_SECONDS = 15


@dataclass(frozen=True)
class Served:
    """ARNs of the model packages that an endpoint serves."""

    champion: str
    second: str | None
    """That of the challenger or shadow, if there is one."""


class Serving:
    """The endpoint of a deployed ML platform; `outputs` are those of its serving stack."""

    def __init__(
        self, clients: Clients, outputs: dict[str, str], poll_seconds: float = _POLL_SECONDS
    ) -> None:
        """Raises LocalError if the template names the model, so that no workflow deploys one."""
        self._sagemaker, self._states = clients("sagemaker"), clients("stepfunctions")
        self._endpoint, self._poll_seconds = outputs["EndpointName"], poll_seconds
        if "StateMachineArn" not in outputs:
            raise LocalError(
                "the setting ml_endpoint.model_package_arn names the model: change it and deploy."
            )
        self._machine = outputs["StateMachineArn"]

    def served(self) -> Served:
        """What serves now. Raises ClientError if there is no endpoint."""
        endpoint = self._sagemaker.describe_endpoint(EndpointName=self._endpoint)
        config = self._sagemaker.describe_endpoint_config(
            EndpointConfigName=endpoint["EndpointConfigName"]
        )
        variants = config["ProductionVariants"] + config.get("ShadowProductionVariants", [])
        packages = {
            variant["VariantName"]: self._package_of(variant["ModelName"]) for variant in variants
        }
        champion = packages.pop("champion")
        return Served(champion, next(iter(packages.values()), None))

    def promote(self, steps: Steps) -> str:
        """Let the challenger or shadow be the champion; returns what to print.

        Raises LocalError if there is none, or if the roll-out fails.
        """
        served = self.served()
        if served.second is None:
            raise LocalError(
                f"{self._endpoint} has no challenger or shadow. With"
                " ml_endpoint.roll_out=challenger or shadow, the next approved model is one."
            )
        self._deploy(served.second, "promote", steps)
        return f"{self._endpoint} serves {served.second} in the place of {served.champion}."

    def roll_back(self, steps: Steps) -> str:
        """Take the newest model out of service, and reject it; returns what to print.

        That is the challenger or shadow, if there is one, and the champion otherwise, in whose
        place comes the newest approved package before it. Raises LocalError if there is none, or
        if the roll-out fails.
        """
        served = self.served()
        rejected = served.second or served.champion
        brought_back = served.champion if served.second else self._before(served.champion)
        # First: otherwise a second delivery of its approval could deploy it again.
        self._sagemaker.update_model_package(
            ModelPackageArn=rejected,
            ModelApprovalStatus="Rejected",
            ApprovalDescription=f"Rolled back on {datetime.now(UTC):%Y-%m-%d}",
        )
        self._deploy(brought_back, "rollback", steps)
        return f"{self._endpoint} serves {brought_back}; {rejected} is rejected."

    def _package_of(self, model_name: str) -> str:
        model = self._sagemaker.describe_model(ModelName=model_name)
        containers = [model.get("PrimaryContainer", {}), *model.get("Containers", [])]
        return next(
            str(container["ModelPackageName"])
            for container in containers
            if "ModelPackageName" in container
        )

    def _before(self, package: str) -> str:
        packages, _, version = package.rpartition("/")
        # By its ARN, since the group may be another account's.
        group = packages.replace(":model-package/", ":model-package-group/")
        pages = self._sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=group, ModelApprovalStatus="Approved"
        )
        earlier = {
            summary["ModelPackageVersion"]: str(summary["ModelPackageArn"])
            for page in pages
            for summary in page["ModelPackageSummaryList"]
            if summary["ModelPackageVersion"] < int(version)
        }
        if not earlier:
            raise LocalError(
                f"{group} has no approved package before version {version}: approve one, and"
                " type the same command again."
            )
        return earlier[max(earlier)]

    def _deploy(self, package: str, purpose: str, steps: Steps) -> None:
        version = package.rpartition("/")[2]
        started = self._states.start_execution(
            stateMachineArn=self._machine,
            name=f"{purpose}-{version}-{datetime.now(UTC):%Y%m%d%H%M%S}",
            input=json.dumps({"model_package_arn": package, "champion": True}),
        )
        with steps.step(f"Roll out version {version}"):
            execution = self._wait(started["executionArn"])
        if execution["status"] != "SUCCEEDED":
            raise LocalError(f"the roll-out {execution['status']}: {execution.get('cause', '')}")

    def _wait(self, arn: str) -> dict[str, Any]:
        while True:
            execution: dict[str, Any] = self._states.describe_execution(executionArn=arn)
            if execution["status"] != "RUNNING":
                return execution
            time.sleep(self._poll_seconds)
