"""The figures that the ML platform's demo compares."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from sklearn.metrics import roc_auc_score

from local.demos.ml_platform import experiments, forecasting
from local.demos.ml_platform.experiments import Experiments
from local.demos.ml_platform.forecasting import Forecasts
from local.demos.ml_platform.ground_truth import AS_PREDICTED, SPOILED, Quality
from local.demos.report import Check

NEXT_DAYS, NEW_CARRIER = "of the days after training", "and a tenth of them of a new carrier"
# The feature that is planted, and the limit of its shift.
_PLANTED, _LIMIT = "carrier", 1
# What the templates must ask SageMaker for.
_REQUESTED = {
    "endpoint": "InService",
    "package": True,
    "subnets of the model": 2,
    "captured under the key": True,
    "internet of the notebook": "Disabled",
    "root on the notebook": "Disabled",
}


@dataclass
class Result:
    """What the demo did, for the report."""

    training: dict[str, Any] = field(default_factory=dict)
    """Output of the training workflow on the lake's set; `refused`: on shuffled labels."""
    refused: dict[str, Any] = field(default_factory=dict)
    deployment: dict[str, Any] = field(default_factory=dict)
    evaluation: dict[str, Any] = field(default_factory=dict)
    pipeline_steps: list[str] = field(default_factory=list)
    """The steps of the SageMaker pipeline, in the order in which they ran; its report; and whether
    its booster is the workflow's, byte by byte."""
    pipeline_evaluation: dict[str, Any] = field(default_factory=dict)
    same_model: bool = False
    plots: dict[str, bytes] = field(default_factory=dict)
    next_days: pd.DataFrame = field(default_factory=pd.DataFrame)
    """The validation split, the days after training, without header, the label first."""
    test: pd.DataFrame = field(default_factory=pd.DataFrame)
    """The test split: the days that follow."""
    answers: dict[int, float] = field(default_factory=dict)
    """Row of `next_days` -> probability that the API answered."""
    batch: list[float] = field(default_factory=list)
    """The probabilities of the batch transform, in the order of the test split."""
    expected: list[float] = field(default_factory=list)
    """Those that the artefact predicts in this process."""
    expected_of_api: list[float] = field(default_factory=list)
    """The same for the flights that the API was asked about, in their order."""
    latency_milliseconds: dict[str, float] = field(default_factory=dict)
    wrong_model: dict[str, Any] = field(default_factory=dict)
    """The deployment of a package whose container serves another model."""
    quality: dict[str, Quality] = field(default_factory=dict)
    """What the workflow says of predictions whose outcome is known, as predicted and spoiled."""
    drift: dict[str, dict[str, float]] = field(default_factory=dict)
    """What the drift check published, before and after the planted shift."""
    control_plane: dict[str, Any] = field(default_factory=dict)
    """What the templates asked SageMaker for."""
    forecasts: Forecasts | None = None
    """Of the second model, if the platform has it."""
    experiments: Experiments | None = None
    """What MLflow keeps, if the platform has it."""


def compare(result: Result) -> list[Check]:
    """Every check."""
    return [
        *_workflows(result),
        *_pipeline(result),
        *_predictions(result),
        *_quality(result),
        *_drift(result),
        *_control_plane(result),
        *(forecasting.compare(result.forecasts) if result.forecasts else []),
        *(
            experiments.compare(result.experiments, result.training, result.plots)
            if result.experiments
            else []
        ),
    ]


def _workflows(result: Result) -> list[Check]:
    registered = bool(result.training.get("model_package_arn"))
    refused = result.refused["registered"]
    return [
        Check("the gate registers the model of the lake's set", True, registered),
        Check("the gate registers a model of shuffled labels", False, refused),
        Check("the approval rolled the model out", True, result.deployment["deployed"]),
        Check(
            "a container that serves another model is refused before traffic",
            "WrongAnswers",
            result.wrong_model.get("error"),
        ),
    ]


def _pipeline(result: Result) -> list[Check]:
    steps = "Train, Evaluate, IsItGoodEnough, Register"
    same_report = result.pipeline_evaluation == result.evaluation
    return [
        Check("SageMaker pipeline: the steps that ran", steps, ", ".join(result.pipeline_steps)),
        Check(
            "SageMaker pipeline: its model is the workflow's, byte by byte", True, result.same_model
        ),
        Check("SageMaker pipeline: its report is the workflow's", True, same_report),
    ]


def _predictions(result: Result) -> list[Check]:
    evaluation = result.evaluation
    gain_low, _ = evaluation["baselines"]["carrier_and_hour"]["gain_interval"]
    return [
        Check(
            "predictions of the API that differ from the artefact's own",
            0,
            _differing(list(result.answers.values()), result.expected_of_api),
        ),
        Check(
            "predictions of the batch transform that differ from the artefact's own",
            0,
            _differing(result.batch, result.expected),
        ),
        Check(
            "ROC AUC of the report = of the batch transform",
            round(evaluation["roc_auc"], 4),
            round(float(roc_auc_score(result.test[0], result.batch)), 4),
        ),
        Check("flights of the report = of the test split", len(result.test), evaluation["rows"]),
        Check("better than carrier and hour by more than the noise of days", True, gain_low > 0),
    ]


def _quality(result: Result) -> list[Check]:
    alarms = {AS_PREDICTED: "OK", SPOILED: "ALARM"}
    return [
        check
        for name, quality in result.quality.items()
        for check in (
            Check(
                f"ground truth, {name}: figures other than scikit-learn's", [], quality.differing
            ),
            Check(f"ground truth, {name}: state of the alarm", alarms[name], quality.alarm),
        )
    ]


def _drift(result: Result) -> list[Check]:
    before, after = result.drift[NEXT_DAYS], result.drift[NEW_CARRIER]
    shifted = [name for name in after if name.islower() and after[name] > _LIMIT]
    return [
        Check("drift: the days after training alarm", False, before["LargestShift"] > _LIMIT),
        Check("drift: a tenth of a new carrier alarms, by the carrier alone", [_PLANTED], shifted),
    ]


def _control_plane(result: Result) -> list[Check]:
    return [
        Check(f"SageMaker: {name}", value, result.control_plane[name])
        for name, value in _REQUESTED.items()
    ]


def _differing(predictions: list[float], expected: list[float]) -> int:
    # The API rounds to six digits.
    return sum(
        abs(prediction - round(value, 6)) > 1e-9
        for prediction, value in zip(predictions, expected, strict=True)
    )
