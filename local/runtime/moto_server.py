"""moto's server with two gaps closed; runs in the virtual environment `.venv-local`.

Each is shown by a test in `tests/local/runtime/test_control_plane.py`:

- KMS: a template gives tags as `Key` and `Value`, and moto expects the API's names.
- SageMaker: moto keeps a few properties of a model, an endpoint or a notebook in a template. Here
  it keeps all that its own API accepts. Its list of instance types ends in 2021, so none is
  checked: the settings hold which types SageMaker offers.
"""

import os
import sys
from inspect import signature
from typing import Any

from botocore import xform_name
from moto.kms.models import KmsBackend
from moto.sagemaker.models import (
    FakeEndpoint,
    FakeEndpointConfig,
    FakeSagemakerNotebookInstance,
    Model,
    SageMakerModelBackend,
    sagemaker_backends,
)
from moto.server import main

# Resource class -> the backend's method that creates it, and the method's argument for the name.
_SAGEMAKER = {
    Model: ("create_model", "model_name"),
    FakeEndpointConfig: ("create_endpoint_config", "endpoint_config_name"),
    FakeEndpoint: ("create_endpoint", "endpoint_name"),
    FakeSagemakerNotebookInstance: ("create_notebook_instance", "notebook_instance_name"),
}
_original_create_key = KmsBackend.create_key


def create_tagged_key(self: Any, tags: Any = None, **arguments: Any) -> Any:
    """Create a key, with its tags as a template or as the API has them."""
    api_tags = [
        {
            "TagKey": tag.get("TagKey", tag.get("Key")),
            "TagValue": tag.get("TagValue", tag.get("Value")),
        }
        for tag in tags or []
    ]
    return _original_create_key(self, tags=api_tags, **arguments)


def accept_any_instance_type(_: Any, production_variants: Any) -> None:
    """Replaces the check against moto's list."""


def created_by(method_name: str, name_argument: str) -> Any:
    """A resource's handler that passes a template's properties to a method of the backend."""

    def create(
        _: Any,
        /,
        resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
        **__: Any,
    ) -> Any:
        method = getattr(sagemaker_backends[account_id][region_name], method_name)
        properties = cloudformation_json["Properties"]
        arguments = {xform_name(key): value for key, value in properties.items()}
        arguments.setdefault(name_argument, resource_name)
        return method(
            **{
                parameter.name: arguments.get(parameter.name)
                for parameter in signature(method).parameters.values()
                if parameter.name in arguments or parameter.default is parameter.empty
            }
        )

    return classmethod(create)


def close_gaps() -> None:
    """Apply the changes to moto."""
    changes: list[tuple[Any, str, Any]] = [
        (KmsBackend, "create_key", create_tagged_key),
        (SageMakerModelBackend, "validate_production_variants", accept_any_instance_type),
        (FakeEndpointConfig, "validate_production_variants", accept_any_instance_type),
    ]
    for resource_class, (method, name) in _SAGEMAKER.items():
        changes.append(
            (resource_class, "create_from_cloudformation_json", created_by(method, name))
        )
    for owner, attribute, replacement in changes:
        setattr(owner, attribute, replacement)


if __name__ == "__main__":
    if os.environ.get("LOCAL_UNCHANGED") != "1":  # the test of the gaps wants it unchanged
        close_gaps()
    main(sys.argv[1:])
