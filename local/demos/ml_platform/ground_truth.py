"""Model quality by ground truth: what the workflow says, and pandas and scikit-learn."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics

from local.demos.executions import execute
from local.runtime.deployment import Outputs
from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError
from local.services.s3.objects import list_keys

AS_PREDICTED, SPOILED = "as predicted", "spoiled"
_CAPTURED_SECONDS, _ALARM_SECONDS = 60, 30
_THRESHOLD = 0.5
_MISSED_COST, _FALSE_ALARM_COST = 5, 1  # the settings' defaults


@dataclass
class Quality:
    """One day as the workflow judged it, and by the second computation."""

    judged: dict[str, Any] = field(default_factory=dict)
    expected: dict[str, float] = field(default_factory=dict)
    alarm: str = ""
    """The state of the alarm on quality."""

    @property
    def differing(self) -> list[str]:
        """The figures that differ."""
        return [
            name
            for name, value in self.expected.items()
            if not np.isclose(self.judged.get(name, np.nan), value, rtol=0, atol=1e-6)
        ]


class GroundTruth:
    """The deployed workflow, its captures and its alarm."""

    def __init__(self, emulator: Emulator, outputs: Outputs) -> None:
        self._outputs = outputs["MlEndpoint"]
        self._s3 = emulator.client("s3")
        self._step_functions = emulator.client("stepfunctions")
        self._cloudwatch = emulator.client("cloudwatch")

    def judge(self, late: pd.Series, flight_count: int) -> Quality:
        """The figures of today, once `flight_count` flights with an id are captured.

        `late`: event id -> 1 for a flight that arrived late, 0 for one in time.
        """
        self._wait_for_captures(flight_count)
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        machine = self._outputs["QualityStateMachineArn"]
        execution = execute(self._step_functions, machine, {"day": day})
        if execution["status"] != "SUCCEEDED":
            raise LocalError(f"judge_predictions ended: {execution.get('cause')}")
        (model,) = json.loads(execution["output"])["models"]
        return Quality(model, self._expected(late), self._alarm(above=_shortfall(model) > 0))

    def _expected(self, late: pd.Series) -> dict[str, float]:
        """The figures from the captured lines themselves."""
        answers = pd.DataFrame(self._answers(), columns=["event_id", "probability"])
        identified = answers.dropna().drop_duplicates("event_id", keep="last").set_index("event_id")
        joined = identified.join(late.rename("late"), how="inner")
        labels, probabilities = joined["late"], joined["probability"]
        announced = probabilities >= _THRESHOLD
        missed, wrong = ((labels == 1) & ~announced).sum(), ((labels == 0) & announced).sum()
        bins = joined.groupby((probabilities * 10).astype(int).clip(upper=9)).mean()
        sizes = joined.groupby((probabilities * 10).astype(int).clip(upper=9)).size()
        gaps = (bins["probability"] - bins["late"]).abs()
        predictions = len(identified) + int(answers["event_id"].isna().sum())
        return {
            "predictions": predictions,
            "flights": len(joined),
            "without_outcome": predictions - len(joined),
            "late_flights": int(labels.sum()),
            "roc_auc": float(metrics.roc_auc_score(labels, probabilities)),
            "brier": float(metrics.brier_score_loss(labels, probabilities)),
            "calibration_error": float((gaps * sizes).sum() / sizes.sum()),
            "cost": float(_MISSED_COST * missed + _FALSE_ALARM_COST * wrong),
        }

    def _answers(self) -> Iterator[tuple[str | None, float]]:
        """Event id and probability of every captured answer, in the order of the invocations."""
        lines = [json.loads(line) for line in self._lines()]
        for line in sorted(lines, key=lambda line: str(line["eventMetadata"]["inferenceTime"])):
            captured = line["captureData"]
            flights = json.loads(captured["endpointInput"]["data"])["flights"]
            predictions = json.loads(captured["endpointOutput"]["data"])["predictions"]
            for flight, prediction in zip(flights, predictions, strict=True):
                yield flight.get("event_id"), prediction["probability"]

    def _lines(self) -> Iterator[bytes]:
        bucket = self._outputs["BucketName"]
        for key in list_keys(self._s3, bucket, f"capture/{self._outputs['EndpointName']}/"):
            yield from self._s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()

    def _wait_for_captures(self, flight_count: int) -> None:
        deadline = time.monotonic() + _CAPTURED_SECONDS
        while sum(event_id is not None for event_id, _ in self._answers()) < flight_count:
            if time.monotonic() > deadline:
                raise LocalError(f"The endpoint captured too little in {_CAPTURED_SECONDS} s.")
            time.sleep(0.5)

    def _alarm(self, *, above: bool) -> str:
        """The state of the alarm, waited for while it is another than the metric asks for."""
        deadline, state = time.monotonic() + _ALARM_SECONDS, ""
        while time.monotonic() < deadline:
            (alarm,) = self._cloudwatch.describe_alarms(AlarmNames=[self._outputs["QualityAlarm"]])[
                "MetricAlarms"
            ]
            state = str(alarm["StateValue"])
            if (state == "ALARM") is above and state != "INSUFFICIENT_DATA":
                break
            time.sleep(0.5)
        return state


def _shortfall(model: dict[str, Any]) -> float:
    return float(model.get("roc_auc_limit", 0) - model["roc_auc"])
