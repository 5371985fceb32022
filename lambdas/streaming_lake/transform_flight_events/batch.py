"""How much of a batch fits into one answer to Firehose, and what each record is answered."""

from dataclasses import dataclass

import msgspec

from .envelope import Answer, FirehoseRecord, Source
from .transform import Transformed, transform

# Lambda answers with at most 6 MiB; AWS's own blueprint stops here, and so leaves headroom.
RESPONSE_LIMIT = 6_000_000
_ENVELOPE = len('{"recordId": "", "result": "ProcessingFailed", "data": ""}, ')


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that is answered with its own lines; `output` is its good ones in base64."""

    record: FirehoseRecord
    source: Source
    transformed: Transformed
    output: str

    def answer(self, *, safe: bool) -> Answer:
        """What to tell Firehose, given whether its rejected lines are safely written."""
        record_id = self.record["recordId"]
        if not safe:
            original = self.record["data"]
            return {"recordId": record_id, "result": "ProcessingFailed", "data": original}
        if not self.transformed.accepted:
            return dropped(self.record)
        return {"recordId": record_id, "result": "Ok", "data": self.output}

    @property
    def size(self) -> int:
        """The most that its answer can hold: the original goes back if a write fails."""
        if self.transformed.rejected:
            return max(len(self.output), len(self.record["data"]))
        return len(self.output)


def fit(records: list[FirehoseRecord]) -> tuple[list[Kept], list[FirehoseRecord]]:
    """Transform records while their answers fit; the second list is those left, untouched.

    The first record always counts as fitting: put back, it would only meet the same limit again.
    """
    size = sum(_ENVELOPE + len(record["recordId"]) for record in records)
    fitting: list[Kept] = []
    for index, record in enumerate(records):
        candidate = _prepare(record)
        size += candidate.size
        if fitting and size > RESPONSE_LIMIT:
            return fitting, records[index:]
        fitting.append(candidate)
    return fitting, []


def dropped(record: FirehoseRecord) -> Answer:
    """The answer for a record that is safe elsewhere."""
    return {"recordId": record["recordId"], "result": "Dropped"}


def _prepare(record: FirehoseRecord) -> Kept:
    source = Source.of(record)
    # msgspec reads and writes base64 several times faster than the standard library.
    transformed = transform(msgspec.convert(record["data"], bytes), source.arrived_at)
    output: str = msgspec.to_builtins(transformed.output)
    return Kept(record, source, transformed, output)
