"""MLflow's REST API over MLflow's own file store; runs in `.venv-mlflow`.

    python mlflow_server.py PORT FOLDER ARTIFACT_ROOT

New experiments have their artefacts below ARTIFACT_ROOT, where clients write them.
`mlflow ui --backend-store-uri FOLDER` of a whole MLflow shows what is kept. Served are experiments
and runs; traces, models and the rest of the API are refused.
"""

import json
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from mlflow.entities import ExperimentTag, Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.protos import service_pb2 as api
from mlflow.protos.databricks_pb2 import ENDPOINT_NOT_FOUND, RESOURCE_DOES_NOT_EXIST
from mlflow.store.tracking.file_store import FileStore
from mlflow.utils.proto_json_utils import message_to_json, parse_dict

_PREFIX = "/api/2.0/mlflow/"
Answer = Callable[[FileStore, Any], Any]


def _create_experiment(store: FileStore, request: Any) -> Any:
    tags = [ExperimentTag(tag.key, tag.value) for tag in request.tags]
    experiment_id = store.create_experiment(request.name, request.artifact_location or None, tags)
    return api.CreateExperiment.Response(experiment_id=experiment_id)


def _get_experiment(store: FileStore, request: Any) -> Any:
    experiment = store.get_experiment(request.experiment_id)
    return api.GetExperiment.Response(experiment=experiment.to_proto())


def _get_experiment_by_name(store: FileStore, request: Any) -> Any:
    experiment = store.get_experiment_by_name(request.experiment_name)
    if experiment is None:
        raise MlflowException(
            f"Could not find experiment with name '{request.experiment_name}'",
            RESOURCE_DOES_NOT_EXIST,
        )
    return api.GetExperimentByName.Response(experiment=experiment.to_proto())


def _create_run(store: FileStore, request: Any) -> Any:
    run = store.create_run(
        request.experiment_id,
        request.user_id,
        request.start_time,
        [RunTag(tag.key, tag.value) for tag in request.tags],
        request.run_name,
    )
    return api.CreateRun.Response(run=run.to_proto())


def _update_run(store: FileStore, request: Any) -> Any:
    info = store.update_run_info(
        request.run_id,
        request.status if request.HasField("status") else None,
        request.end_time if request.HasField("end_time") else None,
        request.run_name or None,
    )
    return api.UpdateRun.Response(run_info=info.to_proto())


def _get_run(store: FileStore, request: Any) -> Any:
    return api.GetRun.Response(run=store.get_run(request.run_id).to_proto())


def _log_batch(store: FileStore, request: Any) -> Any:
    store.log_batch(
        request.run_id,
        [Metric.from_proto(metric) for metric in request.metrics],
        [Param.from_proto(parameter) for parameter in request.params],
        [RunTag.from_proto(tag) for tag in request.tags],
    )
    return api.LogBatch.Response()


def _search_runs(store: FileStore, request: Any) -> Any:
    runs = store.search_runs(
        list(request.experiment_ids),
        request.filter,
        ViewType.from_proto(request.run_view_type)
        if request.HasField("run_view_type")
        else ViewType.ACTIVE_ONLY,
        request.max_results,
        list(request.order_by),
        request.page_token or None,
    )
    return api.SearchRuns.Response(
        runs=[run.to_proto() for run in runs], next_page_token=runs.token
    )


# Method and path, the message of the request, and what answers it.
_OPERATIONS: dict[tuple[str, str], tuple[Any, Answer]] = {
    ("POST", "experiments/create"): (api.CreateExperiment, _create_experiment),
    ("GET", "experiments/get"): (api.GetExperiment, _get_experiment),
    ("GET", "experiments/get-by-name"): (api.GetExperimentByName, _get_experiment_by_name),
    ("POST", "runs/create"): (api.CreateRun, _create_run),
    ("POST", "runs/update"): (api.UpdateRun, _update_run),
    ("GET", "runs/get"): (api.GetRun, _get_run),
    ("POST", "runs/log-batch"): (api.LogBatch, _log_batch),
    ("POST", "runs/search"): (api.SearchRuns, _search_runs),
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: ClassVar[FileStore]

    def do_GET(self) -> None:
        self._answer(dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self._answer(json.loads(body or b"{}"))

    def _answer(self, fields: dict[str, Any]) -> None:
        path = urlsplit(self.path).path
        try:
            operation = _OPERATIONS.get((self.command, path.removeprefix(_PREFIX)))
            if operation is None:
                raise MlflowException(  # noqa: TRY301 -- answered as the store's own
                    f"{self.command} {path} has no stand-in", ENDPOINT_NOT_FOUND
                )
            message, answer = operation
            request = message()
            parse_dict(fields, request)
            status, text = 200, message_to_json(answer(self.store, request))
        except MlflowException as error:
            status, text = error.get_http_status_code(), error.serialize_as_json()
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log no requests."""


def main(port: int, folder: str, artifact_root: str) -> None:
    """Serve until the process is stopped."""
    _Handler.store = FileStore(folder, artifact_root)
    ThreadingHTTPServer(("127.0.0.1", port), _Handler).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
