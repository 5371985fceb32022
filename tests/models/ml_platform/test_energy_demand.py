"""Forecasts of electricity demand: nothing of the future enters, and figures are what they say."""

import json
import shutil
import tarfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb

import serve_demand
from demand import DataError, Series, parse, read_split, series_of
from evaluate_demand import BAND, POINT, SPLITS, evaluate, joined
from forecast import (
    CALIBRATION_WEEKS,
    FEATURES,
    NEEDED_DAYS,
    feature_names,
    features,
    forecast,
    own_quantiles,
    widened,
    widening,
)
from local.demos import energy_demand
from local.services.sagemaker import processing_job, training_job
from local.services.sagemaker.training_job import Finished
from repository import extract
from stacks.shared.bundle import model_bundle
from tests.models.ml_platform import jobs
from train_demand import arguments, shaping, train

CUT_OFF = date(2014, 11, 5)


@pytest.fixture(scope="module")
def demand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demand")
    energy_demand.write(folder)
    return folder


@pytest.fixture(scope="module")
def whole(demand: Path) -> tuple[Series, int]:
    """The year, and the day that its test split begins on."""
    return joined(folders(demand))


@pytest.fixture(scope="module")
def finished(demand: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    base = tmp_path_factory.mktemp("job")
    for name in jobs.SPLITS:
        shutil.copytree(demand / f"split={name}", base / "input" / "data" / name)
    (base / "input" / "data" / "code").mkdir()
    shutil.copy(model_bundle("ml_platform/energy_demand"), base / "input" / "data" / "code")
    return training_job.run(jobs.request(sagemaker_program="train_demand.py"), base)


@pytest.fixture(scope="module")
def artefact(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    with tarfile.open(finished.artefact) as archive:
        extract(archive, folder)
    return folder


@pytest.fixture(scope="module")
def booster(artefact: Path) -> xgb.Booster:
    return serve_demand.model_fn(str(artefact))


@pytest.fixture(scope="module")
def report(
    demand: Path, finished: Finished, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What the processing job writes, run as the workflow asks for it."""
    base = tmp_path_factory.mktemp("evaluation")
    processing = base / "processing"
    (processing / "code").mkdir(parents=True)
    shutil.copy(model_bundle("ml_platform/energy_demand"), processing / "code")
    for split in SPLITS:
        shutil.copytree(demand / f"split={split}", processing / split)
    (processing / "model").mkdir()
    shutil.copy(finished.artefact, processing / "model" / "model.tar.gz")
    command = "cd /opt/ml/processing/code && tar -xzf sourcedir.tar.gz && exec python3 "
    request: dict[str, Any] = {
        "ProcessingJobName": "energy-demand",
        "AppSpecification": {
            "ContainerEntrypoint": [
                "bash",
                "-c",
                f"{command}/opt/ml/processing/code/evaluate_demand.py",
            ]
        },
        "ProcessingInputs": [
            {"S3Input": {"LocalPath": f"/opt/ml/processing/{name}"}}
            for name in ("code", "model", *SPLITS)
        ],
        "ProcessingOutputConfig": {
            "Outputs": [{"S3Output": {"LocalPath": "/opt/ml/processing/evaluation"}}]
        },
    }
    processing_job.run(request, base)
    assert (processing / "evaluation" / "forecast.png").stat().st_size > 1_000
    content: dict[str, Any] = json.loads(
        (processing / "evaluation" / "evaluation.json").read_text()
    )
    statistics = json.loads((processing / "evaluation" / "statistics.json").read_text())
    assert list(statistics["wql_by_cut_off"]) == [week["from"] for week in content["cut_offs"]]
    return content


def folders(demand: Path) -> dict[str, Path]:
    return {name: demand / f"split={name}" for name in SPLITS}


def origin_of(series: Series, day: date) -> int:
    return (day - series.first_day.date()).days


def shuffled_from(series: Series, day: int) -> Series:
    """The same until `day`; the days from then on in another order, their weather apart."""
    draws = np.random.default_rng(7)
    demand, temperature = series.demand.copy(), series.temperature.copy()
    demand[day:] = draws.permutation(demand[day:])
    temperature[day:] = draws.permutation(temperature[day:])
    assert not np.array_equal(demand, series.demand)
    return replace(series, demand=demand, temperature=temperature)


def test_a_forecast_does_not_change_with_what_follows(
    whole: tuple[Series, int], booster: xgb.Booster
) -> None:
    series, first = whole
    for origin in range(first, series.days - 14, 14):
        altered = shuffled_from(series, origin)
        assert np.array_equal(forecast(booster, series, origin), forecast(booster, altered, origin))
        before = shuffled_from(series, origin - 1)
        assert not np.array_equal(
            forecast(booster, series, origin), forecast(booster, before, origin)
        )


def test_the_observed_weather_would_be_the_future(whole: tuple[Series, int]) -> None:
    """The variant that only measures what a perfect forecast of the weather is worth."""
    series, first = whole
    altered = shuffled_from(series, first)
    features_of_year = features(series, first, weather="last_week")
    assert np.array_equal(features_of_year, features(altered, first, weather="last_week"))
    observed = features(series, first, weather="observed")
    assert not np.array_equal(observed, features(altered, first, weather="observed"))
    assert np.array_equal(observed[:, : len(FEATURES)], features_of_year)


def test_no_day_after_the_training_split_is_fitted_to(whole: tuple[Series, int]) -> None:
    series, first = whole
    parameters = {**shaping(arguments(["--train=a", "--validation=b", "--model-dir=c"]))}
    fitted = first - 7 * CALIBRATION_WEEKS
    fitted_to_it, altered = (
        train(split, fitted, parameters, num_round=10, say=lambda _: None)
        for split in (series.until(first), shuffled_from(series, fitted).until(first))
    )
    assert fitted_to_it.save_raw() == altered.save_raw()


def test_the_features_of_a_request_are_those_of_the_training(
    whole: tuple[Series, int],
) -> None:
    series, _ = whole
    request = parse(energy_demand.history(CUT_OFF))
    origin = origin_of(series, CUT_OFF)
    assert request.days == NEEDED_DAYS
    assert np.array_equal(features(request, request.days), features(series, origin))


def test_each_forecast_is_the_boosters_own_moved_by_what_it_missed(
    whole: tuple[Series, int], booster: xgb.Booster
) -> None:
    """The trees by another way than serving takes, and the order statistic by counting days."""
    series, _ = whole
    origin = origin_of(series, CUT_OFF)

    def trees(day: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        names = feature_names("last_week")
        matrix = xgb.DMatrix(features(series, day), feature_names=names)
        return np.sort(booster.predict(matrix).astype(float), axis=1)

    past = [origin - 7 * week for week in range(1, CALIBRATION_WEEKS + 1)]
    followed = np.concatenate([series.demand[day : day + 7].ravel() for day in past])
    missed = np.concatenate([trees(day) for day in past])
    place = 39 * 48 - 1  # of 42 days, 0.9 of 43
    low = np.sort(missed[:, 0] - followed)[place]
    high = np.sort(followed - missed[:, 2])[place]
    of_trees, calibrated = trees(origin), forecast(booster, series, origin)
    assert calibrated[:, 1] == pytest.approx(of_trees[:, 1])
    assert calibrated[:, 0] == pytest.approx(
        np.minimum(of_trees[:, 0] - low, of_trees[:, 1]), abs=1e-6
    )
    assert calibrated[:, 2] == pytest.approx(
        np.maximum(of_trees[:, 2] + high, of_trees[:, 1]), abs=1e-6
    )


def test_a_widened_band_covers_what_is_like_its_calibration() -> None:
    """80 % of new draws, whatever the band was before; one that is too wide becomes narrower."""
    draws = np.random.default_rng(1)
    for half_width in (0.1, 5.0):
        demand = draws.normal(size=40_000)
        quantiles = np.tile([-half_width, 0.0, half_width], (20_000, 1))
        widths = widening(quantiles, demand[:20_000])
        moved = widened(quantiles, widths)
        inside = (demand[20_000:] >= moved[:, 0]) & (demand[20_000:] <= moved[:, 2])
        assert inside.mean() == pytest.approx(0.8, abs=0.02)


def test_the_report_beats_a_week_ago_at_each_cut_off(report: dict[str, Any]) -> None:
    weeks = report["cut_offs"]
    assert [week["from"] for week in weeks] == [f"{day}" for day in energy_demand.cut_offs()]
    assert [week["from"] for week in weeks if week["model"] >= week[POINT]] == []
    for name in (POINT, BAND):
        assert report["baselines"][name]["gain_interval"][0] > 0
    assert 0.75 <= report["coverage"] <= 0.85
    # Why it is calibrated.
    assert report["coverage_uncalibrated"] < 0.65


def test_the_loss_of_the_report_is_that_of_its_definition(
    report: dict[str, Any], whole: tuple[Series, int], booster: xgb.Booster
) -> None:
    series, first = whole
    loss, demand, inside = 0.0, 0.0, 0
    for origin in range(first, series.days - 6, 7):
        followed = series.demand[origin : origin + 7].ravel()
        for value, quantiles in zip(followed, forecast(booster, series, origin), strict=True):
            demand += value
            inside += quantiles[0] <= value <= quantiles[2]
            for share, quantile in zip((0.1, 0.5, 0.9), quantiles, strict=True):
                missed = value - quantile
                loss += max(share * missed, (share - 1) * missed)
    assert report["wql"] == pytest.approx(2 * loss / 3 / demand)
    assert report["coverage"] == pytest.approx(inside / report["rows"])


def test_the_job_tells_its_metrics_as_the_image_defines_them(finished: Finished) -> None:
    assert set(finished.metrics) == {"train:mae", "validation:mae"}
    assert finished.metrics["train:mae"] < finished.metrics["validation:mae"] < 0.3


def test_an_answer_is_the_forecast(whole: tuple[Series, int], booster: xgb.Booster) -> None:
    series, _ = whole
    response = serve_demand.transform_fn(
        booster, energy_demand.history(CUT_OFF), "text/csv", "text/csv"
    )
    assert response.status_code == 200
    rows = [line.split(",") for line in response.get_data(as_text=True).splitlines()]
    assert rows[0][0] == f"{CUT_OFF} 00:00"
    expected = forecast(booster, series, origin_of(series, CUT_OFF))
    assert {row[4] for row in rows} == {"2014-11-05"}
    assert [[float(value) for value in row[1:4]] for row in rows] == pytest.approx(
        np.round(expected, 6)
    )


def lines_of(text: str) -> list[str]:
    return text.splitlines(keepends=True)


HISTORY = energy_demand.history(CUT_OFF)
REFUSED = {
    "another type": ("", "application/json", None, 415, "send text/csv"),
    "another answer": (HISTORY, "text/csv", "image/png", 406, "take text/csv"),
    "nothing": ("", "text/csv", None, 400, "needs time and workday"),
    "words": (HISTORY.replace(",1,", ",yes,", 1), "text/csv", None, 400, "cannot be read"),
    "a gap": ("".join(lines_of(HISTORY)[:50] + lines_of(HISTORY)[98:]), "text/csv", None, 400,
              "follows no half hour before"),
    "part of a day": ("".join(lines_of(HISTORY)[3:]), "text/csv", None, 400, "whole days"),
    "no day to come": ("".join(lines_of(HISTORY)[:-336]), "text/csv", None, 400, "0 days to come"),
    "too short": ("".join(lines_of(HISTORY)[48:]), "text/csv", None, 400, "needs 70 days"),
    "no grid's demand": ("9999" + HISTORY[HISTORY.index(","):], "text/csv", None, 400,
                         "from 0.001 to 1000"),
    "a hole in the history": (HISTORY[HISTORY.index(","):], "text/csv", None, 400,
                              "lacks demand or temperature"),
    "half a work day": (HISTORY.replace(",0,", ",1,", 1), "text/csv", None, 400,
                        "for the whole day"),
    "what it was fitted to": (energy_demand.history(date(2014, 9, 1)), "text/csv", None, 400,
                              "fitted to the days until 2014-08-19"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_answered_is_refused_with_a_reason(name: str, booster: xgb.Booster) -> None:
    body, content_type, accept, status, words = REFUSED[name]
    response = serve_demand.transform_fn(booster, body, content_type, accept)
    assert response.status_code == status
    assert words in response.get_data(as_text=True)


@pytest.mark.parametrize("days", [-1, 1])
def test_splits_that_do_not_follow_one_another_are_refused(
    days: int, demand: Path, booster: xgb.Booster, tmp_path: Path
) -> None:
    places = folders(demand)
    lines = lines_of((places["test"] / "demand.csv").read_text())
    if days > 0:  # a day is missing
        moved = lines[48:]
    else:  # a day is on both sides
        moved = lines_of((places["validation"] / "demand.csv").read_text())[-48:] + lines
    (tmp_path / "demand.csv").write_text("".join(moved))
    with pytest.raises(DataError, match="it must begin on 2014-10-01"):
        evaluate(booster, {**places, "test": tmp_path})


def test_a_test_split_of_days_without_demand_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demand.csv").write_text(HISTORY)
    with pytest.raises(DataError, match="2014-11-05 has no demand"):
        read_split(tmp_path)


def test_too_short_a_training_split_is_refused(whole: tuple[Series, int]) -> None:
    with pytest.raises(DataError, match="36 are the fewest"):
        train(whole[0].until(60), 30, {"seed": 1}, num_round=1)


def test_a_calendar_with_one_kind_of_days_has_a_forecast(booster: xgb.Booster) -> None:
    rows = energy_demand.half_hours()[: 48 * 80]
    rows["time"] = np.datetime64("2014-09-01") + np.arange(len(rows)) * np.timedelta64(30, "m")
    rows["workday"] = np.where(np.arange(len(rows)) < 48 * 73, 1, 0)
    rows.loc[rows.index >= 48 * 73, ["demand_gigawatts", "temperature_celsius"]] = np.nan
    series = series_of(rows, "a calendar")
    assert own_quantiles(booster, series, series.days).shape == (336, 3)
