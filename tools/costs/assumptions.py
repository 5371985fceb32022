"""What no template says about an idle environment, and its cost rests on.

The text of a field is what the site prints. Measured values are in `docs/figures.toml`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Annotated, Any, get_type_hints


@dataclass(frozen=True)
class Idle:
    """What happens while nobody uses anything."""

    run_seconds: Annotated[float, "seconds of a scheduled function that finds nothing to do"]
    run_log_bytes: Annotated[int, "bytes that such a run logs, its metrics included"]
    glue_run_minutes: Annotated[float, "minutes of a Glue job that finds nothing: Glue's minimum"]
    glue_run_workers: Annotated[int, "workers of such a run, of 1 DPU each"]
    crawl_minutes: Annotated[float, "minutes of a crawl: Glue's minimum"]
    crawl_dpu: Annotated[int, "DPUs of a crawler"]
    pollers: Annotated[int, "concurrent long polls by which Lambda waits for messages of a queue"]
    poll_seconds: Annotated[float, "seconds of a long poll at an empty queue"]
    flow_record_bytes: Annotated[int, "bytes of a flow log record without data"]


IDLE = Idle(
    run_seconds=1,
    run_log_bytes=2_000,
    glue_run_minutes=1,
    glue_run_workers=2,
    crawl_minutes=10,
    crawl_dpu=2,
    # Five even below that concurrency: only without a maximum does Lambda go down to two.
    pollers=5,
    poll_seconds=20,
    flow_record_bytes=120,
)


def stated(assumptions: Any) -> Iterator[tuple[str, float]]:
    """The text and the value of each field of a dataclass of annotated assumptions."""
    hints: dict[str, Any] = get_type_hints(type(assumptions), include_extras=True)
    for field in fields(assumptions):
        yield hints[field.name].__metadata__[0], getattr(assumptions, field.name)
