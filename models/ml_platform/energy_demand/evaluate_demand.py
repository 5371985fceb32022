"""Evaluate forecasts of the weeks that followed, and compare them with "as a week ago".

Runs as a SageMaker processing job in the container that trained the model; the folders are
SageMaker's unless others are given. Writes `evaluation.json`, which the workflow's gate reads,
`statistics.json`, the loss of each cut-off, and a plot.

Each week of the test split has a cut-off: its forecast is made of what was known then, calibrated
by the weeks before it, and judged by the demand that followed. The baselines are as demand was in
that half hour a week ago: alone, and with a band from how far that was off in the same weeks.
"""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import xgboost as xgb

from demand import DataError, Numbers, Series, read_split
from forecast import (
    CALIBRATION_WEEKS,
    HORIZON_DAYS,
    QUANTILES,
    forecast,
    own_quantiles,
    weather_of,
    widened,
    widening,
)
from judgement_of_quantiles import LEVEL, REPLICATES, SEED, Judged, draws_of, interval, judged

mpl.use("Agg")
from matplotlib import pyplot as plt

# In the order of time.
SPLITS = ("train", "validation", "test")
POINT, BAND = "a_week_ago", "a_week_ago_with_band"
Report = dict[str, Any]


def joined(folders: Mapping[str, Path]) -> tuple[Series, int]:
    """The three splits as one series, and the day that the test split begins on. DataError."""
    splits = [read_split(folders[name]) for name in SPLITS]
    until_test = splits[0].followed_by(splits[1])
    return until_test.followed_by(splits[2]), until_test.days


def cut_offs(series: Series, first: int) -> range:
    """The day of each cut-off whose whole week is there. Raises DataError without one."""
    days = range(first, series.days - HORIZON_DAYS + 1, HORIZON_DAYS)
    if not days:
        raise DataError(f"the test split has {series.days - first} days: {HORIZON_DAYS} at least")
    return days


def followed(series: Series, origin: int) -> Numbers:
    """The demand of the week after a cut-off, gigawatts, of the shape (336,)."""
    return series.demand[origin : origin + HORIZON_DAYS].ravel()


def a_week_ago(series: Series, origin: int) -> Numbers:
    """Each quantile as demand was a week ago: of the shape (336, 3)."""
    week = series.demand[origin - HORIZON_DAYS : origin].ravel()
    return np.repeat(week[:, None], len(QUANTILES), axis=1)


def a_week_ago_with_band(series: Series, origin: int) -> Numbers:
    """The same, widened by how far it was off in the weeks that calibrate the model as well."""
    starts = range(origin - 7 * CALIBRATION_WEEKS, origin, 7)
    quantiles = np.concatenate([a_week_ago(series, start) for start in starts])
    demand = np.concatenate([followed(series, start) for start in starts])
    return widened(a_week_ago(series, origin), widening(quantiles, demand))


def evaluate(booster: xgb.Booster, folders: Mapping[str, Path]) -> Report:
    """The report. Raises DataError for unusable data.

    `folders`: `train`, `validation` and `test`, each with that split's files.
    """
    series, first = joined(folders)
    origins = cut_offs(series, first)
    demand = [followed(series, origin) for origin in origins]
    model = judged(demand, [forecast(booster, series, origin) for origin in origins])
    uncalibrated = judged(demand, [own_quantiles(booster, series, origin) for origin in origins])
    baselines = {
        POINT: judged(demand, [a_week_ago(series, origin) for origin in origins]),
        BAND: judged(demand, [a_week_ago_with_band(series, origin) for origin in origins]),
    }
    draws = draws_of(len(model.demand))
    report = _figures(model, draws)
    report["coverage_uncalibrated"] = float(uncalibrated.coverage()[0])
    report["wql_uncalibrated"] = float(uncalibrated.wql()[0])
    report["baselines"] = {
        name: {
            **_figures(baseline, draws),
            # A loss is better when it is lower: what is gained is what is lost less.
            "gain_over_it": float((baseline.wql() - model.wql())[0]),
            "gain_interval": interval(baseline.wql(draws) - model.wql(draws)),
        }
        for name, baseline in baselines.items()
    }
    every = {"model": model, **baselines}
    report["cut_offs"] = [
        {
            "from": f"{series.date(origin):%Y-%m-%d}",
            "coverage": float(_week(model, place).coverage()[0]),
            **{name: float(_week(forecasts, place).wql()[0]) for name, forecasts in every.items()},
        }
        for place, origin in enumerate(origins)
    ]
    report["weather"] = weather_of(booster)
    report["fitted_until"] = booster.attr("fitted_until")
    report["days"] = [f"{series.date(day):%Y-%m-%d}" for day in (origins[0], origins[-1] + 6)]
    report["bootstrap"] = {
        "by": "day",
        "days": len(model.demand),
        "replicates": REPLICATES,
        "seed": SEED,
        "level": LEVEL,
    }
    return report


def _figures(forecasts: Judged, draws: Numbers) -> Report:
    return {
        "rows": forecasts.demand.size,
        "wql": float(forecasts.wql()[0]),
        "wql_interval": interval(forecasts.wql(draws)),
        "mape": float(forecasts.mape()[0]),
        "coverage": float(forecasts.coverage()[0]),
        "coverage_interval": interval(forecasts.coverage(draws)),
    }


def _week(forecasts: Judged, place: int) -> Judged:
    days = slice(place * HORIZON_DAYS, (place + 1) * HORIZON_DAYS)
    return Judged(forecasts.demand[days], forecasts.quantiles[days])


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
    raise DataError(f"{packed} holds no model.ubj: was it train_demand.py that made it?")


def plot(booster: xgb.Booster, folders: Mapping[str, Path], folder: Path) -> None:
    """The forecast of the first week of the test split beside what followed, as a PNG file."""
    series, origin = joined(folders)
    quantiles, hours = forecast(booster, series, origin), np.arange(336) / 2
    figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
    axes.fill_between(hours, quantiles[:, 0], quantiles[:, 2], alpha=0.3, label="80 % band")
    axes.plot(hours, quantiles[:, 1], label="median")
    axes.plot(hours, followed(series, origin), color="black", linewidth=1, label="demand")
    axes.set(xlabel=f"hours from {series.date(origin):%Y-%m-%d} on", ylabel="gigawatts")
    axes.legend()
    figure.savefig(folder / "forecast.png", dpi=120)
    plt.close("all")


def main() -> None:
    """Judge what is in the folders; exit with a sentence on unusable data."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    processing = Path("/opt/ml/processing")
    for name in ("model", *SPLITS, "evaluation"):
        parser.add_argument(f"--{name}", type=Path, default=processing / name)
    chosen = parser.parse_args()
    folders = {name: getattr(chosen, name) for name in SPLITS}
    chosen.evaluation.mkdir(parents=True, exist_ok=True)
    try:
        booster = load_model(chosen.model)
        report = evaluate(booster, folders)
        plot(booster, folders, chosen.evaluation)
    except DataError as error:
        sys.exit(str(error))
    losses = {week["from"]: week["model"] for week in report["cut_offs"]}
    (chosen.evaluation / "statistics.json").write_text(json.dumps({"wql_by_cut_off": losses}))
    # The report is written last, so that the other files exist when it does.
    (chosen.evaluation / "evaluation.json").write_text(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
