"""Runs CreateTransformJob: a model's answers for the objects below a prefix.

Supports text lines in MultiRecord batches, whose answers are joined with the input, InputFilter as
`$` or `$[first:last]`, and whole objects, one a request: `SplitType` `None`, "request payloads
contain the entire contents of an input object"
(docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformInput.html, read 2026-11-29), up to
MaxPayloadInMB. Raises LocalError for anything else, and for an error of the model.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import requests

from local.runtime.workspace import LocalError
from local.services.s3.objects import require_keys
from local.services.s3.uri import split_uri
from local.services.sagemaker.containers import ModelInput, invoke_containers
from local.services.task import Arguments

_DEFAULT_PAYLOAD_MEBIBYTES = 6
_COLUMNS = re.compile(r"^\$(\[(?P<first>\d*):(?P<last>\d*)\])?$")


def transform(request: Arguments, urls: list[str], s3: Any) -> int:
    """Write `<object>.out` for every object: its answer, or each line with one. Returns how many.

    docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformOutput.html, read 2026-11-29.
    """
    source = request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
    bucket, prefix = split_uri(source)
    target_bucket, target = split_uri(request["TransformOutput"]["S3OutputPath"])
    count = 0
    for key in require_keys(s3, source):
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        output_key = f"{target.rstrip('/')}/{key.removeprefix(prefix).lstrip('/')}.out"
        if request["TransformInput"].get("SplitType", "None") == "None":
            answer = _answer_to_all(request, urls, body, f"s3://{bucket}/{key}")
            s3.put_object(Bucket=target_bucket, Key=output_key, Body=answer)
            count += 1
            continue
        text = body.decode()
        lines = [line for line in text.split("\n") if line]
        answers = _answers(request, urls, lines, f"s3://{bucket}/{key}")
        joined = [f"{line},{answer}\n" for line, answer in zip(lines, answers, strict=True)]
        s3.put_object(Bucket=target_bucket, Key=output_key, Body="".join(joined).encode())
        count += len(lines)
    return count


def _answer_to_all(request: Arguments, urls: list[str], body: bytes, uri: str) -> bytes:
    """The model's answer to a whole object."""
    processing = request.get("DataProcessing", {})
    if processing.get("InputFilter", "$") != "$" or processing.get("JoinSource", "None") != "None":
        raise LocalError("A filter or a join needs lines here: with SplitType None, leave both.")
    mebibytes = request.get("MaxPayloadInMB", _DEFAULT_PAYLOAD_MEBIBYTES)
    if len(body) > mebibytes * 1024 * 1024:
        raise LocalError(
            f"{uri} is larger than MaxPayloadInMB={mebibytes}, and SplitType None sends it whole."
        )
    return _answer(request, urls, body, uri).content


def _answers(request: Arguments, urls: list[str], lines: list[str], uri: str) -> Iterator[str]:
    """The model's answer for each line, asked for in batches of MaxPayloadInMB."""
    columns = _columns(request["DataProcessing"]["InputFilter"])
    for batch in _batches(lines, request["MaxPayloadInMB"] * 1024 * 1024):
        rows = [",".join(line.split(",")[columns]) for line in batch]
        answer = _answer(request, urls, "\n".join(rows).encode(), uri)
        yield from (line for line in answer.text.split("\n") if line)


def _answer(request: Arguments, urls: list[str], body: bytes, uri: str) -> requests.Response:
    """The model's answer to one request of the job."""
    content_type = request["TransformInput"]["ContentType"]
    accept = request["TransformOutput"]["Accept"]
    answer = invoke_containers(urls, ModelInput(body, content_type, accept))
    if not answer.ok:
        raise LocalError(f"{uri}: the model answers {answer.status_code}: {answer.text}")
    return answer


def _columns(path: str) -> slice:
    match = _COLUMNS.match(path)
    if match is None:
        raise LocalError(f"InputFilter {path!r} is not supported here: use $ or $[first:last].")
    first, last = match["first"], match["last"]
    return slice(int(first) if first else None, int(last) if last else None)


def _batches(lines: list[str], most_bytes: int) -> Iterator[list[str]]:
    sizes = itertools.accumulate(len(line.encode()) + 1 for line in lines)
    numbered = zip(sizes, lines, strict=True)
    for _, batch in itertools.groupby(numbered, key=lambda entry: (entry[0] - 1) // most_bytes):
        yield [line for _, line in batch]
