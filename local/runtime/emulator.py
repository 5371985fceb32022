"""The emulator of the local AWS: ministack on a free loopback port, with IAM enforced."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import trustme
from botocore.config import Config

from local.runtime.processes import free_port, launch, wait_until_it_answers
from local.runtime.workspace import LocalError, State, Workspace
from repository import ROOT

REGION = "us-east-1"
ACCOUNT = "000000000000"
_SECRET = "not-checked-here"  # noqa: S105 -- ministack reads the key id alone  # pragma: allowlist secret
# ministack and moto pin a botocore of their own.
PYTHON = ROOT / ".venv-local" / "bin" / "python"


class Emulator:
    """A running emulator: its address, and clients that talk to it."""

    def __init__(self, port: int, authority: Path, tasks_port: int = 0) -> None:
        self.port = port
        self.tasks_port = tasks_port
        """Where `local.services.task_server` answers workflow tasks and InvokeEndpoint."""
        # TLS, because the bucket policies refuse anything less.
        self.endpoint = f"https://127.0.0.1:{port}"
        self.authority = authority
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that point the AWS CLI, an SDK or the CDK CLI at it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            # ministack takes an account number as the access key of that account's root.
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": _SECRET,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CA_BUNDLE": str(self.authority),
            "AWS_EC2_METADATA_DISABLED": "true",
            # A proxy of the environment does not reach the loopback address.
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def variables_of(self, role: boto3.Session) -> dict[str, str]:
        """The same variables for a process that acts as `role`."""
        key = role.get_credentials()
        if key is None:
            raise LocalError("The session of an assumed role has no credentials.")
        return {
            **self.variables,
            "AWS_ACCESS_KEY_ID": key.access_key,
            "AWS_SECRET_ACCESS_KEY": key.secret_key,
            "AWS_SESSION_TOKEN": key.token or "",
        }

    def client(self, service: str, session: boto3.Session | None = None) -> Any:
        """A boto3 client for `service`, with the credentials of `session`, else of root."""
        if session:
            return self._client(service, session)
        # Making a client takes a tenth of a second, and the stand-ins ask for one at every call.
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

    def session(self) -> boto3.Session:
        """The credentials of root."""
        return boto3.Session(
            aws_access_key_id=ACCOUNT, aws_secret_access_key=_SECRET, region_name=REGION
        )

    def assume(self, role_arn: str, service: str) -> boto3.Session:
        """The credentials that `service` gets when it assumes `role_arn`."""
        response = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=service)
        credentials = response["Credentials"]
        return boto3.Session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            region_name=REGION,
        )


def start(workspace: Workspace, variables: Mapping[str, str] | None = None) -> Emulator:
    """Start ministack and wait until it answers. Raises LocalError with the end of its log.

    `variables` override its environment, for tests.
    """
    for folder in (workspace.logs, workspace.scratch, workspace.tls):
        folder.mkdir(parents=True, exist_ok=True)
    emulator = Emulator(free_port(), _certify(workspace.tls), free_port())
    process = launch(
        workspace,
        State(port=emulator.port),
        "emulator",
        [str(PYTHON), str(ROOT / "local" / "runtime" / "ministack_server.py")],
        {
            "AUTH": "true",
            "GATEWAY_PORT": str(emulator.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(workspace.tls / "server.pem"),
            "MINISTACK_SSL_KEY": str(workspace.tls / "server.key"),
            "LOCAL_TASKS_PORT": str(emulator.tasks_port),
            # A Wait state of 30 seconds takes 0.6 seconds here.
            "SFN_WAIT_SCALE": "0.02",
            "LOG_LEVEL": "WARNING",
            "TMPDIR": str(workspace.scratch),
            # Functions are child processes of ministack, and call it over TLS.
            "AWS_CA_BUNDLE": str(emulator.authority),
            "NODE_EXTRA_CA_CERTS": str(emulator.authority),
            # MLflow's client asks no AWS endpoint variable.
            "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT": emulator.endpoint,
            "MLFLOW_TRACKING_SERVER_CERT_PATH": str(emulator.authority),
            "MLFLOW_DISABLE_TELEMETRY": "true",
            # Lambda's Node runtime brings the SDK.
            "NODE_PATH": str(ROOT / "node_modules"),
            # Its IoT listener binds port 8883 on every address, whatever BIND_HOST is.
            "IOT_MTLS_ENABLED": "0",
            "PYTHONPATH": "",
            **(variables or {}),
        },
    )
    health = f"{emulator.endpoint}/_ministack/health"
    wait_until_it_answers(health, process, workspace.logs / "emulator.log", emulator.authority)
    return emulator


def _certify(folder: Path) -> Path:
    """Make a certificate for this run alone; returns the authority that signed it."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_pem.write_to_path(folder / "server.key")
    certificate.cert_chain_pems[0].write_to_path(folder / "server.pem")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    return folder / "authority.pem"
