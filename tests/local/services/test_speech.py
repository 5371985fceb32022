"""Transcribe and Polly of the local AWS: what is heard and spoken, in the services' own form."""

import io
import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.demos.language_chain.checks import faults_of_transcript
from local.demos.language_chain.recordings import BOOK, FLIGHT, FLIGHT_TEXT, RECORDINGS
from local.demos.language_chain.word_errors import word_error_rate, words
from local.services.polly import markup
from local.services.polly.markup import MarkupError
from local.services.polly.synthesis_tasks import SILENCE, SynthesisTasks
from local.services.speech.engines import Engines, Sentence, UnheardError, are_installed
from local.services.task import CALLER, TaskError
from local.services.transcribe.jobs import WRITE_CHECK, TranscriptionJobs
from local.services.transcribe.word_lists import KeptLists, VocabularyError, phrases_of_table
from repository import ROOT

pytestmark = pytest.mark.xdist_group("speech")
needs_engines = pytest.mark.skipif(not are_installed(), reason=".venv-speech is not set up")
TWO_CITIES = RECORDINGS / "two_cities.wav"


class Storage:
    """An emulator of which only S3 is asked."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.denied = ""

    def assume(self, role: str, service: str) -> tuple[str, str]:
        return role, service

    def client(self, _service: str, _credentials: object = None) -> "Storage":
        return self

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": io.BytesIO(self.objects[f"{Bucket}/{Key}"])}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        if self.denied and Key.endswith(self.denied):
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject")
        self.objects[f"{Bucket}/{Key}"] = Body


class Service:
    """Transcribe and Polly with a store, and their word lists."""

    def __init__(self, engines: Engines, folder: Path) -> None:
        CALLER.set("arn:aws:iam::000000000000:role/listen")
        self.s3 = Storage()
        self.lists = KeptLists(folder)
        emulator: Any = self.s3
        self.tasks = {
            **TranscriptionJobs(emulator, engines, folder).table(),
            **SynthesisTasks(emulator, engines, folder).table(),
        }

    def transcribe(self, recording: bytes, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The job once it has ended, and its results, if it has any."""
        self.s3.objects["inbox/a"] = recording
        request = {
            "TranscriptionJobName": "job",
            "IdentifyLanguage": True,
            "Media": {"MediaFileUri": "s3://inbox/a"},
            "OutputBucketName": "outbox",
            "OutputKey": "work/1/transcript.json",
            "Settings": {"ShowSpeakerLabels": True, "MaxSpeakerLabels": 10},
        }
        self.tasks["transcribe:startTranscriptionJob"]({**request, **changes})
        look = self.tasks["transcribe:getTranscriptionJob"]
        while True:
            job = look({"TranscriptionJobName": "job"})["TranscriptionJob"]
            if job["TranscriptionJobStatus"] != "IN_PROGRESS":
                break
        output = json.loads(self.s3.objects.get("outbox/work/1/transcript.json", b"{}"))
        return job, output.get("results", {})

    def speak(self, text: str, **changes: Any) -> tuple[dict[str, Any], bytes]:
        """The task once it has ended, and its file."""
        request = {
            "Text": text,
            "VoiceId": "Joanna",
            "Engine": "neural",
            "OutputFormat": "mp3",
            "OutputS3BucketName": "outbox",
            "OutputS3KeyPrefix": "speech/1",
        }
        started = self.tasks["polly:startSpeechSynthesisTask"]({**request, **changes})
        task_id = {"TaskId": started["SynthesisTask"]["TaskId"]}
        while True:
            task = self.tasks["polly:getSpeechSynthesisTask"](task_id)["SynthesisTask"]
            if task["TaskStatus"] != "inProgress":
                break
        key = task["OutputUri"].partition("/outbox/")[2]
        return task, self.s3.objects[f"outbox/{key}"]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    running = Engines(tmp_path_factory.mktemp("speech"))
    yield running
    running.stop()


@pytest.fixture
def service(engines: Engines, tmp_path: Path) -> Service:
    return Service(engines, tmp_path)


