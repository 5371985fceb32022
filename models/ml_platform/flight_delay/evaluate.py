"""Evaluate a trained model on the test split, and compare it with a simple baseline.

Runs as a SageMaker processing job in the container that trained the model; the folders are
SageMaker's unless others are given. Writes `evaluation.json`, which the workflow's gate reads,
`statistics.json`, which the drift check compares the endpoint's traffic with, and three plots.
pandas and scikit-learn do the work here, Spark did it in the lake (TR-04).

The baseline predicts, for each flight, how often flights of its carrier at its hour were late in
the training split: a model that is no better has learnt nothing (TR-24).
"""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn import metrics
from sklearn.calibration import calibration_curve

from features import CATEGORICAL, LABEL, NUMERIC, DataError, encode, known_categories, read_split

mpl.use("Agg")
from matplotlib import pyplot as plt

# The same threshold as in inference.py.
_THRESHOLD = 0.5
_SAMPLE = 2_000
_CURVE_POINTS = 200
Figures = dict[str, Any]


def evaluate(booster: xgb.Booster, train_split: Path, test_split: Path) -> tuple[Figures, Figures]:
    """The report and the training set's statistics. Raises DataError for unusable data."""
    train, test = read_split(train_split), read_split(test_split)
    if test[LABEL].nunique() < 2:
        raise DataError(f"{test_split}: every flight has the same label, so nothing can be judged")
    known_codes = known_categories(booster.attr("categories"))
    report = _figures(test[LABEL], booster.inplace_predict(encode(test, known_codes)))
    baseline = _figures(test[LABEL], baseline_probabilities(train, test))
    metric_names = ("roc_auc", "pr_auc", "precision", "recall", "f1", "roc_curve")
    report["baseline"] = {name: baseline[name] for name in metric_names}
    report["gain_over_baseline"] = report["roc_auc"] - baseline["roc_auc"]
    return report, statistics(train)


def load_model(folder: Path) -> xgb.Booster:
    """The booster in the training job's `model.tar.gz`, or lying there unpacked."""
    packed = folder / "model.tar.gz"
    if not packed.exists():
        if not (folder / "model.ubj").exists():
            raise DataError(f"{folder} holds no model: expected model.tar.gz or model.ubj")
        return xgb.Booster(model_file=folder / "model.ubj")
    with tarfile.open(packed) as archive:
        for member in archive:
            if Path(member.name).name == "model.ubj" and (file := archive.extractfile(member)):
                return xgb.Booster(model_file=bytearray(file.read()))
    raise DataError(f"{packed} holds no model.ubj: was it train.py that made it?")


def baseline_probabilities(train: pd.DataFrame, test: pd.DataFrame) -> np.ndarray[Any, Any]:
    """The share of late flights by carrier and hour; overall, where there was none of them."""
    by = ["carrier", "hour"]
    rates = train.groupby(by, observed=True)[LABEL].mean().rename("rate")
    joined = test[by].astype({"carrier": object}).join(rates, on=by)
    return joined["rate"].fillna(train[LABEL].mean()).to_numpy()


def _figures(labels: pd.Series, probabilities: np.ndarray[Any, Any]) -> Figures:
    predicted = probabilities >= _THRESHOLD
    false_rate, true_rate, _ = metrics.roc_curve(labels, probabilities)
    curve_points = np.unique(np.linspace(0, len(false_rate) - 1, _CURVE_POINTS).astype(int))
    observed_shares, mean_predictions = calibration_curve(
        labels, probabilities, n_bins=10, strategy="quantile"
    )
    return {
        "rows": len(labels),
        "positives": int(labels.sum()),
        "threshold": _THRESHOLD,
        "roc_auc": float(metrics.roc_auc_score(labels, probabilities)),
        "pr_auc": float(metrics.average_precision_score(labels, probabilities)),
        "precision": float(metrics.precision_score(labels, predicted, zero_division=0)),
        "recall": float(metrics.recall_score(labels, predicted)),
        "f1": float(metrics.f1_score(labels, predicted)),
        # [[true negatives, false positives], [false negatives, true positives]]
        "confusion_matrix": metrics.confusion_matrix(labels, predicted).tolist(),
        "roc_curve": [[float(false_rate[i]), float(true_rate[i])] for i in curve_points],
        "calibration": [
            [float(prediction), float(share)]
            for prediction, share in zip(mean_predictions, observed_shares, strict=True)
        ],
    }


def statistics(flights: pd.DataFrame) -> Figures:
    """How the training set is distributed, feature by feature."""
    numeric = {}
    for name in NUMERIC:
        values = flights[name].dropna()
        # Of a column without a value, no deciles.
        deciles = np.quantile(values, np.linspace(0.1, 0.9, 9)) if len(values) else np.array([])
        edges = np.unique(deciles)
        counts = np.histogram(values, [-np.inf, *edges, np.inf])[0]
        sample = values.sample(min(len(values), _SAMPLE), random_state=0)
        numeric[name] = {
            # Shares of all rows, so that with the missing ones they add up to 1.
            "edges": [float(edge) for edge in edges],
            "shares": [float(count) / len(flights) for count in counts],
            "missing_share": float(flights[name].isna().mean()),
            "sample": [float(value) for value in sample],
        }
    categorical = {
        name: {str(k): float(v) for k, v in flights[name].value_counts(normalize=True).items()}
        for name in CATEGORICAL
    }
    return {"rows": len(flights), "numeric": numeric, "categorical": categorical}


def plot(report: Figures, folder: Path) -> None:
    """ROC curve, confusion matrix and calibration, as PNG files."""
    figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
    for figures, label in ((report, "model"), (report["baseline"], "carrier and hour")):
        axes.plot(*zip(*figures["roc_curve"], strict=True), label=label)
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey", label="guessing")
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    axes.set_title(f"ROC AUC {report['roc_auc']:.3f}")
    axes.legend()
    figure.savefig(folder / "roc_curve.png", dpi=120)
    display = metrics.ConfusionMatrixDisplay(
        np.array(report["confusion_matrix"]), display_labels=["in time", "late"]
    ).plot(cmap="Blues", colorbar=False)
    display.figure_.set_layout_engine("constrained")
    display.figure_.savefig(folder / "confusion_matrix.png", dpi=120)
    figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.plot(*zip(*report["calibration"], strict=True), marker="o")
    axes.set(xlabel="predicted probability", ylabel="share that was late", title="Calibration")
    figure.savefig(folder / "calibration.png", dpi=120)
    plt.close("all")


def main() -> None:
    """Judge what is in the folders; exit with a sentence on unusable data."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    processing = Path("/opt/ml/processing")
    for name in ("model", "train", "test", "evaluation"):
        parser.add_argument(f"--{name}", type=Path, default=processing / name)
    chosen = parser.parse_args()
    try:
        report, described = evaluate(load_model(chosen.model), chosen.train, chosen.test)
    except DataError as error:
        sys.exit(str(error))
    chosen.evaluation.mkdir(parents=True, exist_ok=True)
    plot(report, chosen.evaluation)
    (chosen.evaluation / "statistics.json").write_text(json.dumps(described))
    # The report is written last, so that the other files exist when it does.
    (chosen.evaluation / "evaluation.json").write_text(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
