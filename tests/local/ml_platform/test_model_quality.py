"""`model_quality.sql` against scikit-learn, on captures that are awkward in each way it names."""

import json
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import duckdb
import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from local.services.athena.json_tables import Part, lower_case_names, relation
from local.services.athena.queries import to_duckdb
from local.services.sagemaker.data_capture import captured_line
from repository import ROOT
from tools.assembly import synthesise

HOUR = "2026/11/29/10"
Answers = list[tuple[str | None, float]]
Judge = Callable[..., dict[tuple[str, str], dict[str, Any]]]
FIRST = {"variant": "champion", "version": "7", "report": "b/e/7/", "since": "2026-11-01T00:00:00Z"}


def line(answers: Answers, second: int, inference_id: str = "x") -> bytes:
    """One captured invocation, at a second of the hour, about flights by id."""
    flights = [{"carrier": "UA", **({"event_id": key} if key else {})} for key, _ in answers]
    predictions = [{"delayed": p >= 0.5, "probability": p} for _, p in answers]
    bodies = (json.dumps({"flights": flights}), json.dumps({"predictions": predictions}))
    request, response = (("application/json", body.encode()) for body in bodies)
    document = json.loads(captured_line(inference_id, request, response))
    document["eventMetadata"]["inferenceTime"] = f"2026-11-29T10:00:{second:02}Z"
    return json.dumps(document).encode() + b"\n"


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    """The tables as the template declares them."""
    assembly = synthesise("local", {}, only=["ml-platform"], gated=False)
    inputs = (table.properties["TableInput"] for table in assembly.of_type("AWS::Glue::Table"))
    return {table["Name"]: table for table in inputs}


@pytest.fixture
def judge(tables: dict[str, Any], tmp_path: Path) -> Judge:
    """Run the query; (variant, version) -> the model's figures."""
    text = (ROOT / "sql" / "ml_platform" / "model_quality.sql").read_text()
    text = "\n".join(part for part in text.splitlines() if not part.startswith("--"))
    values = {"LakeDatabase": "lake", "MissedDelayCost": "5", "FalseAlarmCost": "1"}
    query = to_duckdb(Template(text).safe_substitute(values)).replace("<day>", HOUR[:10])

    def run(
        captures: dict[str, list[bytes]],
        outcomes: dict[str, int | None],
        deployments: list[dict[str, str]] | None = None,
    ) -> dict[tuple[str, str], dict[str, Any]]:
        database = duckdb.connect()
        parts = []
        for variant, lines in captures.items():
            path = tmp_path / f"{variant}.json"
            path.write_bytes(lower_case_names(b"".join(lines)))
            parts.append(Part(str(path), (variant, HOUR)))
        records = tmp_path / "deployments.json"
        records.write_text("\n".join(map(json.dumps, deployments or [FIRST])))
        deployed = relation(tables["deployments"], [Part(str(records))])
        database.execute(f"CREATE VIEW captures AS FROM {relation(tables['captures'], parts)}")
        database.execute(f"CREATE VIEW deployments AS FROM {deployed}")
        database.execute("CREATE SCHEMA lake")
        database.execute(
            "CREATE TABLE lake.flights_curated (event_id VARCHAR, arrival_delay_minutes INTEGER)"
        )
        if outcomes:
            database.executemany(
                "INSERT INTO lake.flights_curated VALUES (?, ?)", list(outcomes.items())
            )
        result = database.execute(query)
        names = [column[0] for column in result.description]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        return {(row["variant"], row["version"]): row for row in rows}

    return run


def test_the_figures_are_those_of_scikit_learn(judge: Judge) -> None:
    draws = np.random.default_rng(0)
    probabilities = draws.random(400).round(2)  # ties
    late = draws.random(400) < probabilities
    ids = [f"flight-{number}" for number in range(400)]
    answers: Answers = list(zip(ids, probabilities.tolist(), strict=True))
    lines = [line(answers[start : start + 50], start // 50) for start in range(0, 400, 50)]
    delays = np.where(late, 16, 15).tolist()  # as the training set has it: more than 15 minutes
    (figures,) = judge({"champion": lines}, dict(zip(ids, delays, strict=True))).values()
    assert figures["flights"] == figures["predictions"] == 400
    assert figures["late_flights"] == late.sum()
    assert figures["roc_auc"] == pytest.approx(roc_auc_score(late, probabilities))
    assert figures["brier"] == pytest.approx(brier_score_loss(late, probabilities))
    missed = (late & (probabilities < 0.5)).sum()
    wrong = (~late & (probabilities >= 0.5)).sum()
    assert figures["cost"] == 5 * missed + wrong
    tenths = np.minimum((probabilities * 10).astype(int), 9)
    gap = sum(
        abs(probabilities[tenths == tenth].sum() - late[tenths == tenth].sum())
        for tenth in range(10)
    )
    assert figures["calibration_error"] == pytest.approx(gap / 400)
    assert figures["bin_flights"] == [(tenths == tenth).sum() for tenth in range(10)]
    assert figures["bin_late"] == pytest.approx(
        [late[tenths == tenth].mean() for tenth in range(10)], abs=1e-6
    )


def test_a_flight_that_is_asked_about_twice_counts_by_its_last_answer(judge: Judge) -> None:
    lines = [line([("a", 0.1)], 2), line([("a", 0.9)], 1)]
    (figures,) = judge({"champion": lines}, {"a": 60}).values()
    assert (figures["predictions"], figures["flights"]) == (1, 1)
    assert figures["brier"] == pytest.approx(0.81)


def test_a_request_about_one_flight_is_known_by_its_inference_id(judge: Judge) -> None:
    lines = [line([(None, 0.9)], 1, inference_id="a"), line([(None, 0.9)] * 2, 2, "b")]
    (figures,) = judge({"champion": lines}, {"a": 60, "b": 60}).values()
    assert (figures["predictions"], figures["flights"], figures["without_outcome"]) == (3, 1, 2)


def test_what_never_arrived_or_is_not_in_the_lake_has_no_outcome(judge: Judge) -> None:
    lines = [line([("arrived", 0.2), ("cancelled", 0.2), ("unknown", 0.2)], 1)]
    (figures,) = judge({"champion": lines}, {"arrived": 0, "cancelled": None}).values()
    assert (figures["flights"], figures["without_outcome"]) == (1, 2)
    assert figures["roc_auc"] is None, "flights of one kind cannot be ordered"
    assert figures["cost"] == 0


def test_without_any_outcome_a_model_is_still_counted(judge: Judge) -> None:
    (figures,) = judge({"champion": [line([("a", 0.2)], 1)]}, {}).values()
    assert (figures["predictions"], figures["flights"], figures["brier"]) == (1, 0, None)


def test_each_answer_is_that_of_the_version_deployed_last(judge: Judge) -> None:
    second = {**FIRST, "version": "8", "since": "2026-11-29T10:00:05Z"}
    challenger = {**FIRST, "variant": "challenger", "version": "9"}
    captures = {
        "champion": [line([("a", 0.2)], 4), line([("b", 0.3)], 5)],
        "challenger": [line([("a", 0.4)], 9)],
    }
    judged = judge(captures, {"a": 0, "b": 0}, [second, FIRST, challenger])
    briers = {key: figures["brier"] for key, figures in judged.items()}
    assert briers == pytest.approx(
        {("champion", "7"): 0.04, ("champion", "8"): 0.09, ("challenger", "9"): 0.16}
    )
