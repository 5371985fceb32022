"""Transcribe's jobs: the caller's rights, the check of the output, and always the same words.

A job reads the recording and writes its transcript under the rights of its caller, after a test
object beside the output. A file that does not begin like a recording fails the job. Every other one
is two German turns: nothing is listened to, and vocabularies, filters and durations are not looked
at. A job is done when it starts, and says so at the third look.
"""

import json
from typing import Any

from botocore.exceptions import ClientError

from local.runtime.emulator import Emulator
from local.services.s3.uri import split_uri
from local.services.task import CALLER, Arguments, Table, TaskError

LENIENT = [
    (
        "Nothing is listened to; vocabularies, filters and durations are not looked at.",
        "No model of Transcribe is public.",
    ),
]

WRITE_CHECK = ".write_access_check_file.temp"
_LOOKS = 3
_TURNS = [
    {"speaker_label": "spk_0", "transcript": "Guten Tag, wie war die Reise nach Hamburg?"},
    {"speaker_label": "spk_1", "transcript": "Sie war wunderbar, danke, wir waren am Hafen."},
]
# How files of the supported formats begin: MP3, WAV, FLAC, Ogg, WebM, AMR.
_BEGINNINGS = (b"ID3", b"\xff\xfb", b"RIFF", b"fLaC", b"OggS", b"\x1aE\xdf\xa3", b"#!AMR")
_WRONG_FORMAT = (
    "The media format that you specified doesn't match the detected media format. Check the media"
    " format and try your request again."
)


class TranscriptionJobs:
    """The jobs, by name."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self.by_name: dict[str, Arguments] = {}
        self._looks: dict[str, int] = {}

    def table(self) -> Table:
        """The stand-ins of the service's integrations."""
        return {
            "transcribe:startTranscriptionJob": self._start,
            "transcribe:getTranscriptionJob": self._get,
        }

    def _start(self, request: Arguments) -> Arguments:
        name, bucket = request["TranscriptionJobName"], request["OutputBucketName"]
        s3 = self._emulator.client("s3", self._emulator.assume(CALLER.get(), "transcribe"))
        folder = request["OutputKey"].rpartition("/")[0]
        recording = _reached(
            f"The S3 URI {request['Media']['MediaFileUri']} can't be accessed.",
            lambda: _read(s3, request["Media"]["MediaFileUri"]),
        )
        _reached(
            f"The specified S3 bucket {bucket} can't be accessed. Make sure that you have write"
            " permission.",
            lambda: s3.put_object(Bucket=bucket, Key=f"{folder}/{WRITE_CHECK}", Body=b""),
        )
        job = {"TranscriptionJobName": name}
        if recording.startswith(_BEGINNINGS) or recording[4:8] == b"ftyp":
            s3.put_object(Bucket=bucket, Key=request["OutputKey"], Body=_transcript())
            job |= {"TranscriptionJobStatus": "COMPLETED", "LanguageCode": "de-DE"}
        else:
            job |= {"TranscriptionJobStatus": "FAILED", "FailureReason": _WRONG_FORMAT}
        self.by_name[name] = job
        return {"TranscriptionJob": {**job, "TranscriptionJobStatus": "QUEUED"}}

    def _get(self, request: Arguments) -> Arguments:
        name = request["TranscriptionJobName"]
        if name not in self.by_name:
            raise TaskError("Transcribe.NotFoundException", "The requested job couldn't be found.")
        self._looks[name] = self._looks.get(name, 0) + 1
        if self._looks[name] < _LOOKS:
            progress = {"TranscriptionJobName": name, "TranscriptionJobStatus": "IN_PROGRESS"}
            return {"TranscriptionJob": progress}
        return {"TranscriptionJob": self.by_name[name]}


def _read(s3: Any, uri: str) -> bytes:
    bucket, key = split_uri(uri)
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def _reached(message: str, call: Any) -> Any:
    """What `call` returns. Raises TaskError if the caller's rights do not suffice."""
    try:
        return call()
    except ClientError as error:
        raise TaskError("Transcribe.BadRequestException", f"{message} {error}") from error


def _transcript() -> bytes:
    transcripts = [{"transcript": " ".join(turn["transcript"] for turn in _TURNS)}]
    results = {"transcripts": transcripts, "audio_segments": _TURNS}
    return json.dumps({"results": results}).encode()
