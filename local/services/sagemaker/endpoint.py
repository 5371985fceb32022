"""What stands behind SageMaker's InvokeEndpoint here: variants, their shares, data capture.

The embedded AWS has asked for the right to invoke when a request comes to `services/tasks.py`,
which hands it on to here. It picks a
variant as SageMaker does, lets that model's server answer (`model_server.py`, the real
`inference.py`), and writes what was asked and answered to S3 in SageMaker's own format, under the
endpoint's role, as from inside the VPC.

`endpoints.json` of the workspace says what is served: name -> `Served`.
"""

import base64
import json
import random
import threading
import time
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError
from local.services.sagemaker.hosting import Asked, ask
from local.services.sagemaker.jobs import s3_in_the_vpc

_FLUSH_SECONDS = 1.0
_ENCODINGS = {"application/json": "JSON", "text/csv": "CSV"}


@dataclass(frozen=True)
class Variant:
    """The containers of a model, one behind the other, and its share of the traffic."""

    name: str
    urls: list[str]
    weight: float = 1.0


@dataclass(frozen=True)
class Served:
    """One endpoint: who answers, and where the capture of it goes."""

    variants: list[Variant]
    capture_bucket: str
    role_arn: str
    vpc_endpoint_id: str


@dataclass
class Answer:
    """What a caller of InvokeEndpoint gets."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def serve_only(folder: Path, name: str, served: Served) -> None:
    """Let `name` be the endpoint there is."""
    (folder / "endpoints.json").write_text(json.dumps({name: asdict(served)}))


def endpoints(folder: Path) -> dict[str, Served]:
    """The endpoints there are."""
    path = folder / "endpoints.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    return {
        name: Served(**{**each, "variants": [Variant(**one) for one in each["variants"]]})
        for name, each in known.items()
    }


class Capture:
    """Collects what variants were asked and answered, and writes it to S3 now and then."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self._emulator, self._folder = emulator, folder
        self._lock = threading.Lock()
        self._lines: dict[tuple[str, str], list[bytes]] = {}
        threading.Thread(target=self._flush_for_ever, daemon=True).start()

    def add(self, endpoint: str, variant: str, line: bytes) -> None:
        """Keep a line until the next flush."""
        with self._lock:
            self._lines.setdefault((endpoint, variant), []).append(line)

    def flush(self, served: dict[str, Served]) -> None:
        """Write one object for each variant that was asked something."""
        with self._lock:
            taken, self._lines = self._lines, {}
        for (endpoint, variant), lines in taken.items():
            one = served[endpoint]
            s3 = s3_in_the_vpc(self._emulator, one.role_arn, one.vpc_endpoint_id)
            hour = datetime.now(UTC).strftime("%Y/%m/%d/%H")
            key = f"capture/{endpoint}/{variant}/{hour}/{uuid.uuid4()}.jsonl"
            s3.put_object(Bucket=one.capture_bucket, Key=key, Body=b"".join(lines))

    def _flush_for_ever(self) -> None:
        while True:
            time.sleep(_FLUSH_SECONDS)
            self.flush(endpoints(self._folder))


def invoke(
    served: dict[str, Served], name: str, headers: dict[str, str], body: bytes, capture: Capture
) -> Answer:
    """Answer one InvokeEndpoint, with the service's own errors."""
    if name not in served:
        return _error(400, "ValidationError", f"Endpoint {name} of account not found.")
    variants = served[name].variants
    wanted = headers.get("x-amzn-sagemaker-target-variant")
    if wanted and wanted not in {variant.name for variant in variants}:
        return _error(400, "ValidationError", f"Variant {wanted} not found for {name}.")
    variant = next(
        (each for each in variants if each.name == wanted),
        random.choices(variants, [each.weight for each in variants])[0],  # noqa: S311 -- as by lot
    )
    content_type = headers.get("content-type", "application/octet-stream")
    try:
        answer = ask(variant.urls, Asked(body, content_type, headers.get("accept", "*/*")))
    except LocalError:
        return _error(503, "ServiceUnavailable", f"Variant {variant.name} does not answer.")
    if not answer.ok:
        return _error(
            424,
            "ModelError",
            f"Received client error ({answer.status_code}) from {variant.name}.",
            OriginalStatusCode=answer.status_code,
            OriginalMessage=answer.text,
        )
    answered = answer.headers.get("content-type", "application/json")
    record = {
        "captureData": {
            "endpointInput": _captured("INPUT", content_type, body),
            "endpointOutput": _captured("OUTPUT", answered, answer.content),
        },
        "eventMetadata": {
            "eventId": str(uuid.uuid4()),
            "inferenceId": headers.get("x-amzn-sagemaker-inference-id", ""),
            "inferenceTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "eventVersion": "0",
    }
    capture.add(name, variant.name, json.dumps(record).encode() + b"\n")
    told = {"content-type": answered, "x-amzn-invoked-production-variant": variant.name}
    return Answer(200, answer.content, told)


def _captured(mode: str, content_type: str, body: bytes) -> dict[str, str]:
    encoding = _ENCODINGS.get(content_type.partition(";")[0])
    data = body.decode(errors="replace") if encoding else base64.b64encode(body).decode()
    return {
        "observedContentType": content_type,
        "mode": mode,
        "data": data,
        "encoding": encoding or "BASE64",
    }


def _error(status: int, code: str, message: str, **more: Any) -> Answer:
    headers = {"x-amzn-errortype": code, "content-type": "application/json"}
    return Answer(status, json.dumps({"Message": message, **more}).encode(), headers)
