"""What templates need of the account that they are deployed to, read from the templates alone."""

from local.services.sagemaker.instance_needs import Instances, instance_needs
from tools.assembly import Assembly


def instances(assembly: Assembly) -> list[Instances]:
    """The SageMaker instances of notebooks, endpoints and of what workflows start, by quota."""
    return instance_needs((resource.type, resource.properties) for resource in assembly.resources)


def reserved_concurrency(assembly: Assembly) -> int:
    """The concurrent executions that functions reserve."""
    functions = assembly.of_type("AWS::Lambda::Function")
    return sum(function.properties.get("ReservedConcurrentExecutions", 0) for function in functions)


def has(assembly: Assembly, resource_type: str) -> bool:
    """Whether a template has a resource of a type."""
    return any(resource.type == resource_type for resource in assembly.resources)


def interface_services(assembly: Assembly) -> list[str]:
    """Services with an interface endpoint, as in `com.amazonaws.<Region>.<service>`."""
    endpoints = assembly.of_type("AWS::EC2::VPCEndpoint")
    return sorted(
        str(endpoint.properties["ServiceName"]).rpartition("}.")[2]
        for endpoint in endpoints
        if endpoint.properties.get("VpcEndpointType") == "Interface"
    )


def zone_count(assembly: Assembly) -> int:
    """How many Availability Zones of the Region the subnets are placed in, the first of them."""
    indexes = [
        resource.properties["AvailabilityZone"]["Fn::Select"][0]
        for resource in assembly.resources
        if resource.type == "AWS::EC2::Subnet"
    ]
    return max(indexes, default=-1) + 1


def writes_api_logs(assembly: Assembly) -> bool:
    """Whether an API stage logs, which API Gateway does under a role set for the whole account."""
    return any(
        "AccessLogSetting" in stage.properties or "MethodSettings" in stage.properties
        for stage in assembly.of_type("AWS::ApiGateway::Stage")
    )
