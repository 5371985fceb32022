"""The process that answers the tasks of workflows, and InvokeEndpoint of SageMaker.

    python -m local.services.task_server PORT EMULATOR_PORT WORKSPACE_FOLDER

`POST /tasks` takes a task of a workflow, `POST /endpoints/<name>/invocations` an InvokeEndpoint
that the emulator has authorised, `POST /mlflow` a call of an MLflow app, `POST /glue-jobs` a run of
a Glue job; `POST /quotas` makes Translate and Comprehend throttle or fail.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError, Workspace
from local.services.sagemaker.data_capture import DataCapture
from local.services.sagemaker.endpoints import load_endpoints
from local.services.sagemaker.invocation import invoke
from local.services.sagemaker.mlflow_app import MlflowApps, MlflowCall
from local.services.task import TaskError
from local.services.tasks import Tasks


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    tasks: Tasks
    data_capture: DataCapture
    mlflow_apps: MlflowApps
    emulator: Emulator
    folder: Path

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/tasks":
            task = json.loads(body)
            self._send_json(self._task(task))
        elif self.path == "/glue-jobs":
            self._send_json(self._glue_job(**json.loads(body)))
        elif self.path == "/mlflow":
            call = json.loads(body)
            answer = self.mlflow_apps.answer(MlflowCall(**{**call, "body": call["body"].encode()}))
            self._send(answer.status_code, answer.content, {"content-type": "application/json"})
        elif self.path == "/quotas":
            self._send_json(self.tasks.quotas.configure(**json.loads(body)))
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            endpoint_name = self.path.split("/")[2]
            endpoints = load_endpoints(self.folder)
            response = invoke(endpoints, endpoint_name, headers, body, self.data_capture)
            self._send(response.status, response.body, response.headers)

    def _task(self, task: dict[str, Any]) -> dict[str, Any]:
        try:
            result = self.tasks.answer(task["resource"], task["arguments"], task["role"])
        except TaskError as error:
            return {"error": error.error, "cause": error.cause}
        return {"result": result, "events": self.tasks.take_events()}

    def _glue_job(self, job: str, arguments: dict[str, str]) -> dict[str, Any]:
        # Spark's packages are only installed where an architecture has Glue jobs.
        from local.services.glue.job_run import run_job  # noqa: PLC0415

        try:
            return {"summary": run_job(self.emulator, Workspace(self.folder), job, arguments)}
        except (LocalError, ClientError) as error:
            return {"error": str(error)}

    def _send_json(self, document: dict[str, Any]) -> None:
        self._send(200, json.dumps(document, default=str).encode(), {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log no requests."""


def main(port: int, emulator_port: int, folder: Path) -> None:
    """Serve until the process is stopped."""
    emulator = Emulator(emulator_port, folder / "tls" / "authority.pem")
    _Handler.folder, _Handler.emulator = folder, emulator
    _Handler.data_capture = DataCapture(emulator, folder)
    _Handler.mlflow_apps = MlflowApps(folder)
    _Handler.tasks = Tasks(emulator, folder)
    ThreadingHTTPServer(("127.0.0.1", port), _Handler).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
