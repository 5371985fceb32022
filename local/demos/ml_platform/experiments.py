"""The runs that the function `record_experiment` has kept in MLflow, read back as a client does."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

import boto3
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from local.demos.report import Check
from local.runtime.emulator import REGION, Emulator
from local.runtime.workspace import LocalError
from local.services.s3.objects import list_keys
from local.services.s3.uri import split_uri

_API = "/api/2.0/mlflow/"
_RECORDED_SECONDS = 60


@dataclass(frozen=True)
class Run:
    """One run of an experiment."""

    name: str
    """That of the workflow's execution."""
    parameters: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    artefacts: dict[str, bytes]
    """Path below the run's artefacts -> content."""


@dataclass
class Experiments:
    """What MLflow has of the demo's trainings, and what it is compared with."""

    runs: dict[str, Run] = field(default_factory=dict)
    """By the name of the execution."""
    card: dict[str, float] = field(default_factory=dict)
    """The figures on the registered package's model card."""


class MlflowApp:
    """The deployed MLflow app, called with IAM credentials."""

    def __init__(
        self, emulator: Emulator, app_arn: str, session: boto3.Session | None = None
    ) -> None:
        """`session` calls it, by default root."""
        self._emulator, self._arn = emulator, app_arn
        credentials = (session or emulator.session()).get_credentials()
        if credentials is None:
            raise LocalError("A session without credentials cannot sign a request.")
        self._signature = SigV4Auth(credentials, "sagemaker", REGION)
        self._session = requests.Session()
        self._session.trust_env = False  # REQUESTS_CA_BUNDLE would replace the authority
        self._session.verify = str(emulator.authority)

    def runs(self, experiment: str, count: int) -> list[Run]:
        """The runs of an experiment, once there are `count` that have ended.

        Raises LocalError if there are fewer after a minute.
        """
        deadline, ended = time.monotonic() + _RECORDED_SECONDS, list[dict[str, Any]]()
        while time.monotonic() < deadline:
            ended = [run for run in self._search(experiment) if run["info"]["status"] == "FINISHED"]
            if len(ended) >= count:
                return [self._run(run) for run in ended]
            time.sleep(0.5)
        raise LocalError(
            f"MLflow has {len(ended)} runs of {experiment} and not {count}, after"
            f" {_RECORDED_SECONDS} s: see the log of the function that records them."
        )

    def _search(self, experiment: str) -> list[dict[str, Any]]:
        _, answer = self.call("GET", f"experiments/get-by-name?experiment_name={experiment}")
        if "experiment" not in answer:
            return []
        ids = [answer["experiment"]["experiment_id"]]
        _, answer = self.call("POST", "runs/search", {"experiment_ids": ids, "max_results": 100})
        runs: list[dict[str, Any]] = answer.get("runs", [])
        return runs

    def _run(self, run: dict[str, Any]) -> Run:
        data, s3 = run["data"], self._emulator.client("s3")
        bucket, prefix = split_uri(run["info"]["artifact_uri"])
        return Run(
            run["info"]["run_name"],
            {entry["key"]: entry["value"] for entry in data["params"]},
            {entry["key"]: entry["value"] for entry in data["metrics"]},
            {entry["key"]: entry["value"] for entry in data["tags"]},
            {
                key.removeprefix(f"{prefix}/"): s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                for key in list_keys(s3, bucket, f"{prefix}/")
            },
        )

    def call(
        self, method: str, path: str, fields: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Status and answer of a request that is signed as MLflow's client signs it."""
        url, body = f"{self._emulator.endpoint}{_API}{path}", json.dumps(fields or {}).encode()
        headers = {"content-type": "application/json", "x-sm-mlflow-app-arn": self._arn}
        request = AWSRequest(method, url, headers, body)
        self._signature.add_auth(request)
        response = self._session.request(
            method, url, data=body, headers=dict(request.headers), timeout=60
        )
        return response.status_code, response.json()


def card_of(sagemaker: Any, package_arn: str) -> dict[str, float]:
    """Name -> value of the figures on the model card of a registered package."""
    package = sagemaker.describe_model_package(ModelPackageName=package_arn)
    card = json.loads(package["ModelCard"]["ModelCardContent"])
    return {
        figure["name"]: figure["value"]
        for details in card["evaluation_details"]
        for group in details["metric_groups"]
        for figure in group["metric_data"]
    }


def compare(
    experiments: Experiments, training: dict[str, Any], plots: dict[str, bytes]
) -> list[Check]:
    """The runs beside the registry, the report and the jobs' files.

    `training` is the output of the workflow that registered, `plots` those of its evaluation.
    """
    runs = experiments.runs
    registered = next(run for run in runs.values() if run.tags.get("model") == training["model"])
    kept = {
        name: registered.artefacts.get(f"plots/{name}.png") == png for name, png in plots.items()
    }
    return [
        Check(
            "MLflow: runs, and whether their models were registered",
            {"first": "true", "from-the-lake": "true", "shuffled": "false"}
            if "first" in runs
            else {"from-the-lake": "true", "shuffled": "false"},
            {name: runs[name].tags["registered"] for name in sorted(runs)},
        ),
        Check(
            "MLflow: ROC AUC of the run = of the package's model card",
            round(experiments.card["roc_auc"], 6),
            round(registered.metrics["roc_auc"], 6),
        ),
        Check(
            "MLflow: package of the run",
            training["model_package_arn"],
            registered.tags["model_package_arn"],
        ),
        Check("MLflow: plots that are not the evaluation's", [], [n for n in kept if not kept[n]]),
    ]
