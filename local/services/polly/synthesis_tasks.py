"""Polly's synthesis tasks: a file under the caller's rights, which holds no speech.

The file is written to `<prefix>.<task id>.<format>`, as Polly names it. Lexicons and SSML are not
looked at. A task is done when it starts, and says so at the third look.
"""

import uuid

from botocore.exceptions import ClientError

from local.runtime.emulator import REGION, Emulator
from local.services.task import CALLER, Arguments, Table, TaskError

LENIENT = [
    (
        "Lexicons and SSML are not looked at, and the file holds no speech.",
        "No voice is public.",
    ),
]

_LOOKS = 3
_ENDINGS = {"ogg_vorbis": "ogg", "ogg_opus": "ogg", "json": "marks"}


class SynthesisTasks:
    """The tasks, by id."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._tasks: dict[str, Arguments] = {}
        self._looks: dict[str, int] = {}

    def table(self) -> Table:
        """The stand-ins of the service's integrations."""
        return {
            "polly:startSpeechSynthesisTask": self._start,
            "polly:getSpeechSynthesisTask": self._get,
        }

    def _start(self, request: Arguments) -> Arguments:
        task_id, bucket = str(uuid.uuid4()), request["OutputS3BucketName"]
        ending = _ENDINGS.get(request["OutputFormat"], request["OutputFormat"])
        key = f"{request.get('OutputS3KeyPrefix', '')}.{task_id}.{ending}"
        s3 = self._emulator.client("s3", self._emulator.assume(CALLER.get(), "polly"))
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=b"ID3")
        except ClientError as error:
            message = f"The provided Amazon S3 bucket {bucket} cannot be written: {error}"
            raise TaskError("Polly.InvalidS3BucketException", message) from error
        uri = f"https://s3.{REGION}.amazonaws.com/{bucket}/{key}"
        self._tasks[task_id] = {"TaskId": task_id, "TaskStatus": "completed", "OutputUri": uri}
        return {"SynthesisTask": {**self._tasks[task_id], "TaskStatus": "scheduled"}}

    def _get(self, request: Arguments) -> Arguments:
        task_id = request["TaskId"]
        if task_id not in self._tasks:
            error = "Polly.SynthesisTaskNotFoundException"
            raise TaskError(error, "The requested synthesis task cannot be found.")
        self._looks[task_id] = self._looks.get(task_id, 0) + 1
        progress = {} if self._looks[task_id] >= _LOOKS else {"TaskStatus": "inProgress"}
        return {"SynthesisTask": {**self._tasks[task_id], **progress}}
