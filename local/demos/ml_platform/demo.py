"""The demo of the ML platform: train on the lake, evaluate, roll out, predict, detect drift."""

import base64
import importlib
import json
import sys
import tarfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, partial
from io import BytesIO
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from local.demos import flights as source
from local.demos.demo import Context, Option
from local.demos.executions import execute, wait_for
from local.demos.ml_platform import forecasting, pipeline
from local.demos.ml_platform.checks import NEW_CARRIER, NEXT_DAYS, Result, compare
from local.demos.ml_platform.control_plane import requested_resources
from local.demos.ml_platform.experiments import Experiments, MlflowApp, card_of
from local.demos.ml_platform.forecasting import Forecasts
from local.demos.ml_platform.ground_truth import AS_PREDICTED, SPOILED, GroundTruth
from local.demos.ml_platform.wrong_model import deploy_wrong_model
from local.demos.prediction_api import PredictionApi
from local.demos.report import Report
from local.runtime.deployment import Outputs
from local.runtime.progress import Step
from local.runtime.workspace import LocalError
from local.services.s3.objects import list_keys
from local.services.s3.uri import split_uri
from repository import ROOT, extract

_PLOTS = ("roc_curve", "confusion_matrix", "calibration")
_BATCH, _SINGLE, _IN_PROCESS = 100, 200, 10_000
_JUDGED = 1_500  # flights whose outcome the lake knows
_MOST_FLIGHTS = 8_000
# The column of the carrier, behind the label; a code that the training set has not.
_CARRIER, _UNKNOWN = 1, "ZZ"
_NAME = "flight-delay"
_RUN = "from-the-lake"
_FIRST = "first"
_ROLL_OUT_SECONDS, _DRIFT_SECONDS = 60, 90


