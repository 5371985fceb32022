"""The evaluation report's figures, checked by SQL, and the processing job that writes it."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from evaluate import SPLITS
from features import (
    CATEGORICAL,
    DEPARTURE,
    EVENT_ID,
    KNOWN_AT,
    LABEL,
    NUMERIC,
    encode,
    known_categories,
    read_split,
)
from judgement import LEVEL, REPLICATES, SEED
from local.runtime.workspace import LocalError
from local.services.sagemaker import processing_job
from local.services.sagemaker.training_job import Finished
from reference import COMPARED
from repository import ROOT

PLOTS = ["roc_curve.png", "confusion_matrix.png", "calibration.png"]
REQUEST: dict[str, Any] = {
    "ProcessingJobName": "flight-delay",
    "AppSpecification": {
        "ContainerEntrypoint": ["python3", "/opt/ml/processing/code/evaluate.py"],
    },
    "ProcessingInputs": [
        {"S3Input": {"LocalPath": f"/opt/ml/processing/{name}"}}
        for name in ("code", "model", *SPLITS)
    ],
    "ProcessingOutputConfig": {
        "Outputs": [{"S3Output": {"LocalPath": "/opt/ml/processing/evaluation"}}]
    },
}


def lay_out(base: Path, flights: Path, artefact: Path) -> Path:
    processing = base / "processing"
    shutil.copytree(ROOT / "models" / "ml_platform" / "flight_delay", processing / "code")
    for split in SPLITS:
        shutil.copytree(flights / f"split={split}", processing / split)
    (processing / "model").mkdir()
    shutil.copy(artefact, processing / "model" / "model.tar.gz")
    return base


@pytest.fixture(scope="module")
def evaluation(flights: Path, finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = lay_out(tmp_path_factory.mktemp("processing"), flights, finished.artefact)
    processing_job.run(REQUEST, base)
    return base / "processing" / "evaluation"


@pytest.fixture(scope="module")
def report(evaluation: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((evaluation / "evaluation.json").read_text())
    return content


@pytest.fixture(scope="module")
def statistics(evaluation: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((evaluation / "statistics.json").read_text())
    return content


@pytest.fixture(scope="module")
def database(flights: Path, artefact: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The splits as tables, and the probabilities of model and baseline for the test split."""
    import pandas as pd
    import xgboost as xgb

    connection = duckdb.connect()
    for split in ("train", "test"):
        columns = {LABEL: "INTEGER"} | dict.fromkeys(CATEGORICAL, "VARCHAR")
        columns |= dict.fromkeys(NUMERIC, "DOUBLE")
        columns |= {EVENT_ID: "VARCHAR", DEPARTURE: "TIMESTAMP", KNOWN_AT: "TIMESTAMP"}
        connection.execute(
            f"CREATE TABLE {split} AS SELECT * FROM read_csv(?, header=false, columns={columns})",  # noqa: S608 -- names of our own
            [f"{flights}/split={split}/part-0"],
        )
    booster = xgb.Booster(model_file=artefact / "model.ubj")
    test = read_split(flights / "split=test")
    scores = booster.inplace_predict(encode(test, known_categories(booster.attr("categories"))))
    scored = pd.DataFrame({LABEL: test[LABEL].astype(int), "p": scores})  # noqa: F841 -- read by its name
    connection.execute("CREATE TABLE model AS SELECT * FROM scored")
    connection.execute(
        """CREATE TABLE baseline AS
        SELECT delayed, coalesce(rate, (SELECT avg(delayed) FROM train)) AS p FROM test
        LEFT JOIN (SELECT carrier, hour, avg(delayed) AS rate FROM train GROUP BY ALL)
        USING (carrier, hour)"""
    )
    yield connection
    connection.close()


def roc_auc(database: duckdb.DuckDBPyConnection, table: str) -> float:
    """From the ranks of the late flights (Mann-Whitney U), with mean ranks for ties."""
    (value,) = database.execute(
        f"""SELECT (sum(rank) FILTER (delayed = 1) - n1 * (n1 + 1) / 2) / (n1 * n0) FROM (
            SELECT delayed, avg(place) OVER (PARTITION BY p) AS rank,
                   sum(delayed) OVER () AS n1, sum(1 - delayed) OVER () AS n0
            FROM (SELECT *, row_number() OVER (ORDER BY p) AS place FROM {table}))
        GROUP BY n1, n0"""  # noqa: S608 -- a name of our own
    ).fetchall()[0]
    return float(value)


@pytest.mark.parametrize("table_name", ["model", "baseline"])
def test_roc_auc(
    table_name: str, report: dict[str, Any], database: duckdb.DuckDBPyConnection
) -> None:
    figures = report if table_name == "model" else report["baselines"]["carrier_and_hour"]
    assert figures["roc_auc"] == pytest.approx(roc_auc(database, table_name), abs=1e-9)


def test_average_precision(report: dict[str, Any], database: duckdb.DuckDBPyConnection) -> None:
    """The precision at each threshold, weighed by the recall it adds."""
    (value,) = database.execute(
        """SELECT sum(late * hit / seen) / sum(late) FROM (
            SELECT late, sum(late) OVER w AS hit, sum(n) OVER w AS seen
            FROM (SELECT p, sum(delayed) AS late, count(*) AS n FROM model GROUP BY p)
            WINDOW w AS (ORDER BY p DESC))"""
    ).fetchall()[0]
    assert report["pr_auc"] == pytest.approx(value, abs=1e-9)


