"""The transform Lambda's handler: its answers to Firehose, and its writes to S3 and Kinesis."""

import io
import json
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mypy_boto3_kinesis import KinesisClient
from mypy_boto3_s3 import S3Client

from lambdas.streaming_lake.transform_flight_events import put_back
from lambdas.streaming_lake.transform_flight_events.batch import RESPONSE_LIMIT
from lambdas.streaming_lake.transform_flight_events.envelope import FirehoseEvent, Response
from lambdas.streaming_lake.transform_flight_events.transform import transform
from tests.lambdas.streaming_lake.samples import ARRIVED_AT, STREAM, batch, decoded, line

GOOD = line()
KEY = "rejected/arrival_hour=2026-11-20-22/shardId-000000000000-4954000001.jsonl"


class Transform:
    """The handler, called as Lambda calls it."""

    def __init__(self, module: ModuleType, context: SimpleNamespace) -> None:
        self.module, self.context = module, context

    def __call__(self, event: FirehoseEvent) -> Response:
        response: Response = self.module.handler(event, self.context)
        assert len(json.dumps(response)) < 6 * 1024 * 1024
        return response


@pytest.fixture
def run(handler_module: ModuleType, context: SimpleNamespace, aws: None) -> Transform:
    return Transform(handler_module, context)


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(put_back, "WAITS", (0, 0))


def results(response: Response) -> list[str]:
    return [answer["result"] for answer in response["records"]]


def objects(s3: S3Client) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket="lake").get("Contents", [])]


def rejected(s3: S3Client, key: str = KEY) -> list[dict[str, Any]]:
    body = s3.get_object(Bucket="lake", Key=key)["Body"].read()
    return [json.loads(text) for text in body.splitlines()]