@pytest.fixture
def recorded(tmp_path: Path) -> Service:
    """What there is where `.venv-speech` cannot be set up."""
    return Service(Engines(tmp_path, installed=False), tmp_path)


def transcript(results: dict[str, Any]) -> str:
    text: str = results["transcripts"][0]["transcript"]
    return text


@needs_engines
@pytest.mark.skipif(not TWO_CITIES.exists(), reason="the recordings are not set up")
def test_a_human_reader_of_a_known_book_is_understood(service: Service) -> None:
    job, results = service.transcribe(TWO_CITIES.read_bytes())
    assert job["TranscriptionJobStatus"] == "COMPLETED", job
    assert job["LanguageCode"] == "en-US"
    assert word_error_rate(BOOK, transcript(results)) <= 0.05


@pytest.mark.parametrize("source", ["service", "recorded"])
def test_a_transcript_has_the_form_of_transcribe(
    source: str, request: pytest.FixtureRequest
) -> None:
    if source == "service" and not are_installed():
        pytest.skip(".venv-speech is not set up")
    job, results = request.getfixturevalue(source).transcribe(FLIGHT.read_bytes())
    assert job["TranscriptionJobStatus"] == "COMPLETED", job
    items = results["items"]
    spoken = [item for item in items if item["type"] == "pronunciation"]
    assert faults_of_transcript(results) == []
    assert [item["id"] for item in items] == list(range(len(items)))
    segments = results["audio_segments"]
    assert " ".join(segment["transcript"] for segment in segments) == transcript(results)
    assert [number for segment in segments for number in segment["items"]] == [*range(len(items))]
    labelled = results["speaker_labels"]["segments"]
    assert sum(len(segment["items"]) for segment in labelled) == len(spoken)
    assert results["language_code"] == results["language_identification"][0]["code"] == "en-US"
    assert word_error_rate(FLIGHT_TEXT, transcript(results)) <= 0.1


@needs_engines
def test_a_vocabulary_changes_the_words_that_it_lists_and_no_others(service: Service) -> None:
    _, before = service.transcribe(FLIGHT.read_bytes())
    phrases = [{"spoken": "newark", "display_as": "Newark"}]
    service.lists.keep("vocabulary", "towns", {"phrases": phrases})
    options = {"LanguageOptions": ["de-DE", "en-US"]}
    _, after = service.transcribe(
        FLIGHT.read_bytes(), LanguageIdSettings={"en-US": {"VocabularyName": "towns"}}, **options
    )
    plain, corrected = words(transcript(before)), words(transcript(after))
    changes = [
        (plain[a:b], corrected[c:d])
        for kind, a, b, c, d in SequenceMatcher(None, plain, corrected).get_opcodes()
        if kind != "equal"
    ]
    assert changes == [(["new", "york"], ["newark"])]


@pytest.mark.parametrize(
    ("method", "text", "flagged"),
    [
        ("mask", "The *** in Boston was wonderful", 0),
        ("remove", "The in Boston was wonderful", 0),
        ("tag", "The hotel in Boston was wonderful", 1),
    ],
)
def test_a_vocabulary_filter_hides_words(
    recorded: Service, method: str, text: str, flagged: int
) -> None:
    recorded.lists.keep("vocabulary-filter", "words", {"words": ["Hotel"]})
    _, results = recorded.transcribe(
        FLIGHT.read_bytes(),
        Settings={"VocabularyFilterMethod": method},
        LanguageIdSettings={"en-US": {"VocabularyFilterName": "words"}},
    )
    assert text in transcript(results)
    assert sum("vocabularyFilterMatch" in item for item in results["items"]) == flagged


