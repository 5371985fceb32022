"""Serve an unpacked `model.tar.gz` as SageMaker's container does; runs in `.venv-model`.

`GET /ping` and `POST /invocations`, through the toolkit that the container runs around the
artefact's own `code/inference.py`: nothing of the repository is on its path.

    python model_server.py <folder> <port>
"""

import logging
import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import waitress
from sagemaker_inference.transformer import Transformer

LENIENT = [
    (
        "A container answers 4xx where SageMaker's Flask toolkit may answer 500.",
        "The serving toolkit is sagemaker_inference; it runs on the Pythons used here.",
    ),
]

# The container's own limit, and the service's for InvokeEndpoint.
_MOST_BYTES = 6 * 1024 * 1024
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Request:
    """One request as the toolkit takes it from the container's model server, and its answer."""

    def __init__(self, folder: Path, headers: dict[str, str]) -> None:
        self.system_properties = {"model_dir": str(folder)}
        self.request_processor = [SimpleNamespace(get_request_properties=lambda: headers)]
        self.status = HTTPStatus.OK
        self.content_type = "text/plain"

    def set_response_status(self, code: int, phrase: str) -> None:  # noqa: ARG002 -- the toolkit's own
        """Remember the status of an error."""
        self.status = HTTPStatus(code)

    def set_response_content_type(self, _: int, value: str) -> None:
        """Remember what the answer is."""
        self.content_type = value


class Server:
    """The web application: loads the model as it starts, so that `/ping` means it can predict."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._toolkit = Transformer()
        self._toolkit.validate_and_initialize(str(folder))

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one HTTP request."""
        route = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        request = Request(self._folder, self._headers(environ))
        answer = b""
        if route == ("POST", "/invocations"):
            instances = [{"body": environ["wsgi.input"].read()}]
            answer = self._toolkit.transform(instances, request)[0].encode()
        elif route != ("GET", "/ping"):
            request.status = HTTPStatus.NOT_FOUND
        head = [("Content-Type", request.content_type), ("Content-Length", str(len(answer)))]
        start_response(f"{request.status.value} {request.status.phrase}", head)
        return [answer]

    @staticmethod
    def _headers(environ: dict[str, Any]) -> dict[str, str]:
        headers = {
            "Content-Type": environ.get("CONTENT_TYPE"),
            "Accept": environ.get("HTTP_ACCEPT"),
        }
        return {name: value for name, value in headers.items() if value}


if __name__ == "__main__":
    unpacked = Path(sys.argv[1]).resolve()
    # The folder of this script would be first: only the artefact's own code is to be found.
    sys.path[0] = str(unpacked / "code")
    # Requests that wait for a moment are no news.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(
        Server(unpacked),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        threads=4,
        max_request_body_size=_MOST_BYTES,
    )
