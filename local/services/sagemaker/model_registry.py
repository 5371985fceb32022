"""SageMaker's model registry: packages by group, and the events of new and changed ones.

ListModelPackages filters by group and approval status and returns the newest first, as the
workflows ask for it; other filters and orders are not supported. Inference specifications are not
checked.
"""

import json

from local.runtime.emulator import ACCOUNT, REGION
from local.services.sagemaker.resources import Resources
from local.services.task import Arguments, Table, TaskError


class ModelRegistry:
    """Registers packages, and collects the events that SageMaker sends to the default bus."""

    def __init__(self, resources: Resources) -> None:
        self._packages = resources.by_type["ModelPackage"]
        self._events: list[Arguments] = []

    def table(self) -> Table:
        """The stand-ins of the registry's integrations."""
        return {
            "sagemaker:createModelPackage": self._create,
            "sagemaker:listModelPackages": self._list,
            "sagemaker:updateModelPackage": self._update,
        }

    def take_events(self) -> list[Arguments]:
        """The events since the last call, as PutEvents takes them."""
        events, self._events = self._events, []
        return events

    def _create(self, request: Arguments) -> Arguments:
        group = request["ModelPackageGroupName"]
        version = sum(f":model-package/{group}/" in arn for arn in self._packages) + 1
        arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{group}/{version}"
        self._packages[arn] = {**request, "ModelPackageArn": arn}
        return self._announced(arn)

    def _update(self, request: Arguments) -> Arguments:
        arn = request["ModelPackageArn"]
        if arn not in self._packages:
            raise TaskError("SageMaker.SageMakerException", f"ModelPackage {arn} does not exist.")
        self._packages[arn].update(request)
        return self._announced(arn)

    def _announced(self, arn: str) -> Arguments:
        """The answer about a package that was made or changed, after its event."""
        names = ("ModelPackageGroupName", "ModelPackageArn", "ModelApprovalStatus")
        detail = {name: self._packages[arn][name] for name in names}
        self._events.append(
            {
                "Source": "aws.sagemaker",
                "DetailType": "SageMaker Model Package State Change",
                "Detail": json.dumps(detail),
            }
        )
        return {"ModelPackageArn": arn}

    def _list(self, request: Arguments) -> Arguments:
        summaries = [
            {"ModelPackageArn": arn}
            for arn, package in self._packages.items()
            if package["ModelPackageGroupName"] == request["ModelPackageGroupName"]
            and package["ModelApprovalStatus"] == request["ModelApprovalStatus"]
        ]
        return {"ModelPackageSummaryList": summaries[::-1][: request["MaxResults"]]}
