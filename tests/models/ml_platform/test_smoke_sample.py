"""The smoke test's flights: the real container answers them as the evaluation wrote down."""

import json
from collections.abc import Iterator
from pathlib import Path

import fastjsonschema
import pytest
import requests
import xgboost as xgb

import smoke_sample
from schemas import load
from tests.models.ml_platform.serving import serve


@pytest.fixture(scope="module")
def sample(flights: Path, artefact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluation")
    booster = xgb.Booster(model_file=artefact / "model.ubj")
    smoke_sample.write(booster, flights / "split=test", folder)
    return folder


@pytest.fixture(scope="module")
def container(artefact: Path) -> Iterator[str]:
    with serve(artefact) as url:
        yield url


def expected_of(sample: Path) -> list[float]:
    probabilities: list[float] = json.loads((sample / "smoke_test.json").read_text())[
        "probabilities"
    ]
    return probabilities


def test_the_container_answers_as_the_evaluation_says(sample: Path, container: str) -> None:
    body = (sample / "smoke_test" / "flights.json").read_bytes()
    headers = {"content-type": "application/json", "accept": "application/json"}
    response = requests.post(f"{container}/invocations", body, headers=headers, timeout=30)
    answers = [item["probability"] for item in response.json()["predictions"]]
    assert answers == pytest.approx(expected_of(sample), abs=1e-6)


def test_the_flights_are_such_as_the_api_takes(sample: Path) -> None:
    body = json.loads((sample / "smoke_test" / "flights.json").read_text())
    fastjsonschema.compile(load("prediction_request"))(body)


def test_another_model_would_be_told_apart(sample: Path) -> None:
    """Neither one answer for all flights nor the answers in another order would pass."""
    probabilities = expected_of(sample)
    assert len(probabilities) == 20
    assert max(probabilities) - min(probabilities) > 0.2
    backwards = zip(probabilities, probabilities[::-1], strict=True)
    assert max(abs(a - b) for a, b in backwards) > 100 * smoke_sample.TOLERANCE
