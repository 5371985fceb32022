"""Serve an unpacked `model.tar.gz` as SageMaker's container does; runs in `.venv-model`.

`GET /ping` and `POST /invocations`, by the `code/inference.py` of the artefact itself: nothing of
the repository is on its path.

    python model_server.py <folder> <port>
"""

import importlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """One request, through the four functions of `inference.py`."""

    protocol_version = "HTTP/1.1"
    inference: Any
    model: Any

    def do_GET(self) -> None:
        """Say that the model is loaded."""
        self._answer(200 if self.path == "/ping" else 404, b"", "text/plain")

    def do_POST(self) -> None:
        """Predict."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            flights = self.inference.input_fn(body, self.headers.get("content-type", ""))
            probabilities = self.inference.predict_fn(flights, self.model)
            text, kind = self.inference.output_fn(probabilities, self.headers.get("accept", "*/*"))
        except self.inference.RequestError as refusal:
            self._answer(refusal.status_code, refusal.message.encode(), "text/plain")
        else:
            self._answer(200, text.encode(), kind)

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of each request."""


if __name__ == "__main__":
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    sys.path.insert(0, str(folder / "code"))
    Handler.inference = importlib.import_module("inference")
    Handler.model = Handler.inference.model_fn(str(folder))
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
