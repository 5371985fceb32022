"""The demo of the ML platform: train on the lake, judge, roll out, ask, watch for drift."""

import importlib
import json
import random
import sys
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from local.demos.ml_platform.prediction_api import PredictionApi
from local.demos.verification import Check
from local.runtime import control_plane
from local.runtime.emulator import Emulator
from local.runtime.progress import Steps
from local.runtime.workspace import LocalError, Workspace
from repository import ROOT

Outputs = dict[str, dict[str, str]]
_PLOTS = ("roc_curve", "confusion_matrix", "calibration")
_BATCH, _SINGLE = 100, 200
_RUN = "from-the-lake"


@dataclass
class Result:
    """What the demo did, for the report."""

    training: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, Any] = field(default_factory=dict)
    deployment: dict[str, Any] = field(default_factory=dict)
    evaluation: dict[str, Any] = field(default_factory=dict)
    plots: dict[str, bytes] = field(default_factory=dict)
    asked: int = 0
    batch: list[float] = field(default_factory=list)
    latency_milliseconds: dict[str, float] = field(default_factory=dict)
    drift: dict[str, dict[str, float]] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)


class MlPlatformDemo:
    """Drives one deployed platform through its stack outputs and AWS APIs, as its user would."""

    def __init__(
        self, emulator: Emulator, workspace: Workspace, outputs: Outputs, steps: Steps
    ) -> None:
        self._emulator, self._workspace, self._steps = emulator, workspace, steps
        self._training, self._endpoint = outputs["MlTraining"], outputs["MlEndpoint"]
        self._s3 = emulator.client("s3")
        self._states = emulator.client("stepfunctions")

    def run(self) -> Result:
        """Both workflows, a refusal, predictions, drift, and what SageMaker was asked for."""
        result = Result()
        with self._steps.step("Train on the lake's set, judge, register (Step Functions)"):
            result.training = self._execute(self._training["StateMachineArn"], _RUN, {})
            if not result.training["registered"]:
                raise LocalError(
                    f"The gate refused the model ({result.training['report']}): it has seen too "
                    "few flights. Take more: make demo FLIGHTS=20000"
                )
            self._read_evaluation(result)
        with self._steps.step("Train on shuffled labels: the gate must refuse"):
            shuffled = {"training_data": self._shuffled(result)}
            result.refused = self._execute(self._training["StateMachineArn"], "shuffled", shuffled)
        with self._steps.step("Roll out what was approved (EventBridge, Step Functions)"):
            result.deployment = self._deployed()
        test = self._split(result.training["training_data"], "test")
        api = PredictionApi(self._emulator, self._endpoint["ApiUrl"])
        with self._steps.step(f"Ask the API about {len(test):,} flights, in an order of chance"):
            answers = self._ask(api, test.sample(frac=1, random_state=1))
            result.asked = len(answers)
        with self._steps.step(f"Ask about one flight at a time, {_SINGLE} times"):
            result.latency_milliseconds = self._latency(api, test)
        with self._steps.step("Wait for the drift check, then ask about flights of another world"):
            result.drift["as trained"] = self._shift(lambda seen: seen >= result.asked)
            self._ask(api, _another_world(test))
            result.drift["another world"] = self._shift(lambda seen: seen >= result.asked * 2)
        with self._steps.step("Predict for the same flights without an endpoint (batch transform)"):
            result.batch = self._transform(f"{result.training['training_data']}split=test/")
        with self._steps.step("Deploy models, endpoint and notebook to SageMaker's control plane"):
            asked_for = self._control_plane()
        with self._steps.step("Compare every figure with the model in this process"):
            expected = self._in_process(result.training["model"], test)
            result.checks = _checks(result, answers, expected, test, asked_for)
        return result

    def _execute(self, machine: str, name: str, given: dict[str, Any]) -> dict[str, Any]:
        started = self._states.start_execution(
            stateMachineArn=machine, name=name, input=json.dumps(given)
        )
        return self._output_of(started["executionArn"])

    def _output_of(self, execution_arn: str) -> dict[str, Any]:
        while True:
            execution = self._states.describe_execution(executionArn=execution_arn)
            if execution["status"] != "RUNNING":
                break
            time.sleep(0.3)
        if execution["status"] != "SUCCEEDED":
            raise LocalError(
                f"the workflow {execution['name']} ended {execution['status']}: "
                f"{execution.get('cause')}"
            )
        output: dict[str, Any] = json.loads(execution["output"])
        return output

    def _deployed(self) -> dict[str, Any]:
        """What the execution did that the approval started; nobody starts it by hand."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = self._states.list_executions(stateMachineArn=self._endpoint["StateMachineArn"])
            if found["executions"]:
                return self._output_of(found["executions"][0]["executionArn"])
            time.sleep(0.3)
        raise LocalError("the approval of the model started no deployment within a minute")

    def _read_evaluation(self, result: Result) -> None:
        bucket, folder = self._training["BucketName"], f"evaluation/{_RUN}"
        result.evaluation = json.loads(self._body(bucket, f"{folder}/evaluation.json"))
        result.plots = {name: self._body(bucket, f"{folder}/{name}.png") for name in _PLOTS}

    def _shuffled(self, result: Result) -> str:
        """The same set with its labels dealt out anew, beside it; returns where it is."""
        source = result.training["training_data"]
        target = source.replace(f"/{_RUN}/", "/shuffled/")
        for split in ("train", "validation", "test"):
            frame = self._split(source, split)
            frame[0] = frame[0].sample(frac=1, random_state=0).to_numpy()
            bucket, _, prefix = target.removeprefix("s3://").partition("/")
            body = frame.to_csv(index=False, header=False).encode()
            self._s3.put_object(Bucket=bucket, Key=f"{prefix}split={split}/part-0", Body=body)
        return str(target)

    def _split(self, location: str, split: str) -> pd.DataFrame:
        """One split as the files have it: no header, the label first."""
        bucket, _, prefix = location.removeprefix("s3://").partition("/")
        listed = self._s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}split={split}/")
        return pd.concat(
            pd.read_csv(BytesIO(self._body(bucket, found["Key"])), header=None)
            for found in listed["Contents"]
        )

    def _body(self, bucket: str, key: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def _transform(self, flights: str) -> list[float]:
        """The probabilities that a batch transform writes behind the lines of `flights`."""
        machine = self._endpoint["BatchStateMachineArn"]
        done = self._execute(machine, "batch", {"flights": flights})
        bucket, _, prefix = done["predictions"].removeprefix("s3://").partition("/")
        listed = self._s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [
            float(line.rpartition(",")[2])
            for found in listed["Contents"]
            for line in self._body(bucket, found["Key"]).decode().splitlines()
        ]

    def _ask(self, api: PredictionApi, flights: pd.DataFrame) -> dict[int, float]:
        """Row of `flights` -> the probability that the API says."""
        answers: dict[int, float] = {}
        requests = _requests(flights)
        for start in range(0, len(flights), _BATCH):
            response = api.ask(requests[start : start + _BATCH])
            if response.status_code != 200:
                raise LocalError(f"the API said {response.status_code}: {response.text}")
            said = [each["probability"] for each in response.json()["predictions"]]
            answers.update(zip(flights.index[start : start + _BATCH], said, strict=True))
        return answers

    def _latency(self, api: PredictionApi, test: pd.DataFrame) -> dict[str, float]:
        """Milliseconds at the API, of one flight each."""
        took = []
        for request in _requests(test.head(_SINGLE)):
            started = time.perf_counter()
            api.ask([request]).raise_for_status()
            took.append((time.perf_counter() - started) * 1000)
        return {f"p{q}": float(np.percentile(took, q)) for q in (50, 99)}

    def _shift(self, enough: Callable[[float], bool]) -> dict[str, float]:
        """The drift check's newest figures, once it has seen enough flights."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            seen = self._metric("CapturedFlights")
            if seen and enough(seen):
                time.sleep(1)  # the figures of one check are put together, but read one by one
                return {name: self._metric(name) for name in ("LargestPsi", "LargestKs")}
            time.sleep(0.5)
        raise LocalError("the drift check saw too few flights in 90 s: see the log of its function")

    def _metric(self, name: str) -> float:
        now = datetime.now(UTC)
        found = self._emulator.client("cloudwatch").get_metric_statistics(
            Namespace="MlPlatform",
            MetricName=name,
            Dimensions=[
                {"Name": "EndpointName", "Value": self._endpoint["EndpointName"]},
                {"Name": "VariantName", "Value": "champion"},
            ],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Maximum"],
        )
        points = sorted(found["Datapoints"], key=lambda point: point["Timestamp"])
        return float(points[-1]["Maximum"]) if points else 0.0

    def _in_process(self, model_uri: str, test: pd.DataFrame) -> list[float]:
        """What the artefact itself predicts, unpacked into this process."""
        bucket, _, key = model_uri.removeprefix("s3://").partition("/")
        folder = self._workspace.scratch / "model"
        with tarfile.open(fileobj=BytesIO(self._body(bucket, key))) as archive:
            archive.extractall(folder, filter="data")
        sys.path.insert(0, str(folder / "code"))
        inference: Any = importlib.import_module("inference")
        body = json.dumps({"flights": _requests(test)})
        flights = inference.input_fn(body, "application/json")
        said: list[float] = inference.predict_fn(flights, inference.model_fn(str(folder)))
        return said

    def _control_plane(self) -> dict[str, Any]:
        """What SageMaker was asked for by the same templates, with the endpoint in them."""
        plane = control_plane.start(self._workspace)
        package = (
            f"arn:aws:sagemaker:us-east-1:{control_plane.ACCOUNT}:model-package/flight-delay/1"
        )
        settings = {"ml_training.from_lake": "false", "ml_endpoint.model_package_arn": package}
        control_plane.deploy_platform(plane, self._workspace, settings)
        sagemaker = plane.client("sagemaker")
        endpoint = sagemaker.describe_endpoint(EndpointName="flight-delay")
        config = sagemaker.describe_endpoint_config(
            EndpointConfigName=endpoint["EndpointConfigName"]
        )
        model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
        (listed,) = sagemaker.list_notebook_instances()["NotebookInstances"]
        notebook = sagemaker.describe_notebook_instance(
            NotebookInstanceName=listed["NotebookInstanceName"]
        )
        return {
            "endpoint": endpoint["EndpointStatus"],
            "package": model["PrimaryContainer"]["ModelPackageName"] == package,
            "subnets of the model": len(model["VpcConfig"]["Subnets"]),
            "captured under the key": config["DataCaptureConfig"]["KmsKeyId"] == config["KmsKeyId"],
            "internet of the notebook": notebook["DirectInternetAccess"],
            "root on the notebook": notebook["RootAccess"],
        }


