"""The review of small pairs of templates, one for each kind of change."""

from typing import Any

from rich.console import Console

from tests.tools.plan.pairs import RAW, READ, WRITE, policy, resource, reviewed
from tools.costs.prices import price
from tools.plan.changes import changes
from tools.plan.cost import cost
from tools.plan.review import Section, review
from tools.plan.writing import markdown, show

HASH, OTHER_HASH = "a" * 64, "b" * 64


def test_a_property_is_listed_before_and_after_and_tags_by_their_key() -> None:
    def queue(seconds: int, *tags: str) -> dict[str, Any]:
        return {
            "Q": resource(
                "AWS::SQS::Queue",
                "Delayed",
                DelaySeconds=seconds,
                Tags=[{"Key": tag, "Value": "x"} for tag in tags],
            )
        }

    assert reviewed(queue(1, "b"), queue(2, "a", "b")).changed.rows == [
        ("StreamingLake/Delayed", "DelaySeconds", "1", "2"),
        ("StreamingLake/Delayed", "Tags.a", "-", "x"),
    ]


def test_a_replaced_bucket_is_listed_with_the_cause_and_the_fate_of_its_data() -> None:
    def bucket(name: str, policy: str) -> dict[str, Any]:
        return {
            "B": resource("AWS::S3::Bucket", "Raw", BucketName=name, UpdateReplacePolicy=policy)
        }

    for update_policy, data in (("Delete", "is lost"), ("Retain", "remains in the old resource")):
        changed = reviewed(bucket("old", update_policy), bucket("new", update_policy))
        assert changed.replaced.rows == [
            ("StreamingLake/Raw", "AWS::S3::Bucket", "BucketName", data)
        ]


def test_a_replaced_function_loses_nothing() -> None:
    old, new = ({"F": resource("AWS::Lambda::Function", "F", FunctionName=name)} for name in "ab")
    assert [row[-1] for row in reviewed(old, new).replaced.rows] == [""]


def test_a_removed_table_says_that_its_data_is_lost() -> None:
    table = resource("AWS::DynamoDB::Table", "Documents")
    assert reviewed({"T": table}, {}).removed.rows == [
        ("-", "StreamingLake/Documents", "AWS::DynamoDB::Table", "is lost")
    ]
    retained = table | {"DeletionPolicy": "Retain"}
    assert reviewed({"T": retained}, {}).removed.rows[0][-1] == "remains in the old resource"


def test_changes_of_code_are_summarised() -> None:
    def function(name: str, digest: str, seconds: int = 1) -> dict[str, Any]:
        return {
            name: resource(
                "AWS::Lambda::Function", name, Code={"S3Key": f"{digest}.zip"}, Timeout=seconds
            )
        }

    changed = reviewed(
        function("A", HASH) | function("B", HASH),
        function("A", OTHER_HASH) | function("B", OTHER_HASH, 2),
    )
    assert changed.code == ["StreamingLake/A", "StreamingLake/B"]
    assert changed.changed.rows == [("StreamingLake/B", "Timeout", "1", "2")]
    page = markdown("Plan", changed, Section("Idle cost", ()))
    assert "Code of 2 functions changes: StreamingLake/A, StreamingLake/B." in page


def test_a_workflow_is_listed_by_the_value_that_differs() -> None:
    def workflow(seconds: int) -> dict[str, Any]:
        text = f'{{"StartAt": "A", "States": {{"A": {{"Type": "Wait", "Seconds": {seconds}}}}}}}'
        return {"W": resource("AWS::StepFunctions::StateMachine", "Chain", DefinitionString=text)}

    assert reviewed(workflow(1), workflow(2)).changed.rows == [
        ("StreamingLake/Chain", "DefinitionString.States.A.Seconds", "1", "2")
    ]


def test_a_changed_output_is_listed() -> None:
    old, new = ({"Resources": {}, "Outputs": {"Name": {"Value": value}}} for value in ("a", "b"))
    changed = review(changes({"StreamingLake": old}, {"StreamingLake": new}))
    assert changed.parts.rows == [("StreamingLake", "outputs.Name.Value", "a", "b")]


def test_security_comes_first_and_empty_sections_are_left_out() -> None:
    changed = reviewed(RAW | policy(READ), policy(WRITE))
    assert [section.title for section in changed.sections()] == [
        "Security: policy statements",
        "Removed",
    ]


def test_different_metadata_is_no_change() -> None:
    old, new = (dict(RAW["Raw1234"], Metadata={"aws:asset:path": path}) for path in "ab")
    assert reviewed({"B": old}, {"B": new}).sections() == []


def test_added_and_removed_stacks_are_listed() -> None:
    removed = {"OldLake": {"Resources": RAW}}
    assert [row[:2] for row in review(changes(removed, {})).removed.rows] == [
        ("-", "OldLake/Storage/Raw")
    ]
    assert [row[0] for row in cost(removed, {"StreamingLake": {"Resources": {}}}).rows] == [
        "streaming-lake",
        "OldLake",
    ]


def test_the_change_of_idle_cost_is_listed() -> None:
    key = {"K": resource("AWS::KMS::Key", "Key")}
    section = cost({"StreamingLake": {"Resources": {}}}, {"StreamingLake": {"Resources": key}})
    monthly = price("kms_key_month")
    usd = f"{monthly.usd:.2f}"
    assert section.rows == [("streaming-lake", "0.00", usd, f"+{usd}", monthly.date)]


def test_a_type_without_a_price_is_named_and_stops_no_plan() -> None:
    new = {"X": resource("AWS::New::Thing", "Thing")}
    ((name, _, _, change, _),) = cost({}, {"StreamingLake": {"Resources": new}}).rows
    assert name == "streaming-lake"
    assert change.startswith("not known: StreamingLake/Thing: the idle cost of AWS::New::Thing")


def test_no_change_says_so_in_both_forms() -> None:
    changed, costs = reviewed(RAW, RAW), Section("Idle cost", ("a",))
    assert "Nothing changes." in markdown("Plan", changed, costs)
    console = Console(width=120)
    with console.capture() as captured:
        show(console, "Plan", changed, costs)
    assert "Nothing changes." in captured.get()


def test_markdown_escapes_the_stars_of_policies() -> None:
    changed = reviewed(RAW, RAW | policy(WRITE | {"Action": "s3:*"}))
    page = markdown("Plan", changed, Section("Idle cost", ()))
    assert "| s3:\\* | \\* |" in page
