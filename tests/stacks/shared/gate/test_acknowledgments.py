"""A finding passes with a reason, at its construct, and for as long as it is there."""

import re
import tarfile
from pathlib import Path

import aws_cdk
import pytest
from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_s3 as s3
from constructs import IConstruct

from stacks.shared import gate
from stacks.shared.gate import acknowledgments
from tests.stacks.shared.gate.small_app import Plant, empty_app, refusal, resource, small_app

REASON = "this bucket is in a test, and nobody reads it"
S1 = "AwsSolutions::AwsSolutions-S1"


def unlogged(stack: Stack) -> IConstruct:
    bucket: s3.CfnBucket = resource(stack, "Bucket")
    bucket.logging_configuration = None
    return bucket


def accepted(rule: str, reason: str) -> Plant:
    return lambda stack: gate.acknowledge(unlogged(stack), {rule: reason})


def elsewhere(stack: Stack) -> None:
    unlogged(stack)
    gate.acknowledge(resource(stack, "Key"), {S1: REASON})


def for_the_whole_stack(stack: Stack) -> None:
    unlogged(stack)
    gate.acknowledge(stack, {S1: REASON})


def without_its_pack(stack: Stack) -> None:
    # Past the helper: cdk-nag would accept it, and keep no record.
    acknowledgment = Acknowledgment(id="AwsSolutions-S1", reason=REASON)
    Validations.of(unlogged(stack)).acknowledge(acknowledgment)


@pytest.mark.parametrize("rule", [S1, "AwsSolutions-S1"])
def test_with_a_reason_it_passes_and_is_on_record(tmp_path: Path, rule: str) -> None:
    gate.synthesise(small_app(tmp_path, accepted(rule, REASON)))
    assert REASON in (tmp_path / "validation-report.json").read_text()


@pytest.mark.parametrize(
    ("plant", "place", "sentence"),
    [
        (unlogged, "Small/All/Bucket", "has server access logs disabled"),
        (accepted(S1, ""), "Small/All/Bucket", "without a reason ('')"),
        (accepted(S1, "because"), "Small/All/Bucket", "without a reason ('because')"),
        (accepted(S1, " " * 30), "Small/All/Bucket", "without a reason"),
        (elsewhere, "Small/All/Key", "has no finding there: remove"),
        (elsewhere, "Small/All/Bucket", "has server access logs disabled"),
        (for_the_whole_stack, "Small", "for everything below"),
        (for_the_whole_stack, "Small", "    Small/All/Bucket"),
        (without_its_pack, "Small/All/Bucket", f"write '{S1}'"),
    ],
)
def test_otherwise_it_does_not(tmp_path: Path, plant: Plant, place: str, sentence: str) -> None:
    paragraphs = refusal(small_app(tmp_path, plant)).split("\n\n")
    assert [
        paragraph
        for paragraph in paragraphs
        if f"  at {place}\n" in paragraph and sentence in paragraph
    ]


@pytest.mark.parametrize("rule", ["AwsSolutions-S1", "W3045", "ATHENA_KEY", "GLUE_RAY"])
def test_a_stale_one_fails(tmp_path: Path, rule: str) -> None:
    app = small_app(
        tmp_path, lambda stack: gate.acknowledge(resource(stack, "Bucket"), {rule: REASON})
    )
    expected = f"{acknowledgments.qualified(rule)}\n  at Small/All/Bucket\n  is acknowledged, but"
    assert expected in refusal(app)


@pytest.mark.parametrize(
    ("name", "change", "rule"),
    [
        (
            "Readers",
            ("WorkGroupConfiguration.EnforceWorkGroupConfiguration", False),
            "ATHENA_ENFORCED",
        ),
        ("Job", ("WorkerType", "G.99X"), "W3030"),
        ("Job", ("Command.Name", "glueray"), "GLUE_RAY"),
        ("Function", ("Runtime", "nodejs22.x"), "LAMBDA_RUNTIME"),
    ],
)
def test_findings_of_every_checker_can_be_accepted(
    tmp_path: Path, name: str, change: tuple[str, object], rule: str
) -> None:
    def plant(stack: Stack) -> None:
        target = resource(stack, name)
        target.add_property_override(*change)
        gate.acknowledge(target, {rule: REASON})

    gate.synthesise(small_app(tmp_path, plant))


def test_a_rule_that_names_an_arn_is_qualified_once() -> None:
    rule = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/A]"
    assert acknowledgments.qualified(rule) == f"AwsSolutions::{rule}"
    assert acknowledgments.qualified(f"AwsSolutions::{rule}") == f"AwsSolutions::{rule}"


def test_a_warning_of_the_cdk_counts_and_can_be_accepted(tmp_path: Path) -> None:
    def warn(stack: Stack) -> None:
        Validations.of(stack).add_warning("planted", "Careful with this.")

    assert "Annotation::planted\n  at Small\n  Careful" in refusal(small_app(tmp_path / "a", warn))

    def accept(stack: Stack) -> None:
        warn(stack)
        gate.acknowledge(stack, {"planted": REASON})

    gate.synthesise(small_app(tmp_path / "b", accept))


def test_an_error_of_a_construct_cannot_be_accepted(tmp_path: Path) -> None:
    def plant(stack: Stack) -> None:
        Validations.of(stack).add_error("planted", "This is wrong.")

    assert "This is wrong.\n  Fix it: an error" in refusal(small_app(tmp_path, plant))


def test_what_the_cdk_acknowledges_by_itself_is_not_stale(tmp_path: Path) -> None:
    def plant(stack: Stack) -> None:
        assert stack.availability_zones

    gate.synthesise(small_app(tmp_path, plant))


def test_the_reasons_of_the_cdk_are_those_in_its_source() -> None:
    archive = next((Path(aws_cdk.__file__).parent / "_jsii").glob("*.tgz"))
    reasons: set[str] = set()
    with tarfile.open(archive, "r:gz") as files:
        for member in files:
            if re.fullmatch(r"package/(core|aws-[\w-]+)/lib/[\w/.-]+\.js", member.name):
                content = files.extractfile(member)
                text = content.read() if content else b""
                if b"acknowledge({id:" in text:
                    reasons.update(
                        reason.decode()
                        for reason in re.findall(
                            rb'\{id:"CloudFormation-Validate::\w+",reason:"([^"]+)"', text
                        )
                    )
    assert reasons == acknowledgments.REASONS_OF_THE_CDK


def test_an_app_without_the_gate_does_not_pass(tmp_path: Path) -> None:
    with pytest.raises(gate.GateError, match="This app has no gate"):
        gate.synthesise(aws_cdk.App(outdir=str(tmp_path)))
    assert gate.synthesise(empty_app(tmp_path)).stacks == []
