"""Training: early stopping, resuming from checkpoints, input formats and unusable data."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from baselines import carrier_and_hour
from features import LABEL, DataError, encode, read_split
from judgement import DayBootstrap, interval
from train import Matrices, load, save, train

# Overfits quickly, so that it stops early, and samples at random, which a resumption must repeat.
EAGER = {"max_depth": 6, "eta": 0.8, "subsample": 0.8, "colsample_bytree": 0.6, "seed": 1}
PATIENCE = 7


def quiet(_: str) -> None:
    """Print nothing."""


class SpotStopError(Exception):
    """Stands for the interruption of a spot instance."""


@pytest.fixture(scope="module")
def loaded(flights: Path) -> tuple[Matrices, dict[str, list[str]]]:
    return load(flights / "split=train", flights / "split=validation")


@pytest.fixture(scope="module")
def matrices(loaded: tuple[Matrices, dict[str, list[str]]]) -> Matrices:
    return loaded[0]


def run(
    matrices: Matrices, checkpoint: Path, say: Callable[[str], None], rounds: int = 100
) -> bytes:
    booster = train(
        matrices,
        EAGER,
        num_round=rounds,
        early_stopping_rounds=PATIENCE,
        checkpoint=checkpoint,
        checkpoint_rounds=2,
        say=say,
    )
    return bytes(booster.save_raw("json"))


def validation_scores(lines: list[str]) -> list[float]:
    return [float(line.rpartition("validation-auc:")[2].split()[0]) for line in lines]


def test_training_stops_early_and_keeps_the_best_round(matrices: Matrices, tmp_path: Path) -> None:
    lines: list[str] = []
    model = json.loads(run(matrices, tmp_path / "c.ubj", lines.append))
    best = int(np.argmax(validation_scores(lines)))
    assert 0 < best < len(lines) - 1
    assert len(lines) == best + 1 + PATIENCE
    trees = model["learner"]["gradient_booster"]["model"]["trees"]
    assert len(trees) == best + 1


def test_a_resumed_training_gives_the_same_model_after_any_round(
    matrices: Matrices, tmp_path: Path
) -> None:
    lines: list[str] = []
    undisturbed = run(matrices, tmp_path / "undisturbed.ubj", lines.append)
    for last in range(1, len(lines)):
        checkpoint = tmp_path / f"{last}.ubj"
        printed: list[str] = []

        def until(line: str, last: int = last, printed: list[str] = printed) -> None:
            printed.append(line)
            if len(printed) == last:
                raise SpotStopError

        with pytest.raises(SpotStopError):
            run(matrices, checkpoint, until)
        assert run(matrices, checkpoint, quiet) == undisturbed, last


def test_an_interrupted_write_leaves_the_previous_checkpoint(
    matrices: Matrices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import xgboost as xgb

    checkpoint = tmp_path / "c.ubj"
    run(matrices, checkpoint, quiet, rounds=2)
    first = checkpoint.read_bytes()

    def cut(booster: xgb.Booster, path: Path) -> None:
        Path(path).write_bytes(b"half a model")
        raise SpotStopError

    monkeypatch.setattr(xgb.Booster, "save_model", cut)
    with pytest.raises(SpotStopError):
        run(matrices, checkpoint, quiet, rounds=4)
    assert checkpoint.read_bytes() == first


def test_csv_and_parquet_give_the_same_model(flights: Path, tmp_path: Path) -> None:
    models = {}
    for split in ("train", "validation"):
        frame = read_split(flights / f"split={split}")
        (tmp_path / split).mkdir()
        half = len(frame) // 2
        for number, part in enumerate((frame[:half], frame[half:])):
            # As a lake writes it: whole numbers, text that is no dictionary, columns in any order.
            plain = part.astype({LABEL: int, "month": int, "carrier": str, "origin": str})
            plain[plain.columns[::-1]].to_parquet(tmp_path / split / f"{number}.parquet")
    for name, (train_split, validation_split) in {
        "csv": (flights / "split=train", flights / "split=validation"),
        "parquet": (tmp_path / "train", tmp_path / "validation"),
    }.items():
        matrices, known_codes = load(train_split, validation_split)
        booster = train(
            matrices,
            EAGER,
            num_round=3,
            early_stopping_rounds=3,
            checkpoint=tmp_path / name / "c.ubj",
            say=quiet,
        )
        save(booster, known_codes, tmp_path / name)
        models[name] = (tmp_path / name / "model.ubj").read_bytes()
    assert models["csv"] == models["parquet"]


def test_a_model_of_shuffled_labels_is_no_better_than_the_baseline(
    flights: Path, tmp_path: Path
) -> None:
    shuffled = tmp_path / "shuffled"
    for split in ("train", "validation"):
        frame = pd.read_csv(flights / f"split={split}" / "part-0", header=None, dtype=str)
        frame[0] = frame[0].sample(frac=1, random_state=7).to_numpy()
        (shuffled / split).mkdir(parents=True)
        frame.to_csv(shuffled / split / "part-0", header=False, index=False)
    matrices, known_codes = load(shuffled / "train", shuffled / "validation")
    booster = train(
        matrices,
        EAGER,
        num_round=20,
        early_stopping_rounds=5,
        checkpoint=tmp_path / "c.ubj",
        say=quiet,
    )
    test = read_split(flights / "split=test")
    baseline = carrier_and_hour(read_split(flights / "split=train"), test)
    ours = booster.inplace_predict(encode(test, known_codes))
    assert roc_auc_score(test[LABEL], ours) < roc_auc_score(test[LABEL], baseline)
    # Days differ, so a model of chance alone is not at 0.5 on a few of them; the gate's rule holds.
    days = DayBootstrap(test)
    low, _ = interval(days.roc_aucs(ours) - days.roc_aucs(baseline))
    assert low < 0


def test_a_code_that_occurs_only_in_the_validation_split_is_accepted(
    flights: Path, tmp_path: Path
) -> None:
    text = (flights / "split=validation" / "part-0").read_text()
    (tmp_path / "part-0").write_text(text.replace(",ATL,", ",XXX,"))
    matrices, known_codes = load(flights / "split=train", tmp_path)
    assert "XXX" not in known_codes["destination"]
    assert matrices["validation"].num_row() == text.count("\n")


@pytest.mark.parametrize("wrong", ["train", "validation"])
def test_a_split_with_only_one_label_is_an_error(wrong: str, flights: Path, tmp_path: Path) -> None:
    splits = {name: flights / f"split={name}" for name in ("train", "validation")}
    lines = (splits[wrong] / "part-0").read_text().splitlines()
    (tmp_path / "part-0").write_text("\n".join(line for line in lines if line[0] == "0"))
    with pytest.raises(DataError, match=f"{tmp_path}: every flight has the same label"):
        load(**{f"{name}_split": folder for name, folder in {**splits, wrong: tmp_path}.items()})
