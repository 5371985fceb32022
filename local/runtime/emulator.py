"""Start and stop the embedded AWS: ministack on a free loopback port, with IAM enforced."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import psutil
import requests
import trustme
from botocore.config import Config

from local.runtime.workspace import LocalError, State, Workspace
from repository import ROOT

REGION = "us-east-1"
ACCOUNT = "000000000000"
_SECRET = "not-checked-here"  # noqa: S105 -- ministack reads the key id alone  # pragma: allowlist secret
PYTHON = ROOT / ".venv-local" / "bin" / "python"


class Emulator:
    """A running embedded AWS: where it is, and how to talk to it."""

    def __init__(self, port: int, authority: Path, runtime_port: int = 0) -> None:
        self.port = port
        # Where `services/tasks.py` answers InvokeEndpoint, once the caller's right is checked.
        self.runtime_port = runtime_port
        # TLS, because the buckets' policies refuse anything less.
        self.endpoint = f"https://127.0.0.1:{port}"
        self.authority = authority
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def variables(self) -> dict[str, str]:
        """What the AWS CLI, an SDK or the CDK CLI needs in its environment to talk to it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            # An account number as access key is ministack's way to say root of that account.
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": _SECRET,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CA_BUNDLE": str(self.authority),
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def variables_of(self, role: boto3.Session) -> dict[str, str]:
        """The same for a process that acts as `role`."""
        key = role.get_credentials()
        if key is None:
            raise LocalError("a role was assumed, but gave no credentials")
        return {
            **self.variables,
            "AWS_ACCESS_KEY_ID": key.access_key,
            "AWS_SECRET_ACCESS_KEY": key.secret_key,
            "AWS_SESSION_TOKEN": key.token or "",
        }

    def client(self, service: str, session: boto3.Session | None = None) -> Any:
        """A boto3 client for `service`, as root or as whoever `session` is."""
        if session:
            return self._client(service, session)
        # Making one takes a tenth of a second, and what stands for services asks all the time.
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._client(service, self.session())
            return self._clients[service]

    def _client(self, service: str, session: boto3.Session) -> Any:
        return session.client(
            service,  # type: ignore[call-overload]  # the overloads want a literal
            endpoint_url=self.endpoint,
            verify=str(self.authority),
            config=Config(retries={"mode": "standard", "max_attempts": 4}, max_pool_connections=32),
        )

    def session(self, session: boto3.Session | None = None) -> boto3.Session:
        """The credentials of root, or of whoever `session` is."""
        return session or boto3.Session(
            aws_access_key_id=ACCOUNT, aws_secret_access_key=_SECRET, region_name=REGION
        )

    def assume(self, role_arn: str, service: str) -> boto3.Session:
        """The credentials that `service` gets when it assumes `role_arn`."""
        answer = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=service)
        credentials = answer["Credentials"]
        return boto3.Session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            region_name=REGION,
        )


def start(
    workspace: Workspace,
    state_architectures: list[str],
    *,
    mended: bool = True,
    variables: Mapping[str, str] | None = None,
) -> Emulator:
    """Start ministack and wait until it answers. Raises LocalError, with its last words.

    `variables` replace those of its environment, for tests.
    """
    port = free_port()
    for folder in (workspace.logs, workspace.scratch, workspace.tls):
        folder.mkdir(parents=True, exist_ok=True)
    emulator = Emulator(port, _certify(workspace.tls), free_port())
    state = State(port=port, architectures=state_architectures)
    process = launch(
        workspace,
        state,
        "emulator",
        [str(PYTHON), str(ROOT / "local" / "runtime" / "ministack_server.py")],
        {
            "AUTH": "true",
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "MINISTACK_UNMENDED": "0" if mended else "1",
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(workspace.tls / "server.pem"),
            "MINISTACK_SSL_KEY": str(workspace.tls / "server.key"),
            "LOCAL_ENDPOINT_PORT": str(emulator.runtime_port),
            # Workflows that wait half a minute between two looks wait half a second here.
            "SFN_WAIT_SCALE": "0.02",
            "SFN_MOCK_CONFIG": str(ROOT / "local" / "services" / "step_functions" / "mocks.json"),
            "LOG_LEVEL": "WARNING",
            "TMPDIR": str(workspace.scratch),
            # Functions are its child processes, and talk to it over TLS.
            "AWS_CA_BUNDLE": str(emulator.authority),
            "NODE_EXTRA_CA_CERTS": str(emulator.authority),
            "PYTHONPATH": "",
            **(variables or {}),
        },
    )
    health = f"{emulator.endpoint}/_ministack/health"
    wait_until_it_answers(health, process, workspace.logs / "emulator.log", emulator.authority)
    return emulator


def serve_firehose(workspace: Workspace, emulator: Emulator) -> None:
    """Start the process that does Data Firehose's work, for every delivery stream there is."""
    state = workspace.state()
    if state is None:
        raise LocalError("no embedded AWS is running here: start one first")
    command = [
        sys.executable,
        "-m",
        "local.services.firehose.delivery",
        str(emulator.port),
        str(workspace.folder),
    ]
    launch(workspace, state, "firehose", command, {"PYTHONPATH": str(ROOT)})


def serve_sagemaker(workspace: Workspace, emulator: Emulator) -> None:
    """Start the process that runs SageMaker's jobs and answers for its endpoints."""
    state = workspace.state()
    if state is None:
        raise LocalError("no embedded AWS is running here: start one first")
    command = [sys.executable, "-m", "local.services.tasks", str(emulator.runtime_port)]
    command += [str(emulator.port), str(workspace.folder)]
    process = launch(workspace, state, "sagemaker", command, {"PYTHONPATH": str(ROOT)})
    url = f"http://127.0.0.1:{emulator.runtime_port}/"
    wait_until_it_answers(url, process, workspace.logs / "sagemaker.log")


def launch(
    workspace: Workspace,
    state: State,
    name: str,
    command: list[str],
    variables: dict[str, str],
) -> subprocess.Popen[bytes]:
    """Start a process of the sandbox in the background, and remember it."""
    with (workspace.logs / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 -- our own command
            command,
            cwd=workspace.scratch,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for the program the user sees, which then stops these in order.
            start_new_session=True,
        )
    state.processes[process.pid] = psutil.Process(process.pid).create_time()
    workspace.remember(state)
    return process


def stop(workspace: Workspace) -> int:
    """Stop what an earlier command left running, its children first asked and then made to.

    Returns how many processes that took; none is no error.
    """
    state = workspace.state()
    processes = state.alive() if state else []
    family = [child for process in processes for child in process.children(recursive=True)]
    family += processes
    for process in family:
        _signal(process, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(family, timeout=2)
    for process in stubborn:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=5)
    return len(family)


def _certify(folder: Path) -> Path:
    """Make a certificate for this run alone; returns the authority that vouches for it."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_pem.write_to_path(folder / "server.key")
    certificate.cert_chain_pems[0].write_to_path(folder / "server.pem")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    return folder / "authority.pem"


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def free_port() -> int:
    """A port of the loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_it_answers(
    url: str, process: subprocess.Popen[bytes], log: Path, authority: Path | None = None
) -> None:
    """Until `url` answers at all. Raises LocalError, with the last words of its log."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            requests.get(url, timeout=1, verify=str(authority) if authority else True)
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    last_words = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise LocalError(f"{log.stem} did not start. The end of {log}:\n{last_words}")
