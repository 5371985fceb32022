"""The deployed prediction API, called with IAM credentials."""

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

    def __init__(self, emulator: Emulator, url: str, session: boto3.Session | None = None) -> None:
        """`session` calls it, by default root."""
        # https://<api>.execute-api.<region>.amazonaws.com/<stage>/predictions, at the emulator.
        parts = urlparse(url)
        api = parts.netloc.partition(".")[0]
        self._url = f"{emulator.endpoint}/_aws/execute-api/{api}{parts.path}"
        self._session = requests.Session()
        self._session.trust_env = False  # REQUESTS_CA_BUNDLE would replace the authority
        self._session.verify = str(emulator.authority)
        credentials = (session or emulator.session()).get_credentials()
        if credentials is None:
            raise LocalError("A session without credentials cannot sign a request.")
        self._credentials = credentials

    def ask(self, flights: list[dict[str, Any]], **headers: str) -> requests.Response:
        """The response to a request about `flights`."""
        return self.send(orjson.dumps({"flights": flights}), **headers)

    def send(self, body: bytes, **headers: str) -> requests.Response:
        """The response to any body; `headers` are written with underscores."""
        http_headers = {"content-type": "application/json"}
        http_headers |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = AWSRequest("POST", self._url, http_headers, body)
        SigV4Auth(self._credentials, "execute-api", REGION).add_auth(request)
        return self._session.post(self._url, body, headers=dict(request.headers), timeout=60)
