"""SageMaker's models, endpoint configurations, endpoints and packages, kept by name.

Refuses to create a name that exists, and to describe or delete one that does not. What a request
refers to is not checked until an endpoint is made of it.
"""

from functools import partial

from local.services.task import Arguments, Table, TaskError

_TYPES = ("Model", "EndpointConfig", "Endpoint", "ModelPackage")
_ERROR = "SageMaker.SageMakerException"


class Resources:
    """Type -> name -> the request that created the resource."""

    def __init__(self) -> None:
        self.by_type: dict[str, dict[str, Arguments]] = {name: {} for name in _TYPES}

    def table(self) -> Table:
        """The stand-ins of Create, Describe and Delete for each type."""
        table: Table = {}
        for type_name in _TYPES:
            table[f"sagemaker:create{type_name}"] = partial(self._create, type_name)
            table[f"sagemaker:describe{type_name}"] = partial(self._describe, type_name)
            table[f"sagemaker:delete{type_name}"] = partial(self._delete, type_name)
        return table

    def get(self, type_name: str, name: str) -> Arguments:
        """One resource. Raises TaskError if there is none of this name."""
        resources = self.by_type[type_name]
        if name not in resources:
            raise TaskError(_ERROR, f"Could not find {name}.")
        return resources[name]

    def _create(self, type_name: str, request: Arguments) -> Arguments:
        name, resources = request[f"{type_name}Name"], self.by_type[type_name]
        if name in resources:
            raise TaskError(_ERROR, f"{name} exists already")
        resources[name] = {**request}
        return resources[name]

    def _describe(self, type_name: str, request: Arguments) -> Arguments:
        return self.get(type_name, request[f"{type_name}Name"])

    def _delete(self, type_name: str, request: Arguments) -> Arguments:
        name = request[f"{type_name}Name"]
        self.get(type_name, name)
        return self.by_type[type_name].pop(name)
