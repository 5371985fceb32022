"""What the platform's templates ask SageMaker for, read back from its control plane."""

from typing import Any

from local.runtime import control_plane
from local.runtime.workspace import Workspace


def requested_resources(workspace: Workspace) -> dict[str, Any]:
    """Deploy the platform with an endpoint and a notebook; returns the properties to check."""
    package = f"arn:aws:sagemaker:us-east-1:{control_plane.ACCOUNT}:model-package/flight-delay/1"
    settings = {"ml_training.from_lake": "false", "ml_endpoint.model_package_arn": package}
    assembly = control_plane.synthesise(workspace, ["ml-platform"], settings)
    plane = control_plane.start(workspace)
    control_plane.deploy(plane, workspace, assembly)
    sagemaker = plane.client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName="flight-delay")
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    (instance,) = sagemaker.list_notebook_instances()["NotebookInstances"]
    notebook = sagemaker.describe_notebook_instance(
        NotebookInstanceName=instance["NotebookInstanceName"]
    )
    return {
        "endpoint": endpoint["EndpointStatus"],
        "package": model["PrimaryContainer"]["ModelPackageName"] == package,
        "subnets of the model": len(model["VpcConfig"]["Subnets"]),
        "captured under the key": config["DataCaptureConfig"]["KmsKeyId"] == config["KmsKeyId"],
        "internet of the notebook": notebook["DirectInternetAccess"],
        "root on the notebook": notebook["RootAccess"],
    }
