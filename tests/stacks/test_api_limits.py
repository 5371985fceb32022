"""Properties of resources are within the limits of the API that CloudFormation calls with them.

Patterns, enumerations, lengths and values of botocore's models, which the registry's schemas do not
all carry. Properties that the API spells or types otherwise (tags, policies) are left to those.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

import botocore.session
import pytest
from botocore.exceptions import UnknownServiceError
from botocore.model import Shape

from local.services.contract.limits import violations
from stacks.ml_platform.settings import MlEndpointSettings
from tests.conftest import Templates

SERVICES = {"KinesisFirehose": "firehose", "ApplicationAutoScaling": "application-autoscaling"}
LIMITS = {"enum", "length", "pattern", "value"}


@cache
def members(resource_type: str) -> dict[str, Shape]:
    """Lower-case name -> shape of each parameter of the operation that creates a resource."""
    _, service, kind = resource_type.split("::")
    name = SERVICES.get(service, service.lower())
    try:
        model = botocore.session.get_session().get_service_model(name)
    except UnknownServiceError:
        return {}
    operations = (f"Create{kind}", f"Put{kind}", f"Register{kind}", f"PutMetric{kind}")
    operation = next((entry for entry in operations if entry in model.operation_names), None)
    if operation is None:
        return {}
    shape = model.operation_model(operation).input_shape
    return {name.lower(): member for name, member in shape.members.items()} if shape else {}


def literal(value: Any) -> Any:
    """A property without what is known at the deployment; None if nothing is left."""
    if isinstance(value, dict):
        if any(name == "Ref" or name.startswith("Fn::") for name in value):
            return None
        values = {name: literal(entry) for name, entry in value.items()}
        return {name: entry for name, entry in values.items() if entry is not None}
    if isinstance(value, list):
        entries = [literal(entry) for entry in value]
        return None if None in entries else entries
    return value


def broken_limits(template: dict[str, Any]) -> Iterator[str]:
    for logical_id, resource in template["Resources"].items():
        if not resource["Type"].startswith("AWS::"):
            continue
        shapes = members(resource["Type"])
        for name, value in resource.get("Properties", {}).items():
            shape, text = shapes.get(name.lower()), literal(value)
            if shape is None or text is None:
                continue
            for violation in violations(shape, text):
                if violation.limit in LIMITS:
                    yield f"{logical_id}.{name}: {violation.message}"


@pytest.mark.parametrize("environment", ["local", "sandbox", "production"])
def test_properties_are_within_the_limits_of_the_api(
    synthesise: Templates, environment: str
) -> None:
    templates = synthesise(environment)
    assert [line for template in templates.values() for line in broken_limits(template)] == []


@pytest.mark.parametrize(
    ("resource_type", "properties"),
    [
        ("AWS::Kinesis::Stream", {"ShardCount": 0}),
        ("AWS::Athena::WorkGroup", {"Name": "no spaces allowed"}),
        ("AWS::Lambda::Function", {"Description": "d" * 257}),
        ("AWS::SageMaker::NotebookInstance", {"RootAccess": "Sometimes"}),
        ("AWS::KinesisFirehose::DeliveryStream", {"DeliveryStreamType": "Files"}),
    ],
)
def test_a_property_beyond_a_limit_is_found(resource_type: str, properties: dict[str, Any]) -> None:
    template = {"Resources": {"Planted": {"Type": resource_type, "Properties": properties}}}
    (line,) = broken_limits(template)
    assert line.startswith(f"Planted.{next(iter(properties))}: ")


def test_sagemaker_takes_each_choice_of_serverless_memory() -> None:
    choices, _ = get_args(
        get_type_hints(MlEndpointSettings, include_extras=True)["serverless_memory_mebibytes"]
    )
    model = botocore.session.get_session().get_service_model("sagemaker")
    shape = model.shape_for("ServerlessMemorySizeInMB")
    for mebibytes in get_args(choices):
        assert not list(violations(shape, mebibytes))
        assert mebibytes % 1024 == 0
