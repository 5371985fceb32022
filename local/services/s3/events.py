"""S3's events on the default bus: with the version of the object, and now and then twice.

The detail of an event carries `version-id` if the bucket is versioned
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html, from knowledge); ministack
leaves it out, so that no reader needed `s3:GetObjectVersion`. S3 delivers events at least once, now
and then after a minute or later
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html, read 2026-11-29):
here each fifth event comes again, a second later.
"""

import itertools
import json
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.services import eventbridge, s3

from local.runtime.wrapping import wrap

LENIENT = [
    (
        "A bucket sends events from its creation on; on AWS about five minutes after EventBridge"
        " was enabled.",
        "A demo would wait as long. `make verify` uploads again what was not received.",
    ),
]

_EVERY = 5
_AGAIN_SECONDS = 1.0
_version_id: ContextVar[str] = ContextVar("version_id", default="")
_numbers = itertools.count(1)


def close() -> None:
    """Send events as S3 does."""
    wrap(s3, "_fire_s3_event", _fire)
    wrap(eventbridge, "_dispatch_event", _dispatch)


def _fire(original: Callable[..., None], *arguments: Any, **options: Any) -> None:
    """Runs in a thread of the event's own."""
    _version_id.set(options.get("version_id") or "")
    original(*arguments, **options)


def _dispatch(original: Callable[..., None], event: dict[str, Any], view: Any = None) -> None:
    if event.get("Source") != "aws.s3":
        original(event, view)
        return
    detail = json.loads(event["Detail"])
    if version_id := _version_id.get():
        detail["object"]["version-id"] = version_id
    event = {**event, "Detail": json.dumps(detail)}
    original(event, None)
    if next(_numbers) % _EVERY == 0:
        time.sleep(_AGAIN_SECONDS)
        original(event, None)
