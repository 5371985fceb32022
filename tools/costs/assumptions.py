"""What no template says, and every figure rests on: each stated beside what it is used for.

The text of a field is what the site prints. What was measured is in the README's table of figures.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Annotated, Any, get_type_hints


@dataclass(frozen=True)
class Idle:
    """What goes on while nobody uses anything."""

    glue_run_minutes: Annotated[float, "minutes of a run that finds nothing: the least Glue bills"]
    glue_run_workers: Annotated[int, "workers of such a run, of 1 DPU each"]
    crawl_minutes: Annotated[float, "minutes of a crawl: the least Glue bills"]
    crawl_dpu: Annotated[int, "DPU of a crawler"]
    pollers: Annotated[int, "long polls at once with which Lambda waits at a queue"]
    poll_seconds: Annotated[float, "seconds of a long poll at an empty queue"]
    sweep_seconds: Annotated[float, "seconds of a look whether a document was left lying"]
    sweep_reads: Annotated[float, "read request units of it"]
    sweep_key_requests: Annotated[int, "requests to KMS, for its message and its reads"]
    sweep_log_bytes: Annotated[int, "bytes it logs, its metrics included"]
    flow_record_bytes: Annotated[int, "bytes of a flow log's word that nothing happened"]


IDLE = Idle(
    glue_run_minutes=1,
    glue_run_workers=2,
    crawl_minutes=10,
    crawl_dpu=2,
    # So many even below that concurrency: only without a maximum does Lambda go down to two.
    pollers=5,
    poll_seconds=20,
    sweep_seconds=0.3,
    sweep_reads=3,
    sweep_key_requests=3,
    sweep_log_bytes=2_000,
    flow_record_bytes=120,
)


@dataclass(frozen=True)
class Lake:
    """What a lake is fed, and how fast its parts are."""

    event_bytes: Annotated[int, "bytes of an event: the mean of the demo's flights"]
    record_bytes: Annotated[int, "bytes of a record into which the producer packs events"]
    transform_mb_a_second: Annotated[float, "MB/s of the transform, measured on one core"]
    call_overhead_seconds: Annotated[float, "seconds a call takes besides"]
    call_log_bytes: Annotated[int, "bytes a call logs"]
    gzip_ratio: Annotated[float, "times smaller is the raw log under GZIP, measured"]
    parquet_ratio: Annotated[float, "times smaller is Parquet than the JSON it is made from"]
    curate_minutes: Annotated[float, "minutes of a curation, with as many workers as it may take"]


LAKE = Lake(
    event_bytes=271,
    record_bytes=100 * 1024,
    transform_mb_a_second=226,
    call_overhead_seconds=0.02,
    call_log_bytes=1_500,
    gzip_ratio=9.6,
    parquet_ratio=5,
    curate_minutes=3,
)


@dataclass(frozen=True)
class Platform:
    """What a model takes to train, and to be asked."""

    spot_saving: Annotated[float, "saved by spot; AWS says up to 0.9, it is never promised"]
    training_minutes: Annotated[float, "minutes of a training job that are billed, its start too"]
    evaluation_minutes: Annotated[float, "minutes of the evaluation that are billed"]
    transform_minutes: Annotated[float, "minutes of a batch transform that are billed"]
    processing_gibibytes: Annotated[int, "GiB of the volume of an evaluation or a transform"]
    prediction_seconds: Annotated[float, "seconds of the API's function a call"]
    exchange_bytes: Annotated[int, "bytes of a question and its answer"]
    call_log_bytes: Annotated[int, "bytes that gateway and function log a call"]
    captured_calls_a_file: Annotated[int, "calls in a file that the endpoint captures"]
    drift_seconds: Annotated[float, "seconds of the drift check for a file"]
    serverless_seconds: Annotated[float, "seconds a serverless endpoint bills a call"]


PLATFORM = Platform(
    spot_saving=0.65,
    training_minutes=4,
    evaluation_minutes=5,
    transform_minutes=6,
    processing_gibibytes=10,
    prediction_seconds=0.03,
    exchange_bytes=2_000,
    call_log_bytes=1_500,
    captured_calls_a_file=500,
    drift_seconds=1,
    serverless_seconds=0.05,
)


@dataclass(frozen=True)
class Chain:
    """What a document takes of the language chain; counted in the embedded AWS."""

    call_seconds: Annotated[float, "seconds a call of Translate or Comprehend takes"]
    function_seconds: Annotated[float, "seconds a function takes"]
    states: Annotated[int, "states of the workflows that a document enters, its parts left out"]
    functions: Annotated[int, "calls of a function: two to split, one to merge, two of the intake"]
    translation_growth: Annotated[float, "times as long is a translation, counted"]
    characters_an_hour: Annotated[int, "characters that are said in an hour"]
    transcription_states: Annotated[int, "more states of a recording, its waiting included"]


CHAIN = Chain(
    call_seconds=0.3,
    function_seconds=0.5,
    states=19,
    functions=5,
    translation_growth=1.025,
    characters_an_hour=54_000,
    transcription_states=100,
)


def stated(assumptions: Idle | Lake | Platform | Chain) -> Iterator[tuple[str, float]]:
    """What each assumption says, and its value."""
    hints: dict[str, Any] = get_type_hints(type(assumptions), include_extras=True)
    for each in fields(assumptions):
        yield hints[each.name].__metadata__[0], getattr(assumptions, each.name)
