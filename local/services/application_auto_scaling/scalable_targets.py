"""Application Auto Scaling: remembers scalable targets and their policies, and scales nothing.

Metrics are not watched. Deregistering a target deletes its policies, as the API reference of
DeregisterScalableTarget says.
"""

from local.services.task import Arguments, Table

LENIENT = [
    (
        "Nothing scales, and no alarms are made.",
        "There is one server of each container.",
    ),
]


class ScalableTargets:
    """The registered targets, and the policies of each."""

    def __init__(self) -> None:
        self.by_resource: dict[str, Arguments] = {}
        """Resource id -> the request that registered it."""
        self.policies: dict[str, dict[str, Arguments]] = {}
        """Resource id -> name of a policy -> the request that put it."""

    def table(self) -> Table:
        """The stand-ins of the service's integrations."""
        return {
            "applicationautoscaling:registerScalableTarget": self._register,
            "applicationautoscaling:deregisterScalableTarget": self._deregister,
            "applicationautoscaling:putScalingPolicy": self._put_policy,
        }

    def _register(self, request: Arguments) -> Arguments:
        resource_id = request["ResourceId"]
        self.by_resource[resource_id] = request
        self.policies.setdefault(resource_id, {})
        return {"ScalableTargetARN": resource_id}

    def _deregister(self, request: Arguments) -> Arguments:
        del self.by_resource[request["ResourceId"]]
        del self.policies[request["ResourceId"]]
        return {}

    def _put_policy(self, request: Arguments) -> Arguments:
        self.policies[request["ResourceId"]][request["PolicyName"]] = request
        return {"PolicyARN": request["PolicyName"]}