class MlPlatformDemo:
    """Trains, deploys and queries one deployed platform."""

    # The model is judged by the last quarter of the days: fewer would tell nothing.
    options: ClassVar = (Option("flights", "20000", partial(source.parse_count, fewest=20_000)),)

    def __init__(self, context: Context) -> None:
        self._emulator, self._workspace = context.emulator, context.workspace
        self._steps, self._outputs = context.steps, context.outputs
        self._training = context.outputs["MlTraining"]
        self._endpoint = context.outputs["MlEndpoint"]
        self._s3 = context.emulator.client("s3")
        self._step_functions = context.emulator.client("stepfunctions")

    @classmethod
    def first_commands(cls, outputs: Outputs) -> list[str]:  # noqa: ARG003 -- the protocol's
        """None: training starts with a set that the lake exports."""
        return []

    def run(self) -> Report:
        """Both workflows, a model that is refused, predictions, drift, and the control plane."""
        result = Result()
        self._train(result)
        with self._steps.step("Roll out what was approved (EventBridge, Step Functions)"):
            result.deployment = self._deployed()
        result.next_days, result.test = (
            self._split(result.training["training_data"], split) for split in ("validation", "test")
        )
        with self._steps.step(
            "Approve a container that serves another model: refused before traffic"
        ):
            result.wrong_model = self._wrong_model(result)
        self._predict(result)
        self._judge(result)
        with self._steps.step("Predict for the same flights without an endpoint (batch transform)"):
            result.batch = self._transform(f"{result.training['training_data']}split=test/")
        # A setting may leave the second model out.
        if "EnergyDemandStateMachineArn" in self._training:
            result.forecasts = self._forecast()
        if "MlflowAppArn" in self._training:
            with self._steps.step("Read every training's run (MLflow)"):
                result.experiments = self._experiments(result)
        with self._steps.step("Deploy models, endpoint and notebook to SageMaker's control plane"):
            result.control_plane = requested_resources(self._workspace)
        with self._steps.step("Compare every figure with the model in this process"):
            model = result.training["model"]
            result.expected = self._in_process(model, result.test)
            flights = result.next_days.loc[list(result.answers)]
            result.expected_of_api = self._in_process(model, flights)
            checks = compare(result)
        evaluation, latency = result.evaluation, result.latency_milliseconds
        rates, linear = (
            evaluation["baselines"][name]["roc_auc"]
            for name in ("carrier_and_hour", "logistic_regression")
        )
        return Report(
            title="ML platform",
            lead="Trained on what the lake of this machine exported, served by its own"
            " inference.py, called through the deployed API.",
            checks=checks,
            figures=[
                f"ROC AUC {_with_interval(evaluation)} on {evaluation['rows']:,} flights of the"
                f" {evaluation['bootstrap']['days']} days that followed;"
                f" {rates:.3f} by carrier and hour, {linear:.3f} by a linear model",
                f"shuffled labels: ROC AUC {result.refused['report']['score']:.3f}, refused",
                f"API latency, one flight a request: {latency['p50']:.0f} ms (p50),"
                f" {latency['p99']:.0f} ms (p99)",
                f"a container that serves another model: {result.wrong_model['error']}, refused",
                f"ROC AUC by ground truth: {result.quality[AS_PREDICTED].judged['roc_auc']:.3f} on"
                f" {result.quality[AS_PREDICTED].judged['flights']:,} flights (limit"
                f" {result.quality[AS_PREDICTED].judged['roc_auc_limit']:.3f}),"
                f" {result.quality[SPOILED].judged['roc_auc']:.3f} with flights mixed up",
                "largest shift, 1 is the limit:"
                f" {result.drift[NEXT_DAYS]['LargestShift']:.2f} of the days after training,"
                f" {result.drift[NEW_CARRIER]['LargestShift']:.1f} with a tenth of a new carrier",
                *([forecasting.figure(result.forecasts)] if result.forecasts else []),
            ],
            template="ml_platform/report.html.j2",
            values={
                "result": result,
                "plots": {
                    name: base64.b64encode(png).decode() for name, png in result.plots.items()
                },
                "recorded_plots": _recorded_plots(result.experiments),
                "forecast_plot": base64.b64encode(result.forecasts.plot).decode()
                if result.forecasts
                else "",
            },
        )

    def _train(self, result: Result) -> None:
        """Train on the lake's set, which the gate accepts, and on shuffled labels, which not."""
        with self._steps.step("Train on the lake's set, evaluate, register (Step Functions)"):
            result.training = self._execute(self._training["StateMachineArn"], _RUN, {})
            if not result.training["registered"]:
                raise LocalError(
                    f"The gate refused the model ({result.training['report']}): it was trained on"
                    " too few flights. Use more: make demo FLIGHTS=20000"
                )
            bucket, folder = self._training["BucketName"], f"evaluation/{_RUN}"
            result.evaluation = json.loads(self._body(bucket, f"{folder}/evaluation.json"))
            result.plots = {name: self._body(bucket, f"{folder}/{name}.png") for name in _PLOTS}
        with self._steps.step("Train the same as a SageMaker pipeline"):
            self._run_pipeline(result)
        with self._steps.step("Train on shuffled labels: the gate must refuse"):
            shuffled = {"training_data": self._shuffled(result)}
            result.refused = self._execute(self._training["StateMachineArn"], "shuffled", shuffled)

    def _run_pipeline(self, result: Result) -> None:
        """Its model stays unapproved, so that nothing is rolled out twice."""
        execution = pipeline.execute(
            self._emulator,
            self._training["PipelineName"],
            {
                "TrainingSet": result.training["training_data"],
                "ApprovalStatus": "PendingManualApproval",
            },
        )
        if execution.status != "Succeeded":
            raise LocalError(f"The SageMaker pipeline ended {execution.status}: {execution.reason}")
        bucket, key = split_uri(result.training["model"])
        result.pipeline_steps = [*execution.steps]
        result.pipeline_evaluation = execution.report(self._s3, bucket)
        result.same_model = execution.model(self._s3, bucket) == pipeline.booster(
            self._s3, bucket, key
        )

    def _forecast(self) -> Forecasts:
        """Train the model of demand, and forecast each week of its test split."""
        forecasts, models = Forecasts(), self._training["BucketName"]
        with self._steps.step(
            "Train on demand of electricity, evaluate, register (Step Functions)"
        ):
            forecasting.put_training_set(self._s3, models)
            machine = self._training["EnergyDemandStateMachineArn"]
            forecasts.training = self._execute(machine, _FIRST, {})
            folder = f"evaluation/{forecasting.NAME}-{_FIRST}"
            forecasts.evaluation = json.loads(self._body(models, f"{folder}/evaluation.json"))
            forecasts.plot = self._body(models, f"{folder}/forecast.png")
            if not forecasts.training["registered"]:
                raise LocalError(f"The gate refused the forecasts: {forecasts.evaluation}")
        with self._steps.step("Forecast the weeks that followed (batch transform)"):
            forecasting.put_histories(self._s3, self._endpoint["BucketName"])
            machine = self._endpoint["EnergyDemandBatchStateMachineArn"]
            output = self._execute(machine, _FIRST, {})
            forecasts.by_cut_off = forecasting.read_forecasts(self._s3, output["predictions"])
            artefact = self._body(*split_uri(forecasts.training["model"]))
            scratch = self._workspace.scratch / "demand"
            forecasts.in_process = forecasting.forecast_in_process(artefact, scratch)
        if "EnergyDemandQualityStateMachineArn" in self._endpoint:
            with self._steps.step("Judge the forecasts by the demand that followed (Athena)"):
                forecasts.judgement = forecasting.judge(self._emulator, self._endpoint)
        return forecasts

    def _experiments(self, result: Result) -> Experiments:
        """The runs that a function has recorded beside the steps before."""
        mlflow = MlflowApp(self._emulator, self._training["MlflowAppArn"])
        runs = mlflow.runs(_NAME, 2)
        if result.forecasts:
            runs += mlflow.runs(forecasting.NAME, 1)
        card = card_of(self._emulator.client("sagemaker"), result.training["model_package_arn"])
        return Experiments({run.name: run for run in runs}, card)

    def _predict(self, result: Result) -> None:
        """Call the API about the days after training, and about a carrier that came since."""
        days, api = result.next_days, PredictionApi(self._emulator, self._endpoint["ApiUrl"])
        flights = _in_order(days).sample(min(len(days), _MOST_FLIGHTS), random_state=1)
        title = f"Call the API about {len(flights):,} flights of the days after training"
        with self._steps.step(title) as step:
            result.answers = self._ask(api, flights, step)
        with self._steps.step(f"Call it about one flight at a time, {_SINGLE} times") as step:
            singles = flights.sample(_SINGLE, replace=True, random_state=2)
            result.latency_milliseconds = self._latency(api, singles, step)
        count = len(flights) + len(singles)
        with self._steps.step("Check for drift, as each hour, and again with a new carrier"):
            result.drift[NEXT_DAYS] = self._drift(count)
            planted = flights.head(count // 9).copy()
            planted[_CARRIER] = _UNKNOWN
            self._ask(api, planted)
            result.drift[NEW_CARRIER] = self._drift(count + len(planted))

    def _wrong_model(self, result: Result) -> dict[str, Any]:
        """The deployment of a package whose artefact is the model of shuffled labels."""
        bucket = self._training["BucketName"]
        keys = list_keys(self._s3, bucket, "models/shuffled")
        (key,) = (key for key in keys if key.endswith("model.tar.gz"))
        return deploy_wrong_model(
            self._step_functions,
            (self._training["StateMachineArn"], self._endpoint["StateMachineArn"]),
            result.training["model_package_arn"],
            f"s3://{bucket}/{key}",
        )

    def _judge(self, result: Result) -> None:
        """Ask about flights whose outcome the lake has, as they were and each as another one."""
        api = PredictionApi(self._emulator, self._endpoint["ApiUrl"])
        truth = GroundTruth(self._emulator, self._outputs)
        flights = _in_order(result.test).sample(min(len(result.test), _JUDGED), random_state=3)
        ids = flights[_id_column()]
        late = flights.set_index(_id_column())[0]
        mixed_up = flights.sample(frac=1, random_state=4)
        for place, (name, features) in enumerate(
            ((AS_PREDICTED, flights), (SPOILED, mixed_up)), start=1
        ):
            with self._steps.step(f"Join predictions with their outcomes (Athena): {name}"):
                requests = _requests(features)
                with_ids = [
                    {**request, "event_id": event_id}
                    for request, event_id in zip(requests, ids, strict=True)
                ]
                for start in range(0, len(with_ids), _BATCH):
                    api.ask(with_ids[start : start + _BATCH]).raise_for_status()
                result.quality[name] = truth.judge(late, place * len(flights))
                # Captures tell seconds: the answers of the next turn must be later.
                time.sleep(1)

    def _execute(self, machine: str, name: str, execution_input: dict[str, Any]) -> dict[str, Any]:
        return _output(execute(self._step_functions, machine, execution_input, name))

    def _deployed(self) -> dict[str, Any]:
        """The output of the roll-out that the approval has started."""
        deadline = time.monotonic() + _ROLL_OUT_SECONDS
        while time.monotonic() < deadline:
            executions = self._step_functions.list_executions(
                stateMachineArn=self._endpoint["StateMachineArn"]
            )["executions"]
            if executions:
                return _output(wait_for(self._step_functions, executions[0]["executionArn"]))
            time.sleep(0.3)
        raise LocalError(
            f"The approval of the model started no roll-out within {_ROLL_OUT_SECONDS} s."
        )

    def _shuffled(self, result: Result) -> str:
        """A copy of the training set with shuffled labels, beside it; returns its URI."""
        source = result.training["training_data"]
        target: str = source.replace(f"/{_RUN}", "/shuffled")
        bucket, prefix = split_uri(target)
        for split in ("train", "validation", "test"):
            frame = _in_order(self._split(source, split)).reset_index(drop=True)
            frame[0] = frame[0].sample(frac=1, random_state=0).to_numpy()
            body = frame.to_csv(index=False, header=False).encode()
            self._s3.put_object(Bucket=bucket, Key=f"{prefix}split={split}/part-0", Body=body)
        return target

    def _split(self, location: str, split: str) -> pd.DataFrame:
        """One split as its files have it: no header, the label in the first column."""
        bucket, prefix = split_uri(location)
        keys = list_keys(self._s3, bucket, f"{prefix}split={split}/")
        return pd.concat(
            (pd.read_csv(BytesIO(self._body(bucket, key)), header=None) for key in keys),
            ignore_index=True,
        )

    def _body(self, bucket: str, key: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def _transform(self, flights: str) -> list[float]:
        """The probabilities that a batch transform appends to the lines of `flights`."""
        machine = self._endpoint["BatchStateMachineArn"]
        output = self._execute(machine, "batch", {"flights": flights})
        bucket, prefix = split_uri(output["predictions"])
        return [
            float(line.rpartition(",")[2])
            for key in list_keys(self._s3, bucket, prefix)
            for line in self._body(bucket, key).decode().splitlines()
        ]

    def _ask(
        self, api: PredictionApi, flights: pd.DataFrame, step: Step | None = None
    ) -> dict[int, float]:
        """Row of `flights` -> the probability that the API answers."""
        answers: dict[int, float] = {}
        requests = _requests(flights)
        for start in range(0, len(flights), _BATCH):
            response = api.ask(requests[start : start + _BATCH])
            if response.status_code != 200:
                raise LocalError(f"The API answers {response.status_code}: {response.text}")
            predictions = response.json()["predictions"]
            rows = flights.index[start : start + _BATCH]
            for row, prediction in zip(rows, predictions, strict=True):
                answers[row] = prediction["probability"]
            if step:
                step.detail = f"{len(answers):,} of {len(flights):,}"
        return answers

    def _latency(self, api: PredictionApi, flights: pd.DataFrame, step: Step) -> dict[str, float]:
        """Milliseconds at the API, one flight a request."""
        durations = []
        for request in _requests(flights):
            started = time.perf_counter()
            api.ask([request]).raise_for_status()
            durations.append((time.perf_counter() - started) * 1000)
            step.detail = f"{len(durations)} of {len(flights)}"
        return {f"p{q}": float(np.percentile(durations, q)) for q in (50, 99)}

    def _drift(self, count: int) -> dict[str, float]:
        """The figures of the drift check, once it has counted so many captured flights."""
        deadline = time.monotonic() + _DRIFT_SECONDS
        figures: dict[str, float] = {}
        while time.monotonic() < deadline:
            # What EventBridge sends each hour.
            event = {"time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
            response = self._emulator.client("lambda").invoke(
                FunctionName=self._endpoint["DriftFunctionName"], Payload=json.dumps(event)
            )
            answer = json.loads(response["Payload"].read())
            if "FunctionError" in response:
                raise LocalError(f"The drift check failed: {answer}")
            figures = answer.get("champion", {})
            if figures.get("CapturedFlights", 0) >= count:
                return figures
            time.sleep(1)
        raise LocalError(
            f"The drift check counted {figures.get('CapturedFlights', 0):.0f} captured flights of"
            f" {count} in {_DRIFT_SECONDS} s: see the log of its function."
        )

    def _in_process(self, model_uri: str, flights: pd.DataFrame) -> list[float]:
        """What the artefact itself predicts, unpacked into this process."""
        bucket, key = split_uri(model_uri)
        folder = self._workspace.scratch / "model"
        with tarfile.open(fileobj=BytesIO(self._body(bucket, key))) as archive:
            extract(archive, folder)
        sys.path.insert(0, str(folder / "code"))
        inference: Any = importlib.import_module("inference")
        model, predictions = inference.model_fn(str(folder)), []
        requests = _requests(flights)
        for start in range(0, len(requests), _IN_PROCESS):
            body = json.dumps({"flights": requests[start : start + _IN_PROCESS]})
            predictions += inference.predict(inference.flights_of(body, "application/json"), model)
        return predictions


def _output(execution: dict[str, Any]) -> dict[str, Any]:
    """The output of an execution. Raises LocalError if it did not succeed."""
    if execution["status"] != "SUCCEEDED":
        raise LocalError(
            f"The workflow {execution['name']} ended {execution['status']}:"
            f" {execution.get('cause')}"
        )
    output: dict[str, Any] = json.loads(execution["output"])
    return output


def _recorded_plots(experiments: Experiments | None) -> dict[str, str]:
    """Run -> its first plot in MLflow, in base64."""
    runs = experiments.runs if experiments else {}
    return {
        name: base64.b64encode(run.artefacts[plots[0]]).decode()
        for name, run in runs.items()
        if (plots := sorted(path for path in run.artefacts if path.endswith(".png")))
    }


def _with_interval(figures: dict[str, Any]) -> str:
    low, high = figures["roc_auc_interval"]
    return f"{figures['roc_auc']:.3f} ({low:.3f} to {high:.3f})"


def _requests(flights: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a split as the API takes them."""
    names = _features()
    whole_numbers = {"month", "weekday", "hour"}
    return [
        {
            name: None if pd.isna(value) else int(value) if name in whole_numbers else value
            for name, value in zip(names, row[1 : len(names) + 1], strict=True)
        }
        for row in flights.itertuples(index=False)
    ]


def _in_order(split: pd.DataFrame) -> pd.DataFrame:
    """Its rows by the flights' ids, so that a seed draws the same flights in every run.

    Files of a set have names and an order of their own each time that it is exported.
    """
    return split.iloc[split[_id_column()].argsort(kind="stable")]


def _id_column() -> int:
    """The column of a split that holds the flight's id, behind label and features."""
    return len(_features()) + 1


@cache
def _features() -> Sequence[str]:
    """The model's features, in the order of a split's columns."""
    sys.path.insert(0, str(ROOT / "models" / "ml_platform" / "flight_delay"))
    names: Sequence[str] = importlib.import_module("features").FEATURES
    return names
