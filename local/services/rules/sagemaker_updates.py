"""SageMaker: endpoints that exist already, or change right now."""

from local.services.rules.rule import API_READ, READ, Rule, State, api
from local.services.task import Arguments

# An SDK of AWS that tells these errors apart by their codes and the beginnings of their messages.
_OPERATOR = (
    "https://github.com/aws/amazon-sagemaker-operator-for-k8s/blob/master/controllers/sdkutil/"
    "clientwrapper/sagemaker_client.go"
)


def _in_progress(request: Arguments, state: State) -> bool:
    endpoint = state.get("endpoints", {}).get(request["EndpointName"], {})
    return endpoint.get("EndpointStatus") in ("Creating", "Updating", "RollingBack", "Deleting")


_STATE = {
    "endpoints": {
        "changing": {"EndpointStatus": "Updating", "EndpointConfigName": "old"},
        "endpoint": {"EndpointStatus": "InService", "EndpointConfigName": "old"},
    }
}
RULES = [
    Rule(
        id="update-in-progress",
        operations=("sagemaker:UpdateEndpoint", "sagemaker:DeleteEndpoint"),
        says="An endpoint that is being created or updated is neither updated nor deleted.",
        breaks=_in_progress,
        error="ValidationException",
        message="Cannot update in-progress endpoint",
        source=_OPERATOR,
        read=READ,
        refused={"EndpointName": "changing", "EndpointConfigName": "new"},
        accepted={"EndpointName": "endpoint", "EndpointConfigName": "new"},
        state=_STATE,
    ),
    Rule(
        id="endpoint-exists",
        operations=("sagemaker:CreateEndpoint",),
        says="Names of endpoints are unique within an account and a Region.",
        breaks=lambda request, state: request["EndpointName"] in state.get("endpoints", {}),
        error="ValidationException",
        message="Cannot create already existing endpoint.",
        source=api("sagemaker/latest/APIReference", "API_CreateEndpoint"),
        read=API_READ,
        refused={"EndpointName": "endpoint", "EndpointConfigName": "new"},
        accepted={"EndpointName": "another", "EndpointConfigName": "new"},
        state=_STATE,
    ),
    Rule(
        id="endpoint-to-update",
        operations=("sagemaker:UpdateEndpoint", "sagemaker:DeleteEndpoint"),
        says="Only an endpoint that exists can be changed.",
        breaks=lambda request, state: (
            "endpoints" in state and request["EndpointName"] not in state["endpoints"]
        ),
        error="ValidationException",
        message="Could not find endpoint",
        source=_OPERATOR,
        read=READ,
        refused={"EndpointName": "another", "EndpointConfigName": "new"},
        accepted={"EndpointName": "endpoint", "EndpointConfigName": "new"},
        state=_STATE,
    ),
]
