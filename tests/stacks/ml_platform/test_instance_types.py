"""Instance types are those that each operation takes."""

import botocore.session
import pytest

from stacks.catalogue import environment_from
from stacks.environments import SettingsError
from stacks.ml_platform.instance_types import offered

SHAPES = {
    "training": "TrainingInstanceType",
    "processing": "ProcessingInstanceType",
    "transform": "TransformInstanceType",
    "hosting": "ProductionVariantInstanceType",
    "notebook": "InstanceType",
}


@pytest.mark.parametrize("kind", SHAPES)
def test_the_list_is_that_of_the_model(kind: str) -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    assert offered(kind) == set(model.shape_for(SHAPES[kind]).metadata["enum"])


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [
        ("ml_training.instance_type", "ml.m7i.banana", "no such instance for training"),
        ("ml_endpoint.instance_type", "ml.m8i.large", "no such instance for"),
        ("ml_endpoint.instance_type", "ml.t3.medium", "no such instance for"),
        ("ml_endpoint.instance_type", "ml.r5.large", "no such instance for transform"),
        ("ml_notebook.instance_type", "ml.c8i.large", "no such instance for notebook"),
        ("ml_training.instance_type", "ml.g5.xlarge", "local storage"),
        ("ml_endpoint.instance_type", "ml.g6e.xlarge", "local storage"),
        ("ml_training.instance_type", "ml.p3.2xlarge", "use a family of"),
    ],
)
def test_what_an_operation_does_not_take_is_refused(setting: str, value: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        environment_from({setting: value})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"roll_out": "linear", "roll_out_percent": "5"}, "10 to 50 %"),
        ({"roll_out": "linear", "roll_out_percent": "10", "bake_minutes": "30"}, "240"),
        ({"roll_out": "canary", "minimum_instances": "1"}, "raise it to 2"),
        ({"roll_out": "challenger", "challenger_weight": "0.6"}, "challenger_weight"),
    ],
)
def test_a_roll_out_that_cannot_fit_is_refused(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        environment_from({f"ml_endpoint.{name}": value for name, value in changes.items()})
    fitting = {"roll_out": "linear", "roll_out_percent": "20", "minimum_instances": "2"}
    environment_from({f"ml_endpoint.{name}": value for name, value in fitting.items()})
