"""moto's server, with three gaps mended; runs in the virtual environment `.venv-local`.

Each is shown by a test in `tests/local/runtime/test_control_plane.py`:

- CloudFormation: only stacks made by CreateStack have outputs, exports and imports. The CDK CLI
  executes change sets, so these get them, too.
- KMS: a key's tags in a template are `Key` and `Value`, and moto wants them as the API has them.
- SageMaker: of what a template says of a model, an endpoint or a notebook, moto keeps a few
  properties. All that its own API would take are kept; its list of instance types ends in 2021.
"""

import os
import sys
from inspect import signature
from typing import Any

from botocore import xform_name
from moto.cloudformation.models import ChangeSet, cloudformation_backends
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


def apply_with_exports(self: ChangeSet) -> None:
    """Execute a change set on its stack, which may import, and whose exports others may import."""
    stack = self.stack
    exports = cloudformation_backends[stack.account_id][stack.region_name].exports
    stack.resource_map.cross_stack_resources = exports
    _original_apply(self)
    stack.template_dict = self.template_dict
    stack.output_map = stack._create_output_map()
    exports.update({export.name: export for export in stack.exports})


def create_tagged_key(self: Any, tags: Any = None, **named: Any) -> Any:
    """Create a key, with its tags in either spelling."""
    spelt = [
        {
            "TagKey": tag.get("TagKey", tag.get("Key")),
            "TagValue": tag.get("TagValue", tag.get("Value")),
        }
        for tag in tags or []
    ]
    return _original_key(self, tags=spelt, **named)


def any_instance_type(_: Any, production_variants: Any) -> None:
    """Take variants on whatever instance type: the settings know which SageMaker still has."""


def created_by(method: str, name: str) -> Any:
    """A resource's handler that gives `method` of the backend whatever of a template it takes."""

    def create(
        _: Any,
        /,
        resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
        **__: Any,
    ) -> Any:
        make = getattr(sagemaker_backends[account_id][region_name], method)
        said = {xform_name(key): value for key, value in cloudformation_json["Properties"].items()}
        said.setdefault(name, resource_name)
        wanted = signature(make).parameters.values()
        return make(
            **{
                each.name: said.get(each.name)
                for each in wanted
                if each.name in said or each.default is each.empty
            }
        )

    return classmethod(create)


_SAGEMAKER = {
    Model: ("create_model", "model_name"),
    FakeEndpointConfig: ("create_endpoint_config", "endpoint_config_name"),
    FakeEndpoint: ("create_endpoint", "endpoint_name"),
    FakeSagemakerNotebookInstance: ("create_notebook_instance", "notebook_instance_name"),
}
_original_apply = ChangeSet.apply
_original_key = KmsBackend.create_key

if __name__ == "__main__":
    if os.environ.get("MOTO_UNMENDED") != "1":  # the test of the gaps wants it as it is
        mends: list[tuple[Any, str, Any]] = [
            (ChangeSet, "apply", apply_with_exports),
            (KmsBackend, "create_key", create_tagged_key),
            (SageMakerModelBackend, "validate_production_variants", any_instance_type),
            (FakeEndpointConfig, "validate_production_variants", any_instance_type),
        ]
        for kind, (method, name) in _SAGEMAKER.items():
            mends.append((kind, "create_from_cloudformation_json", created_by(method, name)))
        for owner, attribute, mended in mends:
            setattr(owner, attribute, mended)
    main(sys.argv[1:])
