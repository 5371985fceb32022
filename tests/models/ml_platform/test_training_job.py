"""A training job under the SageMaker toolkit: metrics, artefact, resuming and failures."""

import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import xgboost as xgb

from features import encode, known_categories, read_split
from local.runtime.workspace import LocalError
from local.services.sagemaker import training_job
from local.services.sagemaker.training_job import Finished
from tests.models.ml_platform import jobs


def probabilities(model: Path, split: Path) -> np.ndarray:
    booster = xgb.Booster(model_file=model)
    known_codes = known_categories(booster.attr("categories"))
    return np.asarray(booster.inplace_predict(encode(read_split(split), known_codes)))


def test_the_metrics_of_the_image_are_found_in_the_log(finished: Finished) -> None:
    last = [line for line in finished.log.splitlines() if line.startswith("[29]\t")]
    metrics = dict(pair.split(":") for pair in last[0].split()[1:])
    assert finished.metrics == {
        f"{channel}:{name}": float(metrics[f"{channel}-{name}"])
        for channel in ("train", "validation")
        for name in ("auc", "logloss")
    }
    assert 0.6 < finished.metrics["validation:auc"] < finished.metrics["train:auc"]


def test_the_artefact_holds_the_booster_and_the_code_that_serves_it(artefact: Path) -> None:
    files = {str(file.relative_to(artefact)) for file in artefact.rglob("*") if file.is_file()}
    assert files == {"model.ubj", "code/inference.py", "code/features.py"}


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_and_resumed_job_makes_the_same_model(
    stop: signal.Signals, finished: Finished, base: Path, flights: Path, tmp_path: Path
) -> None:
    jobs.lay_out(tmp_path, flights)
    stop_after("[24]\t", stop, tmp_path)
    assert not (tmp_path / "model" / "model.ubj").exists()

    resumed = training_job.run(jobs.request(**jobs.SMALL), tmp_path)
    assert "resuming after round 19" in resumed.log
    assert "[19]\t" not in resumed.log
    assert resumed.metrics == pytest.approx(finished.metrics, abs=1e-5)
    ours, undisturbed = (
        probabilities(folder / "model" / "model.ubj", flights / "split=test")
        for folder in (tmp_path, base)
    )
    np.testing.assert_allclose(ours, undisturbed, atol=1e-6)


def stop_after(prefix: str, stop: signal.Signals, base: Path) -> None:
    with training_job.start(jobs.request(**jobs.SMALL), base) as job:
        assert job.stdout is not None
        for line in job.stdout:
            if line.startswith(prefix):
                os.killpg(job.pid, stop)
                break
        job.stdout.read()
    assert job.returncode != 0


def test_a_job_does_not_resume_from_other_hyperparameters(
    finished: Finished, base: Path, flights: Path, tmp_path: Path
) -> None:
    jobs.lay_out(tmp_path, flights)
    shutil.copytree(base / "checkpoints", tmp_path / "checkpoints")
    second_job = training_job.run(jobs.request(max_depth="3", num_round="2"), tmp_path)
    assert "resuming" not in second_job.log
    assert len(list((tmp_path / "checkpoints").glob("*/checkpoint.ubj"))) == len(
        list((base / "checkpoints").glob("*/checkpoint.ubj"))
    )


@pytest.mark.parametrize(
    ("hyperparameter", "sentence"),
    [
        ({"max_depth": "many"}, "--max_depth: must be a whole number from 1 to 20, not 'many'"),
        ({"max_depth": "0"}, "--max_depth: must be a whole number from 1 to 20, not '0'"),
        ({"eta": "nan"}, "--eta: must be a number from 0.001 to 1, not 'nan'"),
        ({"subsample": "1.5"}, "--subsample: must be a number from 0.1 to 1, not '1.5'"),
        ({"depth": "3"}, "unrecognized arguments: --depth 3"),
    ],
)
def test_an_invalid_hyperparameter_is_reported(
    hyperparameter: dict[str, str], sentence: str, base: Path
) -> None:
    with pytest.raises(LocalError) as failure:
        training_job.run(jobs.request(**hyperparameter), base)
    assert str(failure.value).startswith("training job flight-delay failed: ")
    assert sentence in str(failure.value)


def test_an_empty_channel_is_reported(flights: Path, tmp_path: Path) -> None:
    jobs.lay_out(tmp_path, flights)
    shutil.rmtree(tmp_path / "input/data/validation")
    (tmp_path / "input/data/validation").mkdir()
    with pytest.raises(LocalError, match="input/data/validation holds no data"):
        training_job.run(jobs.request(**jobs.SMALL), tmp_path)


def test_a_missing_channel_is_reported(flights: Path, tmp_path: Path) -> None:
    jobs.lay_out(tmp_path, flights)
    shutil.rmtree(tmp_path / "input/data/validation")
    with pytest.raises(LocalError, match="channel validation has no folder"):
        training_job.run(jobs.request(**jobs.SMALL), tmp_path)
