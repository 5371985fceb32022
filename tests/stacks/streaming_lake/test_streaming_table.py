"""The streaming table beside the lake, by setting."""

import json
from typing import Any

import jsonschema_rs
import pytest

import schemas
from stacks.catalogue import make_app
from stacks.environments import SettingsError
from stacks.streaming_lake.registered_schema import registered_schema
from tests.conftest import Templates, readable, resources
from tests.lambdas.streaming_lake.samples import EVENT

SETTING = ("streaming_lake.streaming_table", "true")
VALIDATOR = jsonschema_rs.Draft7Validator(
    json.loads(registered_schema("flight_event")), validate_formats=True
)


@pytest.fixture
def template(synthesise: Templates) -> dict[str, Any]:
    result: dict[str, Any] = synthesise("sandbox", SETTING)["StreamingLake"]
    return result


def one(template: dict[str, Any], kind: str, path: str | None = None) -> Any:
    candidates = resources(template, kind)
    resource = candidates[path] if path else next(iter(candidates.values()))
    return readable(template, resource)


def test_its_stream_is_one_that_a_channel_can_read(template: dict[str, Any]) -> None:
    properties = one(template, "AWS::Kinesis::Stream", "StreamingTable/Events")["Properties"]
    assert properties["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert properties["StreamEncryption"] == {"EncryptionType": "KMS", "KeyId": "{Key.Arn}"}


def test_the_channel_partitions_by_a_timestamp_of_the_registered_schema(
    template: dict[str, Any],
) -> None:
    channel = one(template, "AWS::Kinesis::Channel")["Properties"]
    (stream,) = channel["StreamConfigurationList"]
    assert stream["StreamARN"] == "{StreamingTable/Events.Arn}"
    assert stream["RecordConfiguration"]["GSRSchemaARN"] == "{StreamingTable/Schema.Arn}"
    (table,) = channel["S3TablesDestinationConfiguration"]["S3TablesConfigurationList"]
    (partition,) = table["PartitionSpec"]["PartitionFields"]
    definition = json.loads(one(template, "AWS::Glue::Schema")["Properties"]["SchemaDefinition"])
    assert definition["properties"][partition["SourceName"]]["format"] == "date-time"


def test_the_table_bucket_stays_because_the_channel_fills_it(template: dict[str, Any]) -> None:
    bucket = one(template, "AWS::S3Tables::TableBucket")
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"


def test_the_role_writes_to_this_bucket_and_under_this_key_alone(template: dict[str, Any]) -> None:
    policy = one(template, "AWS::IAM::Policy", "StreamingTable/Role/DefaultPolicy")
    statements = {
        statement["Sid"]: statement
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    }
    name = one(template, "AWS::S3Tables::TableBucket")["Properties"]["TableBucketName"]
    places = statements["MakeTheTable"]["Resource"]
    assert [place.rpartition(":")[2] for place in places] == [
        f"bucket/{name}",
        f"bucket/{name}/table/*",
    ]
    assert statements["ReadTheSchema"]["Resource"] == [
        "{StreamingTable/Registry.Arn}",
        "{StreamingTable/Schema.Arn}",
    ]
    context = statements["EncryptWhatItWrites"]["Condition"]["StringLike"]
    tables, dead_letters = context["kms:EncryptionContext:aws:s3:arn"]
    assert tables.endswith(f":bucket/{name}/*")
    # A bucket key's context is the bucket's ARN; with the objects', KMS would refuse every write.
    assert dead_letters == "{StreamingTable/DeadLetters.Arn}"
    stream = statements["DecryptEvents"]["Condition"]["StringEquals"]
    assert stream["kms:EncryptionContext:aws:kinesis:arn"] == "{StreamingTable/Events.Arn}"


def test_an_alarm_names_the_channel_by_all_three_dimensions(template: dict[str, Any]) -> None:
    alarms = [
        alarm["Properties"]
        for alarm in resources(template, "AWS::CloudWatch::Alarm").values()
        if str(alarm["Properties"].get("MetricName")).startswith("DeliveryToIceberg.")
    ]
    assert len(alarms) == 2
    for alarm in alarms:
        names = {dimension["Name"] for dimension in alarm["Dimensions"]}
        assert names == {"ChannelName", "ChannelId", "StreamName"}


def test_the_registered_schema_is_of_draft_7_with_one_type_a_property() -> None:
    schema = json.loads(registered_schema("flight_event"))
    jsonschema_rs.meta.validate(schema)
    assert all(isinstance(column["type"], str) for column in schema["properties"].values())
    assert set(schema["properties"]) == {column.name for column in schemas.columns("flight_event")}


@pytest.mark.parametrize(
    ("change", "accepted"),
    [
        ({}, True),
        ({"tail_number": None}, False),
        ({"carrier": None}, False),
        ({"flight": 0}, False),
        ({"origin": "ewr"}, False),
        ({"scheduled_departure": "yesterday"}, False),
        ({"unknown": 1}, True),
    ],
)
def test_it_takes_what_the_lake_takes_but_null(change: dict[str, Any], *, accepted: bool) -> None:
    assert VALIDATOR.is_valid({**EVENT, **change}) == accepted


@pytest.mark.parametrize("column", schemas.columns("flight_event"), ids=lambda column: column.name)
def test_a_property_may_be_left_out_exactly_if_the_lake_takes_null(column: schemas.Column) -> None:
    event = {name: value for name, value in EVENT.items() if name != column.name}
    assert VALIDATOR.is_valid(event) == column.nullable


def test_the_local_aws_refuses_it() -> None:
    with pytest.raises(SettingsError, match="streaming_table=true: the local AWS has no S3 Tables"):
        make_app({"env": "local", "alarm_email": "none", SETTING[0]: SETTING[1]})
