"""The language chain's workflows: what a failed document reports, and how parts are processed."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from local.services.contract import door
from local.services.task import TaskError
from tests.step_functions.conftest import Bench
from tests.step_functions.language_chain.scenarios import NESTED, SCENARIOS
from tests.step_functions.test_definitions import is_distributed
from tests.step_functions.workflows import WORKFLOWS
from tools.assembly import asl

_STATES = {
    workflow.name: workflow.states
    for workflow in WORKFLOWS
    if workflow.architecture == "language-chain"
}


def test_many_parts_are_processed_as_few_are() -> None:
    states = _STATES["language_chain/read"]
    pairs = {"Process many parts": "Process the parts"}
    assert {state.name for state in states.values() if is_distributed(state)} == set(pairs)
    for many, few in pairs.items():
        distributed, inline = (
            {key: states[name].body[key] for key in states[name].body if key != "Comment"}
            for name in (many, few)
        )
        distributed_states, inline_states = (
            list(body.pop("ItemProcessor")["States"].values()) for body in (distributed, inline)
        )
        assert distributed_states == inline_states
        assert distributed == inline


def refusal(task: asl.State, text_bytes: int) -> str:
    """What the service answers to a text of that size by its documented limits, if it refuses."""
    languages = {"SourceLanguageCode": "de", "TargetLanguageCode": "en"}
    translates = task.body["Resource"].endswith("translateText")
    # Limits count bytes, not characters.
    text = "ü" * (text_bytes // 2)
    request = {"Text": text, **(languages if translates else {"LanguageCode": "en"})}
    try:
        door.check(task.body["Resource"], request)
    except TaskError as error:
        return error.cause
    return ""


@pytest.mark.parametrize(
    ("splitting", "call"),
    [("Split for translation", "Translate"), ("Split for analysis", "Detect sentiment")],
)
def test_parts_are_nearly_as_large_as_every_call_takes(splitting: str, call: str) -> None:
    """Each is a call to pay for and to wait for; one byte too many, and a part is lost."""
    (text,) = re.findall(
        r"most_bytes\W+(\d+)", json.dumps(_STATES["language_chain/read"][splitting].body)
    )
    task = _STATES["language_chain/language_part"][call]
    assert refusal(task, int(text)) == ""
    assert "exceeds limit" in refusal(task, int(text) * 11 // 10)


@pytest.mark.parametrize("api", ["detectEntities", "detectKeyPhrases", "detectPiiEntities"])
def test_pieces_are_searched_in_texts_as_large_as_the_call_takes(api: str) -> None:
    payload = _STATES["language_chain/read"]["Split for analysis"].body["Arguments"]["Payload"]
    request = {"LanguageCode": "en", "Text": "ü" * (payload["searched_bytes"] // 2)}
    door.check(f"arn:aws:states:::aws-sdk:comprehend:{api}", request)
    with pytest.raises(TaskError, match="exceeds limit"):
        door.check(
            f"arn:aws:states:::aws-sdk:comprehend:{api}",
            {**request, "Text": request["Text"] + "ü"},
        )


@pytest.mark.local
@pytest.mark.parametrize(
    ("scenario", "reason"),
    [
        (
            "reading fails",
            "Comprehend.Failure at Process the parts: as the service has it",
        ),
        ("reading runs out of time", "States.Timeout at Process the parts: it ran out of time"),
        ("a nested workflow is not started", "Injected.Failure at Read: as the scenario has it"),
        ("too large", "TooLarge at Inspect the upload: it has 1000000000 bytes, "),
    ],
)
def test_the_status_table_says_which_step_failed_and_why(
    scenario: str, reason: str, bench: Bench
) -> None:
    run = bench.outcomes("language_chain/language_chain")[scenario]
    values = run.arguments("Record the failure")["ExpressionAttributeValues"]
    assert values[":reason"]["S"].startswith(reason)
    quarantined = run.arguments("Quarantine")["Body"]
    assert (
        f"{quarantined['error']} at {quarantined['step']}: {quarantined['cause']}"
        == (values[":reason"]["S"])
    )


@pytest.mark.local
def test_a_failed_step_is_looked_up_in_the_nested_execution(bench: Bench) -> None:
    outcomes = bench.outcomes("language_chain/language_chain")
    lookup = outcomes["reading fails"].arguments("Find the failed step")
    assert lookup["ExecutionArn"] == NESTED
    unknown = outcomes["the failed step is unknown"]
    assert "Comprehend.Failure" in unknown.cause


def test_nested_executions_are_linked_to_the_document_s() -> None:
    for name in ("Listen", "Read", "Speak"):
        started = _STATES["language_chain/language_chain"][name].body["Arguments"]["Input"]
        assert started["AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"] == (
            "{% $states.context.Execution.Id %}"
        )


def _result(bench: Bench, workflow: str, scenario: str) -> Any:
    return bench.outcomes(f"language_chain/{workflow}")[scenario].output


@pytest.mark.local
def test_lost_parts_are_named_in_the_result(bench: Bench) -> None:
    run = bench.outcomes("language_chain/read")["a tolerated part is lost"]
    (lost,) = run.arguments("Merge")["Payload"]["lost"]
    assert (lost["step"], lost["error"]) == ("translating", "Injected.Failure")
    assert lost["cause"] == "as the scenario has it"
    joined = run.arguments("Split for analysis")["Payload"]["joined"]
    assert joined["lost"] == [lost["number"]]
    assert lost["number"] in (0, 1)
    assert run.output["lost"] == 1


@pytest.mark.local
def test_what_children_return_is_what_the_parent_uses(bench: Bench) -> None:
    assert {"source_language", "result_key", "sentiment", "speakable", "lost"} <= set(
        _result(bench, "read", "in German")
    )
    assert "speech" in _result(bench, "speak", "a text")
    document = _result(bench, "language_chain", "a recording")
    assert document["speech"] == "https://s3/outbox/speech/1.mp3"


@pytest.mark.local
def test_word_lists_are_named_only_if_they_are_deployed(bench: Bench) -> None:
    listened = bench.outcomes("language_chain/listen")
    plain = listened["a recording"].arguments("Transcribe")
    assert "LanguageIdSettings" not in plain
    assert plain["Settings"] == {"ShowSpeakerLabels": True, "MaxSpeakerLabels": 10}
    arguments = listened["with all word lists"].arguments("Transcribe")
    assert set(arguments["LanguageIdSettings"]["en-US"]) == {
        "VocabularyName",
        "VocabularyFilterName",
    }
    assert arguments["Settings"]["VocabularyFilterMethod"] == "mask"
    translated = bench.outcomes("language_chain/language_part")
    assert "TerminologyNames" not in translated["a chunk"].arguments("Translate")
    assert translated["a chunk with a terminology"].arguments("Translate")["TerminologyNames"]
    spoken = bench.outcomes("language_chain/speak")
    assert "LexiconNames" not in spoken["a text"].arguments("Speak")
    assert spoken["with a lexicon"].arguments("Speak")["LexiconNames"]
    assert json.dumps(arguments).count("none") == 0


@pytest.mark.local
def test_a_document_whose_parts_all_fail_stops_early_with_a_reason(bench: Bench) -> None:
    """A thousand failures of 300 bytes would exceed a state; most of them are never tried."""
    run = bench.outcomes("language_chain/read")["nothing of a large document is translated"]
    assert run.called("Process one of many") == 100
    assert run.error == "Injected.Failure"
    assert run.cause == (
        "100 of 1000 parts failed, the first one at translating: as the scenario has it"
    )


@pytest.mark.local
def test_every_part_of_a_large_document_is_processed_once(bench: Bench) -> None:
    run = bench.outcomes("language_chain/read")["a large document"]
    inputs = [
        json.loads(arguments["Input"])
        for state, arguments in run.calls
        if state in ("Process one of many", "Process the part")
    ]
    translating = [part["number"] for part in inputs if part["step"] == "translating"]
    assert sorted(translating) == list(range(1000))
    # They run side by side.
    others = [(part["step"], part["number"]) for part in inputs if part["step"] != "translating"]
    assert sorted(others, key=str) == [("judging", 0), ("searching", "0-0")]


@pytest.mark.local
def test_what_an_earlier_run_has_made_is_neither_made_nor_paid_for_again(bench: Bench) -> None:
    read = bench.outcomes("language_chain/read")
    first, again = read["in German"], read["that an earlier run has translated"]
    assert [run.called("Process the part") for run in (first, again)] == [3, 2]
    joined = again.arguments("Split for analysis")["Payload"]["joined"]
    assert (joined["prefix"], joined["chunks"]) == ("work/1/translated/d/", 1)
    listened = bench.outcomes("language_chain/listen")["that an earlier run has transcribed"]
    assert listened.called("Transcribe") == 0
    assert listened.output == {"transcript": "work/1/transcript/d.json"}


@pytest.mark.local
def test_every_try_takes_a_turn(bench: Bench) -> None:
    """Retried calls count for the rate as the first ones do."""
    outcomes = bench.outcomes("language_chain/language_part")
    for scenario, state, calls in (
        ("a chunk", "Translate", 1),
        ("throttled twice", "Translate", 3),
        ("the search is throttled once", "Search the pieces", 2),
        ("throttled for good", "Search the pieces", 8),
    ):
        run = outcomes[scenario]
        assert (run.called(state), run.called("Take a turn")) == (calls, calls)
    again = outcomes["the search is throttled once"]
    payloads = [arguments["Payload"] for state, arguments in again.calls if "Search" in state]
    assert [payload["again"] for payload in payloads] == [False, True]


@pytest.mark.local
def test_a_recording_waits_outside_the_slots_of_texts(bench: Bench) -> None:
    outcomes = bench.outcomes("language_chain/language_chain")
    states = outcomes["a recording"].states
    assert states.index("Listen") < states.index("Take a slot") < states.index("Read")
    taken = outcomes["a recording"].arguments("Take a slot")["ExpressionAttributeValues"]
    assert len(taken[":one"]["SS"]) == 1
    assert "Take a slot" not in outcomes["a document"].states


@pytest.mark.local
def test_an_unknown_format_is_not_named(bench: Bench) -> None:
    listened = bench.outcomes("language_chain/listen")
    assert listened["a recording"].arguments("Transcribe")["MediaFormat"] == "mp3"
    assert "MediaFormat" not in listened["of an unknown format"].arguments("Transcribe")


@pytest.mark.parametrize(("target", "language"), [("hi", "hi-IN"), ("en", None)])
def test_a_voice_of_two_languages_is_told_which_one(
    target: str, language: str | None, bench: Bench
) -> None:
    (scenario,) = (
        item
        for item in SCENARIOS
        if (item.workflow, item.name) == ("language_chain/speak", "a text")
    )
    setting = ("language_chain.target_language", target)
    run = bench.run(replace(scenario, settings=(*scenario.settings, setting)))
    assert run.arguments("Speak").get("LanguageCode") == language