def _requests(flights: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a split as the API takes them."""
    sys.path.insert(0, str(ROOT / "models" / "ml_platform" / "flight_delay"))
    names = importlib.import_module("features").FEATURES
    whole = {"month", "weekday", "hour"}
    return [
        {
            name: None if pd.isna(value) else int(value) if name in whole else value
            for name, value in zip(names, row[1:], strict=True)
        }
        for row in flights.itertuples(index=False)
    ]


def _another_world(test: pd.DataFrame) -> pd.DataFrame:
    """The same flights in a heat wave, all by night."""
    moved = test.copy()
    moved[6] = random.Random(0).choices(range(6), k=len(moved))  # noqa: S311 -- the hour
    moved[8] += 60  # degrees Fahrenheit
    moved[8] = moved[8].clip(upper=140)
    return moved


def _checks(
    result: Result,
    answers: dict[int, float],
    expected: list[float],
    test: pd.DataFrame,
    asked_for: dict[str, Any],
) -> list[Check]:
    said = [answers[row] for row in test.index]
    # The API rounds to six digits.
    different, unlike = (
        sum(abs(a - round(b, 6)) > 1e-9 for a, b in zip(one, expected, strict=True))
        for one in (said, result.batch)
    )
    report = result.evaluation
    stable, moved = (result.drift[name]["LargestPsi"] for name in ("as trained", "another world"))
    registered = result.training.get("model_package_arn", "")
    wanted = {
        "endpoint": "InService",
        "package": True,
        "subnets of the model": 2,
        "captured under the key": True,
        "internet of the notebook": "Disabled",
        "root on the notebook": "Disabled",
    }
    return [
        Check("the gate registers the model of the lake's set", True, bool(registered)),
        Check("the gate registers a model of shuffled labels", False, result.refused["registered"]),
        Check("the approval rolled the model out", True, result.deployment["deployed"]),
        Check("predictions of the API that differ from the artefact's own", 0, different),
        Check("predictions of the batch transform that differ from the artefact's own", 0, unlike),
        Check(
            "ROC AUC of the report = of the API's answers",
            round(report["roc_auc"], 4),
            round(float(roc_auc_score(test[0], said)), 4),
        ),
        Check("flights of the report = of the test split", len(test), report["rows"]),
        Check("better than carrier and hour", True, report["gain_over_baseline"] > 0),
        Check("drift: PSI stays below 0.2 for flights as trained", True, stable < 0.2),
        Check("drift: PSI crosses 0.2 for another world", True, moved > 0.2),
        *(Check(f"SageMaker: {name}", value, asked_for[name]) for name, value in wanted.items()),
    ]
