"""What a reviewer is told of small, hand-made pairs of templates, one for each kind of change."""

from typing import Any

from rich.console import Console

from tests.tools.plan.pairs import RAW, READ, WRITE, policy, resource, reviewed
from tools.plan.changes import changes
from tools.plan.cost import cost
from tools.plan.review import Section, review
from tools.plan.writing import markdown, show

HASH, OTHER_HASH = "a" * 64, "b" * 64


def test_a_property_is_told_with_what_it_was_and_tags_by_their_key() -> None:
    def queue(seconds: int, *tags: str) -> dict[str, Any]:
        return {
            "Q": resource(
                "AWS::SQS::Queue",
                "Late",
                DelaySeconds=seconds,
                Tags=[{"Key": each, "Value": "x"} for each in tags],
            )
        }

    assert reviewed(queue(1, "b"), queue(2, "a", "b")).changed.rows == [
        ("StreamingLake/Late", "DelaySeconds", "1", "2"),
        ("StreamingLake/Late", "Tags.a", "-", "x"),
    ]


def test_a_replaced_bucket_says_why_and_what_becomes_of_its_data() -> None:
    def bucket(name: str, policy: str) -> dict[str, Any]:
        return {
            "B": resource("AWS::S3::Bucket", "Raw", BucketName=name, UpdateReplacePolicy=policy)
        }

    for kept_by, data in (("Delete", "is lost"), ("Retain", "stays behind, in the old one")):
        found = reviewed(bucket("old", kept_by), bucket("new", kept_by))
        assert found.replaced.rows == [("StreamingLake/Raw", "AWS::S3::Bucket", "BucketName", data)]


def test_a_replaced_function_loses_nothing() -> None:
    old, new = ({"F": resource("AWS::Lambda::Function", "F", FunctionName=each)} for each in "ab")
    assert [row[-1] for row in reviewed(old, new).replaced.rows] == [""]


def test_a_removed_table_says_that_its_data_is_lost() -> None:
    table = resource("AWS::DynamoDB::Table", "Documents")
    assert reviewed({"T": table}, {}).removed.rows == [
        ("-", "StreamingLake/Documents", "AWS::DynamoDB::Table", "is lost")
    ]
    kept = table | {"DeletionPolicy": "Retain"}
    assert reviewed({"T": kept}, {}).removed.rows[0][-1] == "stays behind, in the old one"


def test_code_alone_is_summed_up() -> None:
    def function(name: str, digest: str, seconds: int = 1) -> dict[str, Any]:
        return {
            name: resource(
                "AWS::Lambda::Function", name, Code={"S3Key": f"{digest}.zip"}, Timeout=seconds
            )
        }

    found = reviewed(
        function("A", HASH) | function("B", HASH),
        function("A", OTHER_HASH) | function("B", OTHER_HASH, 2),
    )
    assert found.code == ["StreamingLake/A", "StreamingLake/B"]
    assert found.changed.rows == [("StreamingLake/B", "Timeout", "1", "2")]
    page = markdown("It", found, Section("Idle cost", ()))
    assert "Code of 2 functions changes: StreamingLake/A, StreamingLake/B." in page


def test_a_workflow_is_told_by_the_place_that_differs() -> None:
    def workflow(seconds: int) -> dict[str, Any]:
        text = f'{{"StartAt": "A", "States": {{"A": {{"Type": "Wait", "Seconds": {seconds}}}}}}}'
        return {"W": resource("AWS::StepFunctions::StateMachine", "Chain", DefinitionString=text)}

    assert reviewed(workflow(1), workflow(2)).changed.rows == [
        ("StreamingLake/Chain", "DefinitionString.States.A.Seconds", "1", "2")
    ]


def test_an_output_that_changes_is_told() -> None:
    old, new = ({"Resources": {}, "Outputs": {"Name": {"Value": each}}} for each in ("a", "b"))
    found = review(changes({"StreamingLake": old}, {"StreamingLake": new}))
    assert found.others.rows == [("StreamingLake", "outputs.Name.Value", "a", "b")]


def test_security_comes_first_and_empty_sections_are_left_out() -> None:
    found = reviewed(RAW | policy(READ), policy(WRITE))
    assert [each.title for each in found.sections()] == ["Security: policy statements", "Removed"]


def test_metadata_that_differs_is_no_change() -> None:
    old, new = (dict(RAW["Raw1234"], Metadata={"aws:asset:path": each}) for each in "ab")
    assert reviewed({"B": old}, {"B": new}).sections() == []


def test_a_new_stack_and_one_that_is_gone_are_told() -> None:
    gone = {"OldLake": {"Resources": RAW}}
    assert [row[:2] for row in review(changes(gone, {})).removed.rows] == [
        ("-", "OldLake/Storage/Raw")
    ]
    assert [row[0] for row in cost(gone, {"StreamingLake": {"Resources": {}}}).rows] == [
        "streaming-lake",
        "OldLake",
    ]


def test_the_change_of_idle_cost_is_told() -> None:
    key = {"K": resource("AWS::KMS::Key", "Key")}
    section = cost({"StreamingLake": {"Resources": {}}}, {"StreamingLake": {"Resources": key}})
    assert section.rows == [("streaming-lake", "0.00", "1.00", "+1.00", "2025-08-28")]


def test_a_type_without_a_price_is_said_and_stops_no_plan() -> None:
    new = {"X": resource("AWS::New::Thing", "Thing")}
    ((name, _, _, change, _),) = cost({}, {"StreamingLake": {"Resources": new}}).rows
    assert name == "streaming-lake"
    assert change.startswith("not known: StreamingLake/Thing: nobody has said what AWS::New::Thing")


def test_no_change_says_so_in_both_forms() -> None:
    found, costs = reviewed(RAW, RAW), Section("Idle cost", ("a",))
    assert "Nothing changes." in markdown("It", found, costs)
    console = Console(width=120)
    with console.capture() as captured:
        show(console, "It", found, costs)
    assert "Nothing changes." in captured.get()


def test_markdown_keeps_stars_and_bars_of_policies_apart_from_its_own() -> None:
    found = reviewed(RAW, RAW | policy(WRITE | {"Action": "s3:*"}))
    page = markdown("It", found, Section("Idle cost", ()))
    assert "| s3:\\* | \\* |" in page