def on_stream(kinesis: KinesisClient) -> list[tuple[str, bytes]]:
    shard = kinesis.list_shards(StreamName="events")["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(
        StreamName="events", ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    entries = kinesis.get_records(ShardIterator=iterator)["Records"]
    return [(entry["PartitionKey"], entry["Data"]) for entry in entries]


def too_large() -> FirehoseEvent:
    """Six records, each with a bad line; the answers of four fit into a response."""
    return batch(*[b"bad\n" + b"\n".join([GOOD] * 3000)] * 6)


def test_good_lines_are_delivered_and_nothing_is_rejected(run: Transform, s3: S3Client) -> None:
    response = run(batch(GOOD + b"\n" + GOOD + b"\n", GOOD))
    assert results(response) == ["Ok", "Ok"]
    outputs = [decoded(answer["data"]) for answer in response["records"]]
    assert outputs[0] == outputs[1] * 2 == transform(GOOD + b"\n" + GOOD, ARRIVED_AT).output
    assert objects(s3) == []


def test_bad_lines_are_written_with_reason_and_origin(run: Transform, s3: S3Client) -> None:
    response = run(batch(b"\n".join([GOOD, b"{}", b"\xff", b"", GOOD])))
    assert results(response) == ["Ok"]
    assert objects(s3) == [KEY]
    assert s3.head_object(Bucket="lake", Key=KEY)["ContentType"] == "application/x-ndjson"
    missing, binary, empty = rejected(s3)
    assert missing == {
        "reason": "missing_field",
        "detail": "Object missing required field `event_id`",
        "line_number": 2,
        "line": "{}",
        "shard_id": "shardId-000000000000",
        "sequence_number": "4954000001",
        "partition_key": "key-1",
        "arrived_at": ARRIVED_AT,
    }
    assert (binary["reason"], binary["line_base64"], "line" in binary) == (
        "not_utf8",
        "/w==",
        False,
    )
    assert (empty["reason"], empty["line"], empty["line_number"]) == ("empty_line", "", 4)


@pytest.mark.parametrize("nothing", [b"", b"\n"])
def test_a_record_without_a_good_line_is_dropped(
    run: Transform, s3: S3Client, nothing: bytes
) -> None:
    assert run(batch(nothing))["records"] == [{"recordId": "record-1", "result": "Dropped"}]
    assert [line_report["reason"] for line_report in rejected(s3)] == ["empty_line"]


def test_a_repeated_batch_is_written_once(run: Transform, s3: S3Client) -> None:
    event = batch(GOOD + b"\nbad", b"bad")
    assert run(event) == run(event)
    versions = s3.list_object_versions(Bucket="lake")["Versions"]
    assert len(versions) == 2 == len({version["Key"] for version in versions})


def test_lines_that_were_written_before_count_as_written(run: Transform) -> None:
    with Stubber(run.module.s3) as s3:
        s3.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
        assert results(run(batch(b"bad"))) == ["Dropped"]
        s3.assert_no_pending_responses()


def test_a_write_beside_one_of_the_same_object_is_tried_again(run: Transform) -> None:
    with Stubber(run.module.s3) as s3:
        s3.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
        s3.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
        assert results(run(batch(b"bad"))) == ["Dropped"]
        s3.assert_no_pending_responses()


def test_the_write_is_conditional(run: Transform) -> None:
    expected = {"Bucket": "lake", "Key": KEY, "Body": ANY, "IfNoneMatch": "*"}
    with Stubber(run.module.s3) as s3:
        s3.add_response("put_object", {}, expected | {"ContentType": "application/x-ndjson"})
        assert results(run(batch(b"bad"))) == ["Dropped"]


def test_a_record_whose_write_fails_is_returned_unchanged(run: Transform) -> None:
    # The test has no fixture that creates the bucket.
    event = batch(GOOD + b"\nbad", b"bad", GOOD)
    response = run(event)
    assert results(response) == ["ProcessingFailed", "ProcessingFailed", "Ok"]
    originals = [record["data"] for record in event["records"]]
    assert [answer["data"] for answer in response["records"][:2]] == originals[:2]


def test_the_response_has_room_for_unchanged_records(
    run: Transform, kinesis: KinesisClient
) -> None:
    padded = GOOD[:-1] + b',"unknown":"' + b"x" * 900_000 + b'"}\nbad'
    response = run(batch(*[padded] * 6))
    assert results(response) == ["ProcessingFailed"] * 4 + ["Dropped"] * 2
    assert len(json.dumps(response)) <= RESPONSE_LIMIT


def test_a_lost_connection_is_a_failed_write(
    run: Transform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put_object(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3")

    monkeypatch.setattr(run.module, "s3", SimpleNamespace(put_object=put_object))
    assert results(run(batch(b"bad", GOOD))) == ["ProcessingFailed", "Ok"]


def test_records_that_do_not_fit_are_put_back_unchanged(
    run: Transform, s3: S3Client, kinesis: KinesisClient
) -> None:
    event = too_large()
    response = run(event)

    assert [answer["recordId"] for answer in response["records"]] == [
        record["recordId"] for record in event["records"]
    ]
    assert results(response) == ["Ok"] * 4 + ["Dropped"] * 2
    assert len(json.dumps(response)) <= RESPONSE_LIMIT

    # Output and stream together are the input, and only what was kept has its bad lines written.
    payloads = [decoded(record["data"]) for record in event["records"]]
    for payload, answer in zip(payloads[:4], response["records"], strict=False):
        assert decoded(answer["data"]) == transform(payload, ARRIVED_AT).output
    assert on_stream(kinesis) == [("key-5", payloads[4]), ("key-6", payloads[5])]
    assert len(objects(s3)) == 4


def test_only_the_refused_records_are_sent_again(
    run: Transform, s3: S3Client, no_waits: None
) -> None:
    event = too_large()
    remaining = [
        {"Data": decoded(record["data"]), "PartitionKey": f"key-{number}"}
        for number, record in enumerate(event["records"], start=1)
    ][4:]
    throttled = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow"}
    accepted = {"SequenceNumber": "1", "ShardId": "shardId-000000000000"}
    with Stubber(run.module.kinesis) as kinesis:
        answers: list[tuple[list[dict[str, str]], list[Any]]] = [
            ([throttled, accepted], remaining),
            ([throttled], remaining[:1]),
            ([accepted], remaining[:1]),
        ]
        for result, record_sent in answers:
            kinesis.add_response(
                "put_records", {"Records": result}, {"StreamARN": STREAM, "Records": record_sent}
            )
        assert results(run(event)) == ["Ok"] * 4 + ["Dropped"] * 2
        kinesis.assert_no_pending_responses()


def test_the_batch_fails_if_records_cannot_be_put_back(
    run: Transform, s3: S3Client, no_waits: None, capsys: pytest.CaptureFixture[str]
) -> None:
    event = too_large()
    refused = {"ErrorCode": "InternalFailure", "ErrorMessage": "no"}
    with Stubber(run.module.kinesis) as kinesis:
        for _ in range(3):
            kinesis.add_response("put_records", {"Records": [refused, refused]})
        with (
            pytest.warns(UserWarning, match="No application metrics"),
            pytest.raises(put_back.PutBackError),
        ):
            run(event)
    assert metrics_in(capsys) == {}
    # The bad lines of the first four records are written; a retry does not write them again.
    assert len(s3.list_object_versions(Bucket="lake")["Versions"]) == 4


@pytest.mark.parametrize("without", ["stream", "metadata"])
def test_records_that_were_put_to_firehose_cannot_be_put_back(
    run: Transform, s3: S3Client, without: str
) -> None:
    event = too_large()
    if without == "stream":
        del event["sourceKinesisStreamArn"]
    else:
        for record in event["records"]:
            del record["kinesisRecordMetadata"]
    with (
        pytest.warns(UserWarning, match="No application"),
        pytest.raises(put_back.PutBackError, match="directly"),
    ):
        run(event)


def test_rejected_lines_of_a_record_without_stream_are_named_after_its_id(
    run: Transform, s3: S3Client
) -> None:
    event = batch(b"bad")
    del event["records"][0]["kinesisRecordMetadata"]
    assert results(run(event)) == ["Dropped"]
    (rejection,) = rejected(s3, "rejected/arrival_hour=2026-11-20-22/record-1.jsonl")
    assert (rejection["shard_id"], rejection["sequence_number"], rejection["partition_key"]) == (
        None,
    ) * 3
    assert rejection["arrived_at"] == "2026-11-20T22:16:00.123Z"


def test_records_of_one_aggregate_have_different_keys(run: Transform, s3: S3Client) -> None:
    event = batch(b"bad", b"bad")
    for number, record in enumerate(event["records"]):
        record["kinesisRecordMetadata"]["sequenceNumber"] = "7"
        record["kinesisRecordMetadata"]["subsequenceNumber"] = number
    run(event)
    assert [key.rpartition("/")[2] for key in objects(s3)] == [
        "shardId-000000000000-7-0.jsonl",
        "shardId-000000000000-7-1.jsonl",
    ]


def metrics_in(capsys: pytest.CaptureFixture[str]) -> dict[tuple[str, str | None], float]:
    """Metric values by name and reason, as CloudWatch reads them from the log."""
    values: dict[tuple[str, str | None], float] = {}
    for text in capsys.readouterr().out.splitlines():
        blob = json.loads(text)
        for directive in blob.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == "StreamingLake"
            (dimensions,) = directive["Dimensions"]
            assert set(dimensions) == {"service"} | ({"reason"} if "reason" in blob else set())
            for metric in directive["Metrics"]:
                assert (metric["Name"], blob.get("reason")) not in values
                values[metric["Name"], blob.get("reason")] = blob[metric["Name"]][0]
    return values


def test_lines_are_counted_in_all_and_by_reason(
    run: Transform, s3: S3Client, capsys: pytest.CaptureFixture[str]
) -> None:
    run(batch(GOOD + b"\n" + GOOD + b"\nbad", b"\n\n", b"{}"))
    assert metrics_in(capsys) == {
        ("AcceptedLines", None): 2,
        ("RejectedLines", None): 4,
        ("RejectedLines", "not_json"): 1,
        ("RejectedLines", "empty_line"): 2,
        ("RejectedLines", "missing_field"): 1,
        ("ReingestedRecords", None): 0,
        ("FailedRecords", None): 0,
    }


def test_a_failed_record_is_counted_and_its_lines_are_not(
    run: Transform, capsys: pytest.CaptureFixture[str]
) -> None:
    run(batch(GOOD + b"\nbad", GOOD))
    assert metrics_in(capsys) == {
        ("AcceptedLines", None): 1,
        ("RejectedLines", None): 0,
        ("ReingestedRecords", None): 0,
        ("FailedRecords", None): 1,
    }


def test_records_that_were_put_back_are_counted(
    run: Transform, s3: S3Client, kinesis: KinesisClient, capsys: pytest.CaptureFixture[str]
) -> None:
    run(too_large())
    counted = metrics_in(capsys)
    assert counted["ReingestedRecords", None] == 2
    assert (counted["AcceptedLines", None], counted["RejectedLines", None]) == (12_000, 4)


def test_no_line_reaches_the_log(run: Transform, monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    monkeypatch.setattr(run.module.logger.registered_handler, "stream", log)
    run(batch(GOOD + b"\nsecret"))
    logged = log.getvalue()
    assert "Rejected lines not written" in logged
    assert "secret" not in logged
    assert "UA1545" not in logged


payloads = st.lists(st.sampled_from([GOOD, b"bad", b"", b"\xff"]) | st.binary(max_size=9)).map(
    b"\n".join
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(payloads, max_size=5))
def test_every_record_is_answered_once_in_order(
    run: Transform, s3: S3Client, contents: list[bytes]
) -> None:
    event = batch(*contents)
    response = run(event)
    assert [answer["recordId"] for answer in response["records"]] == [
        record["recordId"] for record in event["records"]
    ]
    for answer, data in zip(response["records"], contents, strict=True):
        output = decoded(answer["data"]) if answer["result"] == "Ok" else b""
        assert output == transform(data, ARRIVED_AT).output
        assert (answer["result"] == "Dropped") == (not output) == ("data" not in answer)
