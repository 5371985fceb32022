"""Serve an unpacked `model.tar.gz` as SageMaker's containers do; runs in `.venv-model`.

`GET /ping` and `POST /invocations` of the artefact's own program, by Flask: nothing of the
repository is on its path. The rules are those of the containers' serving code, read 2026-11-28:
sagemaker_containers 2.8.6.post2 (_transformer.py, _worker.py, _functions.py), with no wheel, which
needs a compiler, and sagemaker_xgboost_container (serving.py).

    python model_server.py <folder> <port>
"""

import importlib
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import flask
import waitress

LENIENT = [
    (
        "A container answers from one process.",
        "Gunicorn's workers, and a model that each of them loads, are not simulated.",
    ),
]

# The container's own limit, and the service's for InvokeEndpoint.
_MOST_BYTES = 6 * 1024 * 1024
_JSON = "application/json"
# What the toolkit hands on as text; bytes that are not UTF-8 are replaced.
_TEXT_TYPES = (_JSON, "text/csv")
_STEPS = ("input_fn", "predict_fn", "output_fn")
Transform = Callable[[Any, str | bytes, str, str], Any]


class ProgramError(Exception):
    """A program that the container does not start."""


def application(program: ModuleType, model: Any) -> flask.Flask:
    """The container's web application. Raises ProgramError."""
    app, transform = flask.Flask(program.__name__), transform_of(program)

    @app.get("/ping")
    def ping() -> flask.Response:
        return flask.Response(status=200, mimetype=_JSON)

    @app.post("/invocations")
    def invocations() -> Any:
        request = flask.request
        content_type = request.headers.get("Content-Type") or _JSON
        accept = request.headers.get("Accept") or "*/*"
        accept = _JSON if accept == "*/*" else accept
        as_text = content_type in _TEXT_TYPES
        body = request.get_data(as_text=True) if as_text else request.get_data()
        # An exception is a 500: the toolkit wraps it, and Flask answers.
        result = transform(model, body, content_type, accept)
        if isinstance(result, tuple):
            return flask.Response(result[0], mimetype=result[1])
        return result

    return app


def transform_of(program: ModuleType) -> Transform:
    """`transform_fn`, or the three steps in its place. Raises ProgramError for a mixture."""
    transform: Transform | None = getattr(program, "transform_fn", None)
    steps: list[Any] = [getattr(program, name, None) for name in _STEPS]
    if transform:
        if any(steps):
            raise ProgramError(f"transform_fn cannot be used with {', '.join(_STEPS)}")
        return transform
    if None in steps:
        raise ProgramError(f"the local AWS has no defaults for {', '.join(_STEPS)}: define all")
    input_fn, predict_fn, output_fn = steps

    def stepwise(model: Any, body: str | bytes, content_type: str, accept: str) -> Any:
        return output_fn(predict_fn(input_fn(body, content_type), model), accept)

    return stepwise


def main(folder: Path, port: int) -> None:
    """Load the model, so that `/ping` means it can predict, and serve until stopped."""
    # The folder of this script would be first: only the artefact's own code is to be found.
    sys.path[0] = str(folder / "code")
    program = importlib.import_module(os.environ["SAGEMAKER_PROGRAM"].removesuffix(".py"))
    app = application(program, program.model_fn(str(folder)))
    # Requests that wait for a moment are no news.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(app, host="127.0.0.1", port=port, threads=4, max_request_body_size=_MOST_BYTES)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]))
