"""The served model on one core, compared with the bare booster on the same core.

Server and booster are pinned to one core with one thread each; the clients run on the others.
"""

import http.client
import json
import statistics
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from local.runtime.processes import free_port
from local.services.sagemaker.training_job import PYTHON
from repository import ROOT

REQUESTS = 2_000
CLIENTS = 4
_FLIGHT = {
    "carrier": "UA",
    "origin": "EWR",
    "destination": "IAH",
    "month": 1,
    "weekday": 2,
    "hour": 10,
    "distance_miles": 1400,
    "temperature_fahrenheit": 39.02,
}
_BODY = json.dumps({"flights": [_FLIGHT]})
_ONE_THREAD = {"OMP_NUM_THREADS": "1"}
# Runs in the environment of the model: the booster alone, one flight a prediction.
_BARE = """
import json, sys, time
import psutil
psutil.Process().cpu_affinity([int(sys.argv[2])])
import numpy as np, xgboost as xgb
booster = xgb.Booster(model_file=sys.argv[1])
flight = np.zeros((1, booster.num_features()), dtype=np.float32)
times = []
for _ in range(int(sys.argv[3])):
    started = time.perf_counter()
    booster.inplace_predict(flight)
    times.append(time.perf_counter() - started)
json.dump(times, sys.stdout)
"""


@dataclass(frozen=True)
class Figures:
    """Milliseconds of one flight a request, and requests a second."""

    p50_ms: float
    p99_ms: float
    requests_a_second: float
    bare_p50_ms: float
    bare_p99_ms: float
    bare_a_second: float


def measure(artefact: Path) -> Figures:
    """Serve the model in `artefact`, and send requests: first by one client, then by several."""
    core, *client_cores = psutil.Process().cpu_affinity()
    psutil.Process().cpu_affinity(client_cores or [core])
    try:
        bare = _bare(artefact, core)
        with _serve(artefact, core) as port:
            _ask(port, REQUESTS // 10)
            sequential = _ask(port, REQUESTS)
            started = time.perf_counter()
            with ThreadPoolExecutor(CLIENTS) as clients:
                list(clients.map(_ask, [port] * CLIENTS, [REQUESTS // CLIENTS] * CLIENTS))
            concurrent_seconds = time.perf_counter() - started
    finally:
        psutil.Process().cpu_affinity([core, *client_cores])
    return Figures(
        *_percentiles(sequential),
        REQUESTS / concurrent_seconds,
        *_percentiles(bare),
        len(bare) / sum(bare),
    )


def _percentiles(times: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(times, n=100)
    return cuts[49] * 1000, cuts[98] * 1000


def _bare(artefact: Path, core: int) -> list[float]:
    command = [str(PYTHON), "-c", _BARE, str(artefact / "model.ubj"), str(core), str(REQUESTS)]
    process = subprocess.run(command, env=_ONE_THREAD, stdout=subprocess.PIPE, check=True)
    times: list[float] = json.loads(process.stdout)
    return times[REQUESTS // 10 :]


@contextmanager
def _serve(artefact: Path, core: int) -> Iterator[int]:
    port = free_port()
    script = ROOT / "local" / "services" / "sagemaker" / "model_server.py"
    command = [str(PYTHON), str(script), str(artefact), str(port)]
    manifest = json.loads((ROOT / "models/ml_platform/flight_delay/model.json").read_text())
    variables = {**_ONE_THREAD, "SAGEMAKER_PROGRAM": manifest["programs"]["serve"]}
    with subprocess.Popen(command, cwd=artefact, env=variables) as process:
        try:
            psutil.Process(process.pid).cpu_affinity([core])
            deadline = time.monotonic() + 60
            while not _pings(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the model server does not answer")
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()


def _pings(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == http.HTTPStatus.OK
    except ConnectionError:
        return False
    finally:
        connection.close()


def _ask(port: int, count: int) -> list[float]:
    """The seconds of `count` requests, one after another over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    times = []
    for _ in range(count):
        started = time.perf_counter()
        connection.request("POST", "/invocations", _BODY, {"Content-Type": "application/json"})
        response = connection.getresponse()
        body = response.read()
        times.append(time.perf_counter() - started)
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(body.decode())
    connection.close()
    return times
