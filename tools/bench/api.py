"""One flight at the deployed API of the local AWS, compared with the model server behind it.

The difference is the emulator's gateway, the start and run of the function, its signed request to
SageMaker's runtime with IAM enforced, and the data capture. It is an upper limit: the emulator
starts a process for each invocation.
"""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local import local_aws
from local.demos import training_set
from local.demos.prediction_api import PredictionApi
from local.runtime.emulator import Emulator
from local.runtime.processes import stop
from local.runtime.workspace import Workspace
from tools.bench.imports import import_ms

REQUESTS = 300
_FLIGHT = {"carrier": "UA", "origin": "EWR", "destination": "IAH", "month": 1, "weekday": 2}
_FLIGHT |= {"hour": 10, "distance_miles": 1400}


@dataclass(frozen=True)
class Result:
    """Milliseconds: median and 99th percentile of one flight, and the function's import."""

    api: tuple[float, float]
    runtime: tuple[float, float]
    model: tuple[float, float]
    import_ms: float


def measure(folder: Path) -> Result:
    """Deploy the platform, train a small model, which its approval deploys, and send requests."""
    workspace = Workspace(folder)
    try:
        settings = {"ml_training.from_lake": "false"}
        deployed = local_aws.start(workspace, ["ml-platform"], settings)
        running, outputs = deployed.emulator, deployed.outputs
        training_set.write(workspace.scratch / "set", 20_000)
        for file in (workspace.scratch / "set").rglob("part-0"):
            key = f"training/{file.relative_to(workspace.scratch / 'set')}"
            running.client("s3").upload_file(str(file), outputs["MlTraining"]["BucketName"], key)
        _wait_for_end(running, outputs["MlTraining"]["StateMachineArn"], start=True)
        _wait_for_end(running, outputs["MlEndpoint"]["StateMachineArn"], start=False)
        return _ask(running, outputs["MlEndpoint"], workspace)
    finally:
        stop(workspace)


def _ask(running: Emulator, outputs: dict[str, str], workspace: Workspace) -> Result:
    api = PredictionApi(running, outputs["ApiUrl"])
    runtime = running.client("sagemaker-runtime")
    endpoint = outputs["EndpointName"]
    endpoints = json.loads((workspace.folder / "endpoints.json").read_text())
    (url,) = endpoints[endpoint]["variants"][0]["urls"]
    body = json.dumps({"flights": [_FLIGHT]})
    headers = {"content-type": "application/json"}

    def ask_runtime() -> None:
        runtime.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=body)

    with requests.Session() as session:
        return Result(
            api=_milliseconds(lambda: api.ask([_FLIGHT]).raise_for_status()),
            runtime=_milliseconds(ask_runtime),
            model=_milliseconds(
                lambda: session.post(
                    f"{url}/invocations", body, headers=headers, timeout=10
                ).raise_for_status()
            ),
            import_ms=import_ms("ml_platform/predict_delay", {"ENDPOINT_NAME": "any"}),
        )


def _milliseconds(ask: Callable[[], Any]) -> tuple[float, float]:
    for _ in range(10):
        ask()
    times = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        ask()
        times.append((time.perf_counter() - started) * 1000)
    cuts = statistics.quantiles(times, n=100)
    return cuts[49], cuts[98]


def _wait_for_end(running: Emulator, machine: str, *, start: bool) -> None:
    states = running.client("stepfunctions")
    if start:
        states.start_execution(stateMachineArn=machine, input="{}")
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        executions = states.list_executions(stateMachineArn=machine)["executions"]
        if executions and executions[0]["status"] != "RUNNING":
            if executions[0]["status"] != "SUCCEEDED":
                raise RuntimeError(f"{executions[0]['name']} ended {executions[0]['status']}")
            return
        time.sleep(0.2)
    raise RuntimeError(f"{machine}: no execution ended within 120 seconds")
