"""Run the request of CreateTransformJob: what a model says of each line below a prefix."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

from local.runtime.workspace import LocalError
from local.services.sagemaker.hosting import Asked, ask
from local.services.sagemaker.jobs import objects, parts

_COLUMNS = re.compile(r"^\$(\[(?P<first>\d*):(?P<last>\d*)\])?$")


def transform(request: dict[str, Any], urls: list[str], s3: Any) -> int:
    """Write `<object>.out` for every object; returns the lines. Raises LocalError.

    Lines go to the model in parcels of MaxPayloadInMB, their columns as InputFilter says; with
    JoinSource each comes back with the answer behind it.
    """
    given, wanted = request["TransformInput"], request["TransformOutput"]
    source = given["DataSource"]["S3DataSource"]["S3Uri"]
    columns = _columns(request["DataProcessing"]["InputFilter"])
    most_bytes = request["MaxPayloadInMB"] * 1024 * 1024
    bucket, prefix = parts(source)
    target_bucket, target = parts(wanted["S3OutputPath"])
    count = 0
    for key in objects(s3, source):
        text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        lines = [line for line in text.split("\n") if line]
        said: list[str] = []
        for parcel in _parcels(lines, most_bytes):
            rows = [",".join(line.split(",")[columns]) for line in parcel]
            asked = Asked("\n".join(rows).encode(), given["ContentType"], wanted["Accept"])
            answer = ask(urls, asked)
            if not answer.ok:
                place = f"s3://{bucket}/{key}"
                raise LocalError(f"{place}: the model says {answer.status_code}: {answer.text}")
            said += [line for line in answer.text.split("\n") if line]
        joined = [f"{line},{one}\n" for line, one in zip(lines, said, strict=True)]
        place = f"{target.rstrip('/')}/{key.removeprefix(prefix)}.out"
        s3.put_object(Bucket=target_bucket, Key=place, Body="".join(joined).encode())
        count += len(lines)
    return count


def _columns(path: str) -> slice:
    found = _COLUMNS.match(path)
    if found is None:
        raise LocalError(f"InputFilter {path!r}: only $ and $[first:last] are understood here")
    first, last = found["first"], found["last"]
    return slice(int(first) if first else None, int(last) if last else None)


def _parcels(lines: list[str], most_bytes: int) -> Iterator[list[str]]:
    sizes = itertools.accumulate(len(line.encode()) + 1 for line in lines)
    numbered = zip(sizes, lines, strict=True)
    for _, parcel in itertools.groupby(numbered, key=lambda each: (each[0] - 1) // most_bytes):
        yield [line for _, line in parcel]
