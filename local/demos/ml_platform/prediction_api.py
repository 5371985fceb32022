"""The deployed prediction API, called as a client with IAM credentials calls it."""

from typing import Any
from urllib.parse import urlparse

import boto3
import orjson
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from local.runtime.emulator import REGION, Emulator
from local.runtime.workspace import LocalError


class PredictionApi:
    """`POST /predictions` at the URL that the stack's output names."""

    def __init__(
        self, emulator: Emulator, url: str, credentials: boto3.Session | None = None
    ) -> None:
        # https://<api>.execute-api.<region>.amazonaws.com/<stage>/predictions, at the emulator.
        parts = urlparse(url)
        api = parts.netloc.partition(".")[0]
        self._url = f"{emulator.endpoint}/_aws/execute-api/{api}{parts.path}"
        self._session = requests.Session()
        self._session.trust_env = False  # a machine's own bundle of authorities would win
        self._session.verify = str(emulator.authority)
        found = emulator.session(credentials).get_credentials()
        if found is None:
            raise LocalError("a session without credentials cannot sign a request")
        self._credentials = found

    def ask(self, flights: list[dict[str, Any]], **headers: str) -> requests.Response:
        """The answer to a request about `flights`."""
        return self.send(orjson.dumps({"flights": flights}), **headers)

    def send(self, body: bytes, **headers: str) -> requests.Response:
        """The answer to any body; `headers` are written with underscores."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        request = AWSRequest("POST", self._url, {"content-type": "application/json", **given}, body)
        SigV4Auth(self._credentials, "execute-api", REGION).add_auth(request)
        return self._session.post(self._url, body, headers=dict(request.headers), timeout=60)