def test_figures_at_the_threshold(
    report: dict[str, Any], database: duckdb.DuckDBPyConnection
) -> None:
    tn, fp, fn, tp = database.execute(
        """SELECT count(*) FILTER (p < 0.5 AND NOT late), count(*) FILTER (p >= 0.5 AND NOT late),
               count(*) FILTER (p < 0.5 AND late), count(*) FILTER (p >= 0.5 AND late)
        FROM (SELECT p, delayed = 1 AS late FROM model)"""
    ).fetchall()[0]
    assert report["threshold"] == 0.5
    assert report["confusion_matrix"] == [[tn, fp], [fn, tp]]
    assert (report["rows"], report["positives"]) == (tn + fp + fn + tp, fn + tp)
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    assert report["precision"] == pytest.approx(precision)
    assert report["recall"] == pytest.approx(recall)
    assert report["f1"] == pytest.approx(2 / (1 / precision + 1 / recall))


def test_the_model_is_better_than_the_baseline(report: dict[str, Any]) -> None:
    baseline = report["baselines"]["carrier_and_hour"]
    gain = report["roc_auc"] - baseline["roc_auc"]
    assert baseline["gain_over_it"] == pytest.approx(gain)
    low, high = baseline["gain_interval"]
    assert 0 < low < gain < high


def test_the_linear_model_is_better_than_rates_and_judged_alike(report: dict[str, Any]) -> None:
    rates, linear = (
        report["baselines"][name] for name in ("carrier_and_hour", "logistic_regression")
    )
    assert rates["roc_auc"] < linear["roc_auc"]
    assert set(linear) == set(rates)


def test_intervals_name_their_draws(
    report: dict[str, Any], database: duckdb.DuckDBPyConnection
) -> None:
    (days,) = database.execute(
        f"SELECT count(DISTINCT date_trunc('day', {DEPARTURE})) FROM test"  # noqa: S608
    ).fetchall()[0]
    drawn = {"by": "day", "days": days, "replicates": REPLICATES, "seed": SEED, "level": LEVEL}
    assert report["bootstrap"] == drawn
    for figures in (report, *report["baselines"].values()):
        low, high = figures["roc_auc_interval"]
        assert low < figures["roc_auc"] < high


def test_the_report_names_the_days_of_each_split(report: dict[str, Any]) -> None:
    """In the order of time, so that one look tells whether the future was known."""
    days = [day for name in SPLITS for day in report["days"][name]]
    assert days == sorted(days)
    assert len(set(days)) == len(days)


def test_the_roc_curve_is_complete_and_its_area_is_the_auc(report: dict[str, Any]) -> None:
    curve = report["roc_curve"]
    assert (curve[0], curve[-1]) == ([0, 0], [1, 1])
    area = sum(
        (right[0] - previous[0]) * (right[1] + previous[1]) / 2
        for previous, right in pairwise(curve)
    )
    assert area == pytest.approx(report["roc_auc"], abs=2e-3)


def test_calibration_follows_the_diagonal(report: dict[str, Any]) -> None:
    assert len(report["calibration"]) == 10
    for predicted, real, _ in report["calibration"]:
        assert predicted == pytest.approx(real, abs=0.12)


def test_statistics_are_of_the_training_split(
    statistics: dict[str, Any], database: duckdb.DuckDBPyConnection
) -> None:
    assert list(statistics["features"]) == COMPARED
    (rows,) = database.execute("SELECT count(*) FROM train").fetchall()[0]
    assert statistics["rows"] == rows


def test_plots_are_png_files(evaluation: Path) -> None:
    for name in PLOTS:
        assert (evaluation / name).read_bytes().startswith(b"\x89PNG"), name


def test_a_missing_model_is_reported(flights: Path, finished: Finished, tmp_path: Path) -> None:
    lay_out(tmp_path, flights, finished.artefact)
    (tmp_path / "processing/model/model.tar.gz").unlink()
    with pytest.raises(LocalError, match="processing/model holds no model"):
        processing_job.run(REQUEST, tmp_path)
    assert not (tmp_path / "processing/evaluation").exists()


def test_the_job_runs_with_a_shell_as_entry_point(
    flights: Path, finished: Finished, tmp_path: Path
) -> None:
    lay_out(tmp_path, flights, finished.artefact)
    code = tmp_path / "processing" / "code"
    subprocess.run(
        ["tar", "-czf", "sourcedir.tar.gz", *(file.name for file in code.glob("*.py"))],
        cwd=code,
        check=True,
    )
    for file in code.glob("*.py"):
        file.unlink()
    folder = "/opt/ml/processing/code"
    command = f"tar -xzf {folder}/sourcedir.tar.gz -C {folder} && exec python3 {folder}/evaluate.py"
    application = {"ContainerEntrypoint": ["bash", "-c", command]}
    processing_job.run({**REQUEST, "AppSpecification": application}, tmp_path)
    assert (tmp_path / "processing/evaluation/evaluation.json").exists()
