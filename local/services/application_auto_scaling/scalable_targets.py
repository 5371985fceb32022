"""Application Auto Scaling: remembers scalable targets, and scales nothing.

Refuses a policy for, and the removal of, a target that is not registered. Capacities, metrics and
the resources behind targets are not checked.
"""

from local.services.task import Arguments, Table, TaskError


class ScalableTargets:
    """The registered targets, by resource id."""

    def __init__(self) -> None:
        self._targets: dict[str, Arguments] = {}

    def table(self) -> Table:
        """The stand-ins of the service's integrations."""
        return {
            "applicationautoscaling:registerScalableTarget": self._register,
            "applicationautoscaling:deregisterScalableTarget": self._deregister,
            "applicationautoscaling:putScalingPolicy": self._put_policy,
        }

    def _register(self, request: Arguments) -> Arguments:
        self._targets[request["ResourceId"]] = request
        return {"ScalableTargetARN": request["ResourceId"]}

    def _deregister(self, request: Arguments) -> Arguments:
        self._require(request["ResourceId"])
        del self._targets[request["ResourceId"]]
        return {}

    def _put_policy(self, request: Arguments) -> Arguments:
        self._require(request["ResourceId"])
        return {"PolicyARN": request["PolicyName"]}

    def _require(self, resource_id: str) -> None:
        if resource_id not in self._targets:
            error = "ApplicationAutoScaling.ObjectNotFoundException"
            raise TaskError(error, f"No scalable target {resource_id}")
