"""A finding passes only if its own construct acknowledges it with a reason, and while it exists."""

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


def switch_logging_off(stack: Stack) -> IConstruct:
    bucket: s3.CfnBucket = resource(stack, "Bucket")
    bucket.logging_configuration = None
    return bucket


def acknowledged(rule: str, reason: str) -> Plant:
    return lambda stack: gate.acknowledge(switch_logging_off(stack), {rule: reason})


def acknowledged_at_another_construct(stack: Stack) -> None:
    switch_logging_off(stack)
    gate.acknowledge(resource(stack, "Key"), {S1: REASON})


def acknowledged_at_the_stack(stack: Stack) -> None:
    switch_logging_off(stack)
    gate.acknowledge(stack, {S1: REASON})


def acknowledged_without_prefix(stack: Stack) -> None:
    # Without gate.acknowledge: cdk-nag would accept this and leave no record in the report.
    acknowledgment = Acknowledgment(id="AwsSolutions-S1", reason=REASON)
    Validations.of(switch_logging_off(stack)).acknowledge(acknowledgment)


@pytest.mark.parametrize("rule", [S1, "AwsSolutions-S1"])
def test_a_finding_with_a_reason_passes_and_the_reason_is_reported(
    tmp_path: Path, rule: str
) -> None:
    gate.synthesise(small_app(tmp_path, acknowledged(rule, REASON)))
    assert REASON in (tmp_path / "validation-report.json").read_text()


@pytest.mark.parametrize(
    ("plant", "place", "sentence"),
    [
        (switch_logging_off, "Small/All/Bucket", "has server access logs disabled"),
        (acknowledged(S1, ""), "Small/All/Bucket", "without a reason ('')"),
        (acknowledged(S1, "because"), "Small/All/Bucket", "without a reason ('because')"),
        (acknowledged(S1, " " * 30), "Small/All/Bucket", "without a reason"),
        (acknowledged(S1, "TODO TODO TODO TODO TODO"), "Small/All/Bucket", "different words"),
        (acknowledged(S1, "a" * 30), "Small/All/Bucket", "different words"),
        (acknowledged(S1, "not needed, not needed here"), "Small/All/Bucket", "different words"),
        (acknowledged(S1, "TODO: say why this is right"), "Small/All/Bucket", "a placeholder"),
        (acknowledged_at_another_construct, "Small/All/Key", "has no finding there: remove"),
        (acknowledged_at_another_construct, "Small/All/Bucket", "has server access logs disabled"),
        (acknowledged_at_the_stack, "Small", "for everything below"),
        (acknowledged_at_the_stack, "Small", "    Small/All/Bucket"),
        (acknowledged_without_prefix, "Small/All/Bucket", f"write '{S1}'"),
    ],
)
def test_an_invalid_acknowledgment_is_reported(
    tmp_path: Path, plant: Plant, place: str, sentence: str
) -> None:
    paragraphs = refusal(small_app(tmp_path, plant)).split("\n\n")
    assert [
        paragraph
        for paragraph in paragraphs
        if f"  at {place}\n" in paragraph and sentence in paragraph
    ]


@pytest.mark.parametrize(
    "rule",
    ["AwsSolutions-S1", "W3045", "ATHENA_KEY", "GLUE_RAY", "PUBLIC_ACCESS", "RESOURCE_STAR[a:B]"],
)
def test_an_acknowledgment_without_a_finding_fails(tmp_path: Path, rule: str) -> None:
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
def test_findings_of_every_checker_can_be_acknowledged(
    tmp_path: Path, name: str, change: tuple[str, object], rule: str
) -> None:
    def plant(stack: Stack) -> None:
        target = resource(stack, name)
        target.add_property_override(*change)
        gate.acknowledge(target, {rule: REASON})

    gate.synthesise(small_app(tmp_path, plant))


def test_a_rule_with_an_arn_gets_its_prefix_once() -> None:
    rule = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/A]"
    assert acknowledgments.qualified(rule) == f"AwsSolutions::{rule}"
    assert acknowledgments.qualified(f"AwsSolutions::{rule}") == f"AwsSolutions::{rule}"


def test_a_cdk_warning_is_a_finding_and_can_be_acknowledged(tmp_path: Path) -> None:
    def warn(stack: Stack) -> None:
        Validations.of(stack).add_warning("planted", "Careful with this.")

    assert "Annotation::planted\n  at Small\n  Careful" in refusal(small_app(tmp_path / "a", warn))

    def accept(stack: Stack) -> None:
        warn(stack)
        gate.acknowledge(stack, {"planted": REASON})

    gate.synthesise(small_app(tmp_path / "b", accept))


def test_a_warning_that_is_not_raised_makes_its_acknowledgment_stale(tmp_path: Path) -> None:
    def accept(stack: Stack) -> None:
        gate.acknowledge(resource(stack, "Bucket"), {"planted": REASON})

    expected = "Annotation::planted\n  at Small/All/Bucket\n  is acknowledged, but has no finding"
    assert expected in refusal(small_app(tmp_path, accept))


def test_a_warning_is_not_acknowledged_for_a_whole_stack(tmp_path: Path) -> None:
    def accept_above(stack: Stack) -> None:
        Validations.of(resource(stack, "Bucket")).add_warning("planted", "Careful with this.")
        gate.acknowledge(stack, {"planted": REASON})

    message = refusal(small_app(tmp_path, accept_above))
    assert "Annotation::planted\n  at Small\n  is acknowledged for everything below" in message
    assert "\n    Small/All/Bucket" in message


def test_a_warning_that_comes_after_its_acknowledgment_is_acknowledged(tmp_path: Path) -> None:
    def accept_first(stack: Stack) -> None:
        gate.acknowledge(resource(stack, "Bucket"), {"planted": REASON})
        Validations.of(resource(stack, "Bucket")).add_warning("planted", "Careful with this.")

    gate.synthesise(small_app(tmp_path, accept_first))


def test_a_warning_needs_a_reason_too(tmp_path: Path) -> None:
    def accept_without_reason(stack: Stack) -> None:
        Validations.of(resource(stack, "Bucket")).add_warning("planted", "Careful with this.")
        gate.acknowledge(resource(stack, "Bucket"), {"planted": "because"})

    assert "is acknowledged without a reason ('because')" in refusal(
        small_app(tmp_path, accept_without_reason)
    )


def test_an_error_of_a_construct_cannot_be_acknowledged(tmp_path: Path) -> None:
    def plant(stack: Stack) -> None:
        Validations.of(stack).add_error("planted", "This is wrong.")

    assert "This is wrong.\n  Fix it: an error" in refusal(small_app(tmp_path, plant))


def test_an_acknowledgment_by_the_cdk_itself_needs_no_finding(tmp_path: Path) -> None:
    def plant(stack: Stack) -> None:
        assert stack.availability_zones

    gate.synthesise(small_app(tmp_path, plant))


def test_the_known_reasons_of_the_cdk_match_its_source() -> None:
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
