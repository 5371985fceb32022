"""`make verify`: drives what is deployed in a reader's account, and compares what comes out."""

from collections.abc import Mapping
from urllib.parse import urlparse

import boto3
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from local.demos.report import Check
from local.demos.verification import Account, Verification, verification_of
from local.runtime.deployment import Outputs
from local.runtime.progress import Steps
from local.runtime.workspace import LocalError
from local.services.athena.queries import Athena
from tools.account.findings import Clients

_API_SECONDS = 60


class ReaderAccount:
    """The account of a boto3 session."""

    poll_seconds = 5.0

    def __init__(self, session: boto3.Session) -> None:
        self._session = session

    def client(self, service: str) -> object:
        """A boto3 client for `service`."""
        return self._session.client(service)  # type: ignore[call-overload]  # wants a literal

    def athena(self, outputs: dict[str, str]) -> Athena:
        """Queries as they are: this is Athena."""
        return Athena(self, outputs, translate=False)

    def post(self, url: str, body: bytes) -> requests.Response:
        """A request, signed with the session's credentials."""
        credentials = self._session.get_credentials()
        if credentials is None:
            raise LocalError("The profile has no credentials to sign a request with.")
        region = urlparse(url).netloc.split(".")[2]
        request = AWSRequest("POST", url, {"content-type": "application/json"}, body)
        SigV4Auth(credentials, "execute-api", region).add_auth(request)
        return requests.post(url, body, headers=dict(request.headers), timeout=_API_SECONDS)


def verifications(architectures: list[str]) -> dict[str, Verification]:
    """Architecture -> what verifies it. Raises LocalError if one has nothing."""
    chosen = {name: verification_of(name) for name in architectures}
    if missing := [name for name, verification in chosen.items() if verification is None]:
        raise LocalError(f"{', '.join(missing)}: nothing verifies this architecture.")
    return {name: verification for name, verification in chosen.items() if verification}


def outputs_of(clients: Clients, stack_names: list[str]) -> Outputs:
    """Stack id -> output -> value. Raises LocalError for a stack that is not deployed.

    A stack's id is its name without the name prefix.
    """
    cloudformation, outputs = clients("cloudformation"), {}
    for stack_name in stack_names:
        try:
            stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
        except ClientError as error:
            raise LocalError(
                f"{stack_name} is not deployed here ({error.response['Error']['Message']}): make"
                " deploy first, with the same ENV and SETTINGS."
            ) from error
        if not stack["StackStatus"].endswith("_COMPLETE") or "ROLLBACK" in stack["StackStatus"]:
            raise LocalError(f"{stack_name} is {stack['StackStatus']}: deploy it again first.")
        outputs[stack_name.rpartition("-")[2]] = {
            output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])
        }
    return outputs


def drive(
    chosen: Mapping[str, Verification], account: Account, outputs: Outputs, steps: Steps
) -> dict[str, list[Check]]:
    """Architecture -> checks, one architecture after the other. Raises LocalError."""
    return {
        name: verification.run(account, outputs, steps) for name, verification in chosen.items()
    }