@pytest.mark.parametrize(
    ("recording", "changes", "reason"),
    [
        (b"no recording", {}, "Unsupported media format"),
        (FLIGHT.read_bytes(), {"MediaFormat": "wav"}, "does not match the detected"),
        (b"OggS" + bytes(200), {}, "Unsupported media format"),
    ],
)
@pytest.mark.parametrize("source", ["service", "recorded"])
def test_a_file_that_cannot_be_heard_fails_its_job(
    source: str,
    recording: bytes,
    changes: dict[str, str],
    reason: str,
    request: pytest.FixtureRequest,
) -> None:
    job, results = request.getfixturevalue(source).transcribe(recording, **changes)
    assert (job["TranscriptionJobStatus"], results) == ("FAILED", {})
    assert reason in job["FailureReason"]


@needs_engines
def test_silence_is_a_transcript_without_words(service: Service) -> None:
    job, results = service.transcribe(SILENCE.read_bytes())
    assert job["TranscriptionJobStatus"] == "COMPLETED", job
    assert (transcript(results), results["items"], results["audio_segments"]) == ("", [], [])


@pytest.mark.parametrize(
    ("heard", "errors"),
    [
        ("The train, left at noon!", 0),
        ("the train left", 2),
        ("the rain left at high noon", 2),
        ("", 5),
    ],
)
def test_word_errors_are_insertions_omissions_and_replacements(heard: str, errors: int) -> None:
    assert word_error_rate("The train left at noon", heard) == pytest.approx(errors / 5)


def test_an_unknown_recording_without_engines_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnheardError, match=r"delete \.build/speech\.stamp"):
        Engines(tmp_path, installed=False).hear(b"fLaC another")


@pytest.mark.parametrize("key", [WRITE_CHECK, "transcript.json"])
def test_a_caller_that_may_not_write_gets_no_transcript(recorded: Service, key: str) -> None:
    recorded.s3.denied = key
    if key == WRITE_CHECK:
        with pytest.raises(TaskError, match="write permission"):
            recorded.transcribe(FLIGHT.read_bytes())
    else:
        job, _ = recorded.transcribe(FLIGHT.read_bytes())
        assert "AccessDenied" in job["FailureReason"]


def test_lists_that_do_not_exist_are_refused(recorded: Service) -> None:
    with pytest.raises(TaskError) as refusal:
        recorded.transcribe(
            b"ID3", LanguageIdSettings={"en-US": {"VocabularyName": "none of this name"}}
        )
    assert refusal.value.error == "Transcribe.BadRequestException"
    with pytest.raises(TaskError) as refusal:
        recorded.speak("Hello.", LexiconNames=["Unknown"])
    assert refusal.value.error == "Polly.LexiconNotFoundException"


def test_a_vocabulary_is_a_table_with_columns() -> None:
    table = "DisplayAs\tPhrase\nSageMaker\tSage-Maker\n\tParquet\n"
    assert [(phrase.spoken, phrase.display_as) for phrase in phrases_of_table(table)] == [
        ("Sage Maker", "SageMaker"),
        ("Parquet", "Parquet"),
    ]
    with pytest.raises(VocabularyError, match="names its columns"):
        phrases_of_table("SageMaker\nParquet\n")


@needs_engines
@pytest.mark.parametrize(
    ("audio_format", "beginning"),
    [("mp3", (b"ID3", b"\xff\xf3")), ("ogg_vorbis", (b"OggS",)), ("ogg_opus", (b"OggS",))],
)
def test_speech_is_heard_again_as_its_text(
    service: Service, audio_format: str, beginning: tuple[bytes, ...]
) -> None:
    task, audio = service.speak(FLIGHT_TEXT, OutputFormat=audio_format)
    assert task["TaskStatus"] == "completed", task
    assert audio.startswith(beginning)
    if audio_format == "mp3":
        assert service.speak(FLIGHT_TEXT)[1] == audio
    _, results = service.transcribe(audio)
    assert word_error_rate(FLIGHT_TEXT, transcript(results)) <= 0.1


@needs_engines
def test_another_language_is_spoken_by_espeak_alike_each_time(service: Service) -> None:
    text = "Guten Tag, wie war die Reise?"
    speeches = {
        service.speak(text, VoiceId="Vicki", OutputFormat="pcm", SampleRate=rate)[1]
        for rate in ("16000", "16000", "8000")
    }
    lengths = sorted(map(len, speeches))
    assert len(lengths) == 2
    assert lengths[1] / lengths[0] == pytest.approx(2, rel=0.01)


