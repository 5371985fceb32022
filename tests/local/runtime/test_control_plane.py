"""moto's server: what the platform's templates ask SageMaker for, and the gaps it would have."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.runtime import control_plane
from local.runtime.assembly import Assembly
from local.runtime.control_plane import ControlPlane
from local.runtime.processes import stop
from local.runtime.workspace import LocalError, State, Workspace

pytestmark = pytest.mark.local

PACKAGE = f"arn:aws:sagemaker:us-east-1:{control_plane.ACCOUNT}:model-package/flight-delay/1"
SETTINGS = {"ml_training.from_lake": "false", "ml_endpoint.model_package_arn": PACKAGE}


def start(workspace: Workspace, *, unchanged: bool = False) -> ControlPlane:
    for folder in (workspace.logs, workspace.scratch):
        folder.mkdir(parents=True)
    workspace.remember(State(port=0))
    return control_plane.start(workspace, unchanged=unchanged)


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    workspace = Workspace(tmp_path_factory.mktemp("assembly"))
    return control_plane.synthesise(workspace, ["ml-platform"], SETTINGS)


@pytest.fixture(scope="module")
def sagemaker(tmp_path_factory: pytest.TempPathFactory, assembly: Assembly) -> Iterator[Any]:
    workspace = Workspace(tmp_path_factory.mktemp("control-plane"))
    try:
        plane = start(workspace)
        control_plane.deploy(plane, workspace, assembly)
        yield plane.client("sagemaker")
    finally:
        stop(workspace)


def test_the_endpoint_serves_the_package_from_inside_the_vpc(sagemaker: Any) -> None:
    endpoint = sagemaker.describe_endpoint(EndpointName="flight-delay")
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    (variant,) = config["ProductionVariants"]
    assert (variant["VariantName"], variant["InstanceType"]) == ("champion", "ml.m7i.large")
    assert config["DataCaptureConfig"]["KmsKeyId"] == config["KmsKeyId"]
    model = sagemaker.describe_model(ModelName=variant["ModelName"])
    assert model["PrimaryContainer"]["ModelPackageName"] == PACKAGE
    assert len(model["VpcConfig"]["Subnets"]) == 2


def test_the_notebook_has_no_root_and_no_internet(sagemaker: Any) -> None:
    (instance,) = sagemaker.list_notebook_instances()["NotebookInstances"]
    name = instance["NotebookInstanceName"]
    notebook = sagemaker.describe_notebook_instance(NotebookInstanceName=name)
    assert notebook["DirectInternetAccess"] == notebook["RootAccess"] == "Disabled"
    assert notebook["KmsKeyId"]
    assert notebook["NotebookInstanceLifecycleConfigName"]


def test_unchanged_moto_does_not_create_a_key_with_tags(
    tmp_path_factory: pytest.TempPathFactory, assembly: Assembly
) -> None:
    workspace = Workspace(tmp_path_factory.mktemp("unchanged"))
    try:
        plane = start(workspace, unchanged=True)
        with pytest.raises(LocalError, match="Key961B73FD"):
            control_plane.deploy(plane, workspace, assembly)
    finally:
        stop(workspace)
