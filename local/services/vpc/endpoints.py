"""S3 as it is reached from inside a VPC: through the VPC's endpoint, under a role."""

from collections.abc import Mapping
from typing import Any

from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError
from local.services.vpc.endpoint_header import VPC_ENDPOINT_HEADER


def s3_endpoint_of(emulator: Emulator, subnets: list[str]) -> str:
    """The id of the S3 endpoint of the VPC of `subnets`. Raises LocalError if it has none."""
    ec2 = emulator.client("ec2")
    vpc = ec2.describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    for endpoint in ec2.describe_vpc_endpoints()["VpcEndpoints"]:
        if endpoint["VpcId"] == vpc and endpoint["ServiceName"].endswith(".s3"):
            return str(endpoint["VpcEndpointId"])
    raise LocalError(f"{vpc} has no S3 endpoint, so a job in it cannot read its data.")


def s3_endpoint_of_model(emulator: Emulator, model: Mapping[str, Any]) -> str:
    """The same for a model of SageMaker; empty for one that is in no VPC."""
    vpc = model.get("VpcConfig")
    return s3_endpoint_of(emulator, vpc["Subnets"]) if vpc else ""


def s3_in_vpc(emulator: Emulator, role_arn: str, vpc_endpoint_id: str) -> Any:
    """An S3 client that acts as `role_arn` from inside a VPC, through its S3 endpoint.

    Without an endpoint it comes from outside, as SageMaker does for a model that is in no VPC.
    """
    s3 = emulator.client("s3", emulator.assume(role_arn, "sagemaker"))
    if not vpc_endpoint_id:
        return s3

    def add_header(request: Any, **_: Any) -> None:
        request.headers[VPC_ENDPOINT_HEADER] = vpc_endpoint_id

    s3.meta.events.register("before-send.s3", add_header)
    return s3