@needs_engines
def test_speech_marks_cut_words_and_sentences_out_of_the_input(service: Service) -> None:
    text = (
        '<speak>Señora Müller <break time="1s"/><mark name="here"/>flew &amp; '
        '<sub alias="World Wide Web">WWW</sub>. <prosody rate="200%">Good night.</prosody></speak>'
    )
    kinds = ["word", "sentence", "ssml"]
    _, body = service.speak(text, TextType="ssml", OutputFormat="json", SpeechMarkTypes=kinds)
    marks = [json.loads(line) for line in body.decode().splitlines()]
    times = [mark["time"] for mark in marks]
    assert times == sorted(times)
    cut = [
        text.encode()[mark["start"] : mark["end"]].decode()
        for mark in marks
        if mark["type"] == "word"
    ]
    assert cut == ["Señora", "Müller", "flew", "WWW", "Good", "night"]
    (name,) = [mark["value"] for mark in marks if mark["type"] == "ssml"]
    (flew,) = [mark["time"] for mark in marks if mark["value"] == "flew"]
    (sentence, *_) = [mark["value"] for mark in marks if mark["type"] == "sentence"]
    assert (name, sentence) == ("here", "Señora Müller")
    assert flew > 1000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<speak>open", "no XML"),
        ("<p>Hello</p>", "outermost tag is not <speak>"),
        ("<speak><shout>Hello</shout></speak>", "<shout> is no tag"),
        ("<speak><emphasis>Hello</emphasis></speak>", "not available to the engine neural"),
        ('<speak><break time="11s"/></speak>', "longer than 10 s"),
        ('<!DOCTYPE a [<!ENTITY a "a">]><speak>&a;</speak>', "document type"),
    ],
)
def test_ssml_that_polly_does_not_take_is_refused(
    recorded: Service, text: str, reason: str
) -> None:
    with pytest.raises(TaskError, match=reason) as refusal:
        recorded.speak(text, TextType="ssml")
    assert refusal.value.error == "Polly.InvalidSsmlException"


def test_tags_are_not_billed(recorded: Service) -> None:
    paragraph = "<p>" + "a " * 49_999 + "</p>"
    task, _ = recorded.speak(f"<speak>{paragraph}</speak>", TextType="ssml")
    assert task["RequestCharacters"] == 99_998
    with pytest.raises(TaskError) as refusal:
        recorded.speak(f"<speak>{paragraph}one more</speak>", TextType="ssml")
    assert refusal.value.error == "Polly.TextLengthExceededException"


def test_a_lexicon_replaces_whole_words_in_its_language(recorded: Service) -> None:
    content = (ROOT / "models" / "language_chain" / "word_lists" / "lexicon.pls").read_text()
    language, lexemes = markup.lexicon(content)
    (sentence,) = markup.plain("IAM, not DIAM, reads Parquet.").sentences(lexemes)
    assert (language, sentence.spoken) == ("en-US", "I A M, not DIAM, reads [[pɑɹˈkeɪ]].")
    with pytest.raises(MarkupError, match="xml:lang"):
        markup.lexicon("<lexicon/>")


def test_without_engines_an_mp3_is_silent_and_nothing_else_is_made(recorded: Service) -> None:
    task, audio = recorded.speak("Hello.")
    assert (task["TaskStatus"], audio) == ("completed", SILENCE.read_bytes())
    task, audio = recorded.speak("Hello.", OutputFormat="ogg_vorbis")
    assert (task["TaskStatus"], audio) == ("failed", b"")
    assert "make demo" in task["TaskStatusReason"]


@needs_engines
def test_the_process_ends_with_its_owner(tmp_path: Path) -> None:
    owner = Engines(tmp_path)
    owner.speak([Sentence("Hello.")], "de", "pcm", 8000)
    process = owner._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=20) == 0
