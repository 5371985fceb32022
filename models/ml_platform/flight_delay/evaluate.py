"""Evaluate a trained model on the flights that followed, and compare it with simple baselines.

Runs as a SageMaker processing job in the container that trained the model; the folders are
SageMaker's unless others are given. Writes `evaluation.json`, which the workflow's gate reads,
`statistics.json`, which the drift check compares the endpoint's traffic with (`reference.py`), the
smoke test's flights and answers, and three plots. pandas and scikit-learn do the work here, Spark
did it in the lake (TR-04).

A model that is no better than the baselines of `baselines.py` has learnt nothing (TR-24), and one
that is better by less than days differ has not been shown to be. A set that leaks is refused
(`leaks.py`): its figures would not hold for tomorrow's flights.
"""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn import metrics

import baselines
import leaks
import quality_limits
import reference
import smoke_sample
from features import (
    DEPARTURE,
    LABEL,
    DataError,
    encode,
    known_categories,
    read_split,
)
from judgement import DayBootstrap, Figures, figures, interval

mpl.use("Agg")
from matplotlib import pyplot as plt

# In the order of time.
SPLITS = ("train", "validation", "test")


def evaluate(booster: xgb.Booster, folders: Mapping[str, Path]) -> tuple[Figures, Figures]:
    """The report and the training set's statistics. Raises DataError for unusable data.

    `folders`: `train`, `validation` and `test`, each with that split's files.
    """
    splits = {name: read_split(folders[name]) for name in SPLITS}
    train, test = splits["train"], splits["test"]
    for name, flights in splits.items():
        if flights[LABEL].nunique() < 2:
            raise DataError(f"{folders[name]}: every flight has the same label: it judges nothing")
    alone = leaks.check(splits)
    days = DayBootstrap(test)
    known_codes = known_categories(booster.attr("categories"))
    probabilities = booster.inplace_predict(encode(test, known_codes))
    aucs = days.roc_aucs(probabilities)
    report = figures(test[LABEL], probabilities)
    report["roc_auc_interval"] = interval(aucs)
    report["bootstrap"] = days.about()
    report["quality_limits"] = quality_limits.limits(test, probabilities)
    report["baselines"] = {}
    for name, prediction in baselines.predictions(train, test).items():
        baseline = figures(test[LABEL], prediction)
        baseline_aucs = days.roc_aucs(prediction)
        report["baselines"][name] = {
            **baseline,
            "roc_auc_interval": interval(baseline_aucs),
            "gain_over_it": report["roc_auc"] - baseline["roc_auc"],
            "gain_interval": interval(aucs - baseline_aucs),
        }
    report["roc_auc_alone"] = alone
    report["days"] = {name: _days(flights) for name, flights in splits.items()}
    return report, reference.statistics(train)


def _days(flights: pd.DataFrame) -> list[str]:
    """The first and the last day, in UTC."""
    return [f"{day:%Y-%m-%d}" for day in (flights[DEPARTURE].min(), flights[DEPARTURE].max())]


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


def plot(report: Figures, folder: Path) -> None:
    """ROC curve, confusion matrix and calibration, as PNG files."""
    figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
    curves = {"model": report} | report["baselines"]
    for name, judged in curves.items():
        axes.plot(*zip(*judged["roc_curve"], strict=True), label=name.replace("_", " "))
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey", label="guessing")
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    low, high = report["roc_auc_interval"]
    axes.set_title(f"ROC AUC {report['roc_auc']:.3f} ({low:.3f} to {high:.3f})")
    axes.legend()
    figure.savefig(folder / "roc_curve.png", dpi=120)
    display = metrics.ConfusionMatrixDisplay(
        np.array(report["confusion_matrix"]), display_labels=["in time", "late"]
    ).plot(cmap="Blues", colorbar=False)
    display.figure_.set_layout_engine("constrained")
    display.figure_.savefig(folder / "confusion_matrix.png", dpi=120)
    figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    predictions, shares, _ = zip(*report["calibration"], strict=True)
    axes.plot(predictions, shares, marker="o")
    axes.set(xlabel="predicted probability", ylabel="share that was late", title="Calibration")
    figure.savefig(folder / "calibration.png", dpi=120)
    plt.close("all")


def main() -> None:
    """Judge what is in the folders; exit with a sentence on unusable data."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    processing = Path("/opt/ml/processing")
    for name in ("model", *SPLITS, "evaluation"):
        parser.add_argument(f"--{name}", type=Path, default=processing / name)
    chosen = parser.parse_args()
    try:
        folders = {name: getattr(chosen, name) for name in SPLITS}
        booster = load_model(chosen.model)
        report, described = evaluate(booster, folders)
    except DataError as error:
        sys.exit(str(error))
    chosen.evaluation.mkdir(parents=True, exist_ok=True)
    smoke_sample.write(booster, chosen.test, chosen.evaluation)
    plot(report, chosen.evaluation)
    (chosen.evaluation / "statistics.json").write_text(json.dumps(described))
    # The report is written last, so that the other files exist when it does.
    (chosen.evaluation / "evaluation.json").write_text(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
