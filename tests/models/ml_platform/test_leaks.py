"""A set that knows the future is refused by the jobs themselves, however it came to know it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

import leaks
from evaluate import SPLITS, evaluate
from features import DEPARTURE, EVENT_ID, FEATURES, KNOWN_AT, LABEL, DataError, read_split
from train import load

Frames = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def frames(flights: Path) -> Frames:
    return {name: read_split(flights / f"split={name}") for name in SPLITS}


def late_of(frame: pd.DataFrame, noise: float) -> pd.Series:
    """A number that tells the label, but for `noise`."""
    return frame[LABEL] + np.random.default_rng(0).normal(0, noise, len(frame))


def changed(frame: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    """The same flights, but for one value."""
    values = frame[column].to_list()
    values[row] = value
    return frame.assign(**{column: values})


def written(frames: Frames, folder: Path) -> Path:
    """The splits as files; Parquet, which takes columns in any order."""
    for name, frame in frames.items():
        (folder / f"split={name}").mkdir(parents=True)
        plain = frame.astype(dict.fromkeys(("carrier", "origin", "destination"), str))
        plain.to_parquet(folder / f"split={name}" / "flights.parquet", index=False)
    return folder


def a_future_column(frames: Frames) -> Frames:
    """The aircraft's delay is the one of the flight itself, give or take some minutes."""
    return {
        name: frame.assign(aircraft_delay_minutes=late_of(frame, 0.5) * 30)
        for name, frame in frames.items()
    }


def a_later_value(frames: Frames) -> Frames:
    """The weather of one flight was observed in the hour of its departure."""
    train = frames["train"]
    return {**frames, "train": changed(train, 7, KNOWN_AT, train[DEPARTURE].iloc[7])}


def a_twin(frames: Frames) -> Frames:
    """One flight of the training split is in the validation split, too, on another day."""
    twin = frames["train"][EVENT_ID].iloc[5]
    return {**frames, "validation": changed(frames["validation"], 3, EVENT_ID, twin)}


def a_shared_day(frames: Frames) -> Frames:
    """The first flight of the validation split is on the last day of the training split."""
    train, validation = frames["train"], frames["validation"]
    moved = pd.concat([train, validation.head(1)], ignore_index=True)
    return {**frames, "train": moved, "validation": validation.drop(index=0)}


LEAKS: list[tuple[Callable[[Frames], Frames], str]] = [
    (a_future_column, "aircraft_delay_minutes alone has a ROC AUC of 0.9"),
    (a_later_value, "train: 1 flights have features from after the moment of prediction"),
    (a_twin, "1 flights are both in train and in validation"),
    (a_shared_day, "a later split must begin on a later day"),
]


@pytest.mark.parametrize(("planted", "words"), LEAKS)
def test_training_refuses_a_leak(
    planted: Callable[[Frames], Frames], words: str, frames: Frames, tmp_path: Path
) -> None:
    folder = written(planted(frames), tmp_path)
    with pytest.raises(DataError, match=words):
        load(folder / "split=train", folder / "split=validation")


@pytest.mark.parametrize(("planted", "words"), LEAKS)
def test_evaluation_refuses_a_leak(
    planted: Callable[[Frames], Frames], words: str, frames: Frames, tmp_path: Path
) -> None:
    folder = written(planted(frames), tmp_path)
    with pytest.raises(DataError, match=words):
        evaluate(xgb.Booster(), {name: folder / f"split={name}" for name in SPLITS})


@pytest.mark.parametrize("earlier", ["train", "validation"])
def test_a_twin_in_the_test_split_is_found_by_the_evaluation(
    earlier: str, frames: Frames, tmp_path: Path
) -> None:
    test = changed(frames["test"], 3, EVENT_ID, frames[earlier][EVENT_ID].iloc[5])
    folder = written({**frames, "test": test}, tmp_path)
    with pytest.raises(DataError, match=f"1 flights are both in {earlier} and in test"):
        evaluate(xgb.Booster(), {name: folder / f"split={name}" for name in SPLITS})


def test_the_flights_own_departure_delay_is_implausible(frames: Frames) -> None:
    """Also by its gaps alone: a flight that has a value was late."""
    train = frames["train"]
    gaps = late_of(train, 0).where(train[LABEL] == 1)
    with pytest.raises(DataError, match="airport_delay_minutes alone"):
        leaks.check({"train": train.assign(airport_delay_minutes=gaps)})


def test_an_honest_set_passes_and_its_features_are_known(frames: Frames) -> None:
    alone = leaks.check(frames)
    assert list(alone) == FEATURES
    assert max(alone, key=lambda name: alone[name]) == "airport_delay_minutes"
    assert min(alone.values()) >= 0.5
    assert max(alone.values()) < leaks.IMPLAUSIBLE_AUC - 0.05


def test_too_few_days_are_refused(frames: Frames, flights: Path, tmp_path: Path) -> None:
    test = frames["test"]
    few = test[test[DEPARTURE] < test[DEPARTURE].min().normalize() + pd.Timedelta(days=4)]
    folder = written({"test": few}, tmp_path)
    for name in ("train", "validation"):
        shutil.copytree(flights / f"split={name}", folder / f"split={name}")
    with pytest.raises(DataError, match="flights of 4 days"):
        evaluate(xgb.Booster(), {name: folder / f"split={name}" for name in SPLITS})
