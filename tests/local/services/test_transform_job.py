"""Batch transforms of the local AWS: what a request to the model holds, and what is refused."""

from io import BytesIO
from typing import Any

import pytest

from local.runtime.workspace import LocalError
from local.services.sagemaker import transform_job
from local.services.sagemaker.containers import ModelInput

FILES = {"in/a.csv": b"1,2\n3,4\n", "in/b.csv": b"5,6\n"}


class Bucket:
    """Two files, and what is written beside them."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def get_object(self, *, Key: str, **_: str) -> dict[str, Any]:  # noqa: N803 -- boto3's
        return {"Body": BytesIO(FILES[Key])}

    def put_object(self, *, Key: str, Body: bytes, **_: str) -> None:  # noqa: N803
        self.objects[Key] = Body


class Answer:
    ok = True

    def __init__(self, text: str) -> None:
        self.text, self.content = text, text.encode()


@pytest.fixture
def bodies(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the model was asked, by requests; it answers each line with `-` and the line."""
    requests: list[bytes] = []

    def invoke(_urls: list[str], model_input: ModelInput) -> Answer:
        requests.append(model_input.body)
        lines = model_input.body.decode().split("\n")
        return Answer("".join(f"-{line}\n" for line in lines if line))

    monkeypatch.setattr(transform_job, "invoke_containers", invoke)
    monkeypatch.setattr(transform_job, "require_keys", lambda _s3, _uri: list(FILES))
    return requests


def request(split: str, megabytes: int = 1, **processing: str) -> dict[str, Any]:
    whole = split == "None"
    return {
        "MaxPayloadInMB": megabytes,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3Uri": "s3://bucket/in/"}},
            "ContentType": "text/csv",
            "SplitType": split,
        },
        "TransformOutput": {"S3OutputPath": "s3://bucket/out/", "Accept": "text/csv"},
        "DataProcessing": {
            "InputFilter": "$",
            "JoinSource": "None" if whole else "Input",
            **processing,
        },
    }


def test_a_file_that_is_not_split_is_one_request_and_its_answer_stands_alone(
    bodies: list[bytes],
) -> None:
    bucket = Bucket()
    assert transform_job.transform(request("None"), [], bucket) == len(FILES)
    assert bodies == list(FILES.values())
    assert bucket.objects == {"out/a.csv.out": b"-1,2\n-3,4\n", "out/b.csv.out": b"-5,6\n"}


def test_lines_are_joined_with_their_answers(bodies: list[bytes]) -> None:
    bucket = Bucket()
    transform_job.transform(request("Line", InputFilter="$[1:2]"), [], bucket)
    assert bodies == [b"2\n4", b"6"]
    assert bucket.objects["out/a.csv.out"] == b"1,2,-2\n3,4,-4\n"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (request("None", megabytes=0), "larger than MaxPayloadInMB=0"),
        (request("None", InputFilter="$[1:2]"), "needs lines"),
        (request("None", JoinSource="Input"), "needs lines"),
    ],
)
def test_what_a_whole_file_cannot_have_is_refused(
    changed: dict[str, Any], words: str, bodies: list[bytes]
) -> None:
    with pytest.raises(LocalError, match=words):
        transform_job.transform(changed, [], Bucket())
    assert not bodies
