"""The model server, started from the artefact alone, answers any body with 200 or a clear 4xx."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features import CATEGORICAL, FEATURES, KNOWN, OPTIONAL, encode, read_split
from inference import flights_of, model_fn, predict
from lambdas.ml_platform.predict_delay.prediction import checked
from local.runtime.processes import free_port
from local.services.sagemaker.training_job import PYTHON
from repository import ROOT
from schemas import load
from tests.models.ml_platform.serving import serve

JSON, CSV = "application/json", "text/csv"
FLIGHT: dict[str, Any] = {
    "carrier": "UA",
    "origin": "EWR",
    "destination": "IAH",
    "month": 1,
    "weekday": 2,
    "hour": 10,
    "distance_miles": 1400,
    "temperature_fahrenheit": 39.02,
}
LINE = "UA,EWR,IAH,1,2,10,1400,39.02,,,,,,"


@pytest.fixture(scope="module")
def url(artefact: Path) -> Iterator[str]:
    with serve(artefact) as address:
        yield address


def post(
    url: str, body: bytes | str, content_type: str | None = JSON, accept: str = "*/*"
) -> requests.Response:
    headers = {"Accept": accept} | ({"Content-Type": content_type} if content_type else {})
    return requests.post(f"{url}/invocations", body, headers=headers, timeout=20)


def request_body(**changes: Any) -> str:
    return json.dumps({"flights": [{**FLIGHT, **changes}]})


def refusal(answer: requests.Response) -> tuple[int, str]:
    """The status code and the message."""
    return answer.status_code, answer.text


def test_ping_and_other_paths(url: str) -> None:
    assert requests.get(f"{url}/ping", timeout=5).status_code == 200
    assert requests.get(f"{url}/invocations", timeout=5).status_code == 405
    assert requests.post(f"{url}/ping", timeout=5).status_code == 405
    assert requests.get(f"{url}/other", timeout=5).status_code == 404


def test_json_and_csv_get_the_same_answer(url: str) -> None:
    answers = [
        post(url, request_body()),
        post(url, LINE, CSV),
        post(url, f"{LINE}\r\n", f"{CSV}; charset=utf-8"),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == JSON
        (prediction,) = answer.json()["predictions"]
        assert set(prediction) == {"delayed", "probability"}
        assert prediction["delayed"] == (prediction["probability"] >= 0.5)
    assert answers[0].json() == answers[1].json() == answers[2].json()


def test_the_server_predicts_the_same_as_the_booster(
    url: str, artefact: Path, flights: Path
) -> None:
    test = read_split(flights / "split=test").head(500)
    model = model_fn(str(artefact))
    codes = {name: list(codes) for name, codes in model.codes.items()}
    expected = model.booster.inplace_predict(encode(test, codes))
    body = test[FEATURES].to_csv(header=False, index=False)
    served = [
        prediction["probability"] for prediction in post(url, body, CSV).json()["predictions"]
    ]
    assert served == pytest.approx(expected.tolist(), abs=1e-6)
    assert predict(flights_of(body, CSV), model) == pytest.approx(served, abs=1e-6)


def test_an_absent_value_is_null(url: str) -> None:
    bare = {name: value for name, value in FLIGHT.items() if name not in OPTIONAL}
    without = post(url, json.dumps({"flights": [bare]}))
    nulls = post(url, json.dumps({"flights": [{**bare, **dict.fromkeys(OPTIONAL)}]}))
    assert without.status_code == 200
    assert without.json() == nulls.json()


def test_the_id_of_a_flight_changes_no_answer(url: str) -> None:
    """It is for the capture alone, by which the answer is joined with the outcome later."""
    assert post(url, request_body(event_id="UA-1")).json() == post(url, request_body()).json()


@pytest.mark.parametrize("event_id", ["", "x" * 129, 7, None])
def test_an_id_that_the_lake_cannot_have_is_refused(url: str, event_id: Any) -> None:
    status, message = refusal(post(url, request_body(event_id=event_id)))
    assert status == 400
    assert "flight 0: event_id must be a text of 1 to 128 characters" in message


def test_a_request_without_a_content_type_is_json(url: str) -> None:
    assert post(url, request_body(), None).status_code == 200


@pytest.mark.parametrize("name", CATEGORICAL)
def test_an_unknown_code_is_accepted(url: str, name: str) -> None:
    assert post(url, request_body(**{name: "ZZZ"})).status_code == 200


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"carrier": None}, "carrier must be a code of 1 to 4 characters, not None"),
        ({"origin": 7}, "origin must be a code of 1 to 4 characters, not 7"),
        ({"month": 13}, "month must be a whole number from 1 to 12, not 13"),
        ({"month": None}, "month must be a whole number from 1 to 12, not None"),
        ({"hour": 9.5}, "hour must be a whole number from 0 to 23, not 9.5"),
        ({"weekday": True}, "weekday must be a whole number from 1 to 7, not True"),
        ({"distance_miles": "far"}, "distance_miles must be a number from 1 to 12500, not 'far'"),
        (
            {"distance_miles": 10**30},
            "distance_miles must be a number from 1 to 12500, not a number too long",
        ),
        (
            {"visibility_miles": -1},
            "visibility_miles must be a number from 0 to 20, or null or absent, not -1",
        ),
    ],
)
def test_an_invalid_value_is_reported_with_the_allowed_range(
    url: str, changes: dict[str, Any], sentence: str
) -> None:
    status, message = refusal(post(url, json.dumps({"flights": [FLIGHT, {**FLIGHT, **changes}]})))
    assert (status, message) == (400, f"flight 1: {sentence}")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "sentence"),
    [
        (
            request_body(colour="red"),
            JSON,
            400,
            "flight 0: 'colour' is no feature; known are carrier,",
        ),
        ("{}", JSON, 400, 'the body must be {"flights":'),
        ('{"flights": {}}', JSON, 400, 'the body must be {"flights":'),
        ('{"flights": [7]}', JSON, 400, "flight 0 must be an object"),
        ('{"flights": []}', JSON, 400, "the request holds no flight"),
        ("", JSON, 400, "the body is no JSON"),
        ('{"flights": [NaN]}', JSON, 400, "the body is no JSON: NaN is no JSON number"),
        ("[" * 100_000, JSON, 400, "the body is no JSON"),
        ("9" * 5_000, JSON, 400, "the body is no JSON"),
        (b"\xff\xfe", JSON, 400, "the body is not UTF-8"),
        (b"\xff\xfe", CSV, 400, "the body is not UTF-8"),
        ("", CSV, 400, "the request holds no flight"),
        (f"{LINE},7", CSV, 400, "flight 0 has 15 fields, and not 14: carrier, origin,"),
        (f"{LINE}\n{LINE.replace('1400', 'x')}", CSV, 400, "flight 1: distance_miles must be"),
        (LINE.replace("1400", "nan"), CSV, 400, "flight 0: distance_miles must be"),
        (LINE.replace("UA", ""), CSV, 400, "flight 0: carrier must be a code"),
        (f"{LINE}\n" * 50_001, CSV, 413, "50001 flights are too many: send 50000 at most"),
        (
            request_body(),
            "image/png",
            415,
            "Content-Type 'image/png' is not taken: send application/json",
        ),
    ],
)
def test_an_invalid_request_is_refused_with_a_message(
    url: str, body: str | bytes, content_type: str | None, status: int, sentence: str
) -> None:
    answer = refusal(post(url, body, content_type))
    assert answer[0] == status
    assert answer[1].startswith(sentence)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("text/html, application/*;q=0.8", 200),
        ("*/*", 200),
        ("text/csv", 200),
        ("text/html", 406),
    ],
)
def test_the_response_is_json_or_csv(url: str, accept: str, status: int) -> None:
    assert post(url, request_body(), accept=accept).status_code == status


def test_a_csv_response_has_one_line_for_each_flight(url: str) -> None:
    two_flights = json.dumps({"flights": json.loads(request_body())["flights"] * 2})
    lines = post(url, two_flights, accept="text/csv")
    assert lines.headers["content-type"] == "text/csv"
    probabilities = [float(line) for line in lines.text.splitlines()]
    assert probabilities == [
        prediction["probability"] for prediction in post(url, two_flights).json()["predictions"]
    ]
    assert len(probabilities) == 2


def test_a_body_that_is_too_large_is_refused(url: str) -> None:
    assert post(url, b" " * (7 * 1024 * 1024)).status_code == 413


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_nearly_a_flight = st.fixed_dictionaries(
    {name: st.just(FLIGHT.get(name)) | _anything for name in (*CATEGORICAL, *KNOWN)},
    optional={name: st.none() | st.floats() | _anything for name in OPTIONAL},
)
_bodies = (
    st.binary()
    | st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))
    | _anything.map(lambda value: json.dumps(value).encode())
    | st.lists(_nearly_a_flight, max_size=3).map(
        lambda flights: json.dumps({"flights": flights}).encode()
    )
    | st.lists(
        st.sampled_from(["UA", "1", "-1", "", "nan", "1e999", "é", '"', "\r"]), max_size=14
    ).map(lambda fields: ",".join(fields).encode())
)
# The characters that an HTTP header may hold.
_header = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@settings(max_examples=400, deadline=None)
@given(
    body=_bodies,
    content_type=st.sampled_from([JSON, CSV, f"{JSON};charset=x"]) | _header,
    accept=st.just("*/*") | _header,
)
def test_any_body_gets_predictions_or_a_client_error(
    url: str, body: bytes, content_type: str, accept: str
) -> None:
    answer = post(url, body, content_type, accept)
    assert answer.status_code == 200 or 400 <= answer.status_code < 500, answer.text
    if answer.status_code == 200:
        assert answer.json()["predictions"]
    else:
        assert len(answer.text.partition("\n")[0]) > 10


def start(folder: Path) -> subprocess.CompletedProcess[str]:
    """The model server of an artefact that it refuses, beside the model's sources."""
    script = ROOT / "local" / "services" / "sagemaker" / "model_server.py"
    return subprocess.run(
        [PYTHON, script, folder, str(free_port())],
        cwd=ROOT / "models" / "ml_platform" / "flight_delay",
        env={"PYTHONDONTWRITEBYTECODE": "1", "SAGEMAKER_PROGRAM": "inference.py"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_server_uses_only_the_code_of_the_artefact(artefact: Path, tmp_path: Path) -> None:
    """Without a code folder in the artefact the server fails, even beside the model's sources."""
    (tmp_path / "model.ubj").write_bytes((artefact / "model.ubj").read_bytes())
    process = start(tmp_path)
    assert process.returncode != 0
    assert "No module named 'inference'" in process.stderr


@pytest.mark.parametrize(
    ("functions", "sentence"),
    [
        (["transform_fn", "input_fn"], "transform_fn cannot be used with input_fn"),
        (["input_fn", "predict_fn"], "define all"),
    ],
)
def test_a_program_that_the_container_refuses_does_not_start(
    tmp_path: Path, functions: list[str], sentence: str
) -> None:
    (tmp_path / "code").mkdir()
    lines = [f"def {name}(*_): ..." for name in ["model_fn", *functions]]
    (tmp_path / "code" / "inference.py").write_text("\n".join(lines))
    process = start(tmp_path)
    assert process.returncode != 0
    assert sentence in process.stderr


def test_an_exception_of_the_program_is_a_500(tmp_path: Path) -> None:
    """As in the container, whose endpoint's roll-back alarm counts it."""
    (tmp_path / "code").mkdir()
    program = "def model_fn(_): ...\n\ndef transform_fn(*_):\n    raise ValueError('a mistake')\n"
    (tmp_path / "code" / "inference.py").write_text(program)
    with serve(tmp_path) as url:
        assert post(url, "{}").status_code == 500


def _matching(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """A strategy for values that match a JSON Schema of the kinds that requests use."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "object" in kinds:
        fields = {name: _matching(subschema) for name, subschema in schema["properties"].items()}
        required = {name: fields.pop(name) for name in schema["required"]}
        return st.fixed_dictionaries(required, optional=fields)
    if "array" in kinds:
        # Generating a hundred flights takes too long.
        return st.lists(_matching(schema["items"]), min_size=1, max_size=3)
    if "string" in kinds:
        if "pattern" in schema:
            return st.from_regex(schema["pattern"], fullmatch=True)
        return st.text(min_size=schema["minLength"], max_size=schema["maxLength"])
    numbers = st.integers(schema["minimum"], schema["maximum"])
    if "integer" in kinds:
        return numbers
    any_number = numbers | st.floats(schema["minimum"], schema["maximum"])
    return any_number | st.none() if "null" in kinds else any_number


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(prediction_request=_matching(load("prediction_request")))
def test_function_and_model_accept_what_the_request_schema_allows(
    url: str, prediction_request: dict[str, Any]
) -> None:
    body = json.dumps(prediction_request)
    assert json.loads(checked(body, JSON)) == prediction_request
    answer = post(url, body)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["predictions"]) == len(prediction_request["flights"])
