"""SageMaker's data capture: requests and responses as JSON lines in S3, under the endpoint's role.

An object is written once no variant has been invoked for a second, at the latest after ten seconds;
SageMaker collects for minutes. The sampling
percentage is not applied: every invocation is captured.
"""

import base64
import json
import threading
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from local.runtime.emulator import Emulator
from local.services.sagemaker.endpoints import Endpoint, load_endpoints
from local.services.vpc.endpoints import s3_in_vpc

_POLL_SECONDS = 0.2
_QUIET_SECONDS, _LONGEST_SECONDS = 1.0, 10.0
_ENCODINGS = {"application/json": "JSON", "text/csv": "CSV"}


class DataCapture:
    """Collects the lines of each variant, and writes them to S3 in the background."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        """`folder` is the workspace's."""
        self._emulator, self._folder = emulator, folder
        self._lock = threading.Lock()
        self._lines: dict[tuple[str, str], list[bytes]] = {}
        self._first, self._last = 0.0, 0.0
        threading.Thread(target=self._flush_forever, daemon=True).start()

    def add(self, endpoint_name: str, variant: str, line: bytes) -> None:
        """Keep a line until the next flush."""
        with self._lock:
            self._last = time.monotonic()
            self._first = self._first if self._lines else self._last
            self._lines.setdefault((endpoint_name, variant), []).append(line)

    def _flush_forever(self) -> None:
        while True:
            time.sleep(_POLL_SECONDS)
            now = time.monotonic()
            ripe = now - self._last > _QUIET_SECONDS or now - self._first > _LONGEST_SECONDS
            if self._lines and ripe:
                self._flush(load_endpoints(self._folder))

    def _flush(self, endpoints: Mapping[str, Endpoint]) -> None:
        """Write one object for each variant that was invoked."""
        with self._lock:
            pending, self._lines = self._lines, {}
        for (name, variant), lines in pending.items():
            endpoint = endpoints[name]
            s3 = s3_in_vpc(self._emulator, endpoint.role_arn, endpoint.vpc_endpoint_id)
            hour = datetime.now(UTC).strftime("%Y/%m/%d/%H")
            key = f"capture/{name}/{variant}/{hour}/{uuid.uuid4()}.jsonl"
            s3.put_object(Bucket=endpoint.capture_bucket, Key=key, Body=b"".join(lines))


def captured_line(
    inference_id: str, request: tuple[str, bytes], response: tuple[str, bytes]
) -> bytes:
    """One invocation as SageMaker writes it; request and response are content type and body."""
    document = {
        "captureData": {
            "endpointInput": _captured("INPUT", *request),
            "endpointOutput": _captured("OUTPUT", *response),
        },
        "eventMetadata": {
            "eventId": str(uuid.uuid4()),
            "inferenceId": inference_id,
            "inferenceTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "eventVersion": "0",
    }
    return json.dumps(document).encode() + b"\n"


def _captured(mode: str, content_type: str, body: bytes) -> dict[str, str]:
    encoding = _ENCODINGS.get(content_type.partition(";")[0])
    data = body.decode(errors="replace") if encoding else base64.b64encode(body).decode()
    return {
        "observedContentType": content_type,
        "mode": mode,
        "data": data,
        "encoding": encoding or "BASE64",
    }
