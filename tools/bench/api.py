"""One flight at the deployed API of the embedded AWS, beside the served model behind it.

What lies between them is the emulator's gateway, the start and run of the function, its signed
call of SageMaker's runtime with IAM enforced, and the data capture: an upper limit, as the
emulator starts a process for each call of a function.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local import local_aws
from local.demos.ml_platform.prediction_api import PredictionApi
from local.demos.streaming_lake import training_set
from local.runtime.emulator import Emulator
from local.runtime.processes import stop
from local.runtime.workspace import Workspace
from repository import ROOT

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
    """Deploy the platform, train a small model, let its approval roll it out, and ask."""
    workspace = Workspace(folder)
    try:
        settings = {"ml_training.from_lake": "false"}
        deployed = local_aws.start(workspace, ["ml-platform"], settings)
        running, outputs = deployed.emulator, deployed.outputs
        training_set.write(workspace.scratch / "set", 6_000)
        for file in (workspace.scratch / "set").rglob("part-0"):
            key = f"training/{file.relative_to(workspace.scratch / 'set')}"
            running.client("s3").upload_file(str(file), outputs["MlTraining"]["BucketName"], key)
        _end_of(running, outputs["MlTraining"]["StateMachineArn"], start=True)
        _end_of(running, outputs["MlEndpoint"]["StateMachineArn"], start=False)
        return _ask(running, outputs["MlEndpoint"], workspace)
    finally:
        stop(workspace)


def _ask(running: Emulator, outputs: dict[str, str], workspace: Workspace) -> Result:
    api = PredictionApi(running, outputs["ApiUrl"])
    runtime = running.client("sagemaker-runtime")
    endpoint = outputs["EndpointName"]
    served = json.loads((workspace.folder / "endpoints.json").read_text())[endpoint]
    (url,) = served["variants"][0]["urls"]
    body = json.dumps({"flights": [_FLIGHT]})
    asked = {"content-type": "application/json"}

    def ask_runtime() -> None:
        runtime.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=body)

    with requests.Session() as session:
        return Result(
            api=_milliseconds(lambda: api.ask([_FLIGHT]).raise_for_status()),
            runtime=_milliseconds(ask_runtime),
            model=_milliseconds(
                lambda: session.post(
                    f"{url}/invocations", body, headers=asked, timeout=10
                ).raise_for_status()
            ),
            import_ms=_import_ms(),
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


def _end_of(running: Emulator, machine: str, *, start: bool) -> None:
    states = running.client("stepfunctions")
    if start:
        states.start_execution(stateMachineArn=machine, input="{}")
    until = time.monotonic() + 120
    while time.monotonic() < until:
        found = states.list_executions(stateMachineArn=machine)["executions"]
        if found and found[0]["status"] != "RUNNING":
            if found[0]["status"] != "SUCCEEDED":
                raise RuntimeError(f"{found[0]['name']} ended {found[0]['status']}")
            return
        time.sleep(0.2)
    raise RuntimeError(f"{machine} did not come to an end")


def _import_ms() -> float:
    variables = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "lambdas")]),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "ENDPOINT_NAME": "any",
    }
    code = (
        "import time; started = time.perf_counter(); import predict_delay.handler; "
        "print(time.perf_counter() - started)"
    )
    times = [
        float(subprocess.check_output([sys.executable, "-c", code], env=variables, text=True))
        for _ in range(5)
    ]
    return statistics.median(times) * 1000
