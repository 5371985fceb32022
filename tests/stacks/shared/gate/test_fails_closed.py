"""An error in the gate or in a checker never lets an app pass."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import jsii
import pytest
from aws_cdk import App, Aspects, IAspect, Stack
from constructs import IConstruct, IValidation

from repository import ROOT
from stacks.shared import gate
from stacks.shared.gate import closed, native, own
from tests.stacks.shared.gate.small_app import refusal, resource, small_app

SCRIPT = """
import sys
from pathlib import Path
from stacks.catalogue import make_app
from stacks.shared import gate
from tests.stacks.shared.gate.small_app import resource, small_app

def plant(stack):
    resource(stack, "Bucket").logging_configuration = None

try:
    gate.synthesise(small_app(Path(sys.argv[1]), plant))
except gate.GateError as error:
    sys.exit(str(error))
"""


def raise_error(*_: Any) -> Any:
    raise RuntimeError("it broke")


@pytest.mark.parametrize(
    ("module", "function", "name"),
    [
        (native, "diagnose", native.NAME),
        (closed, "findings", "Closed Services"),
        (own, "findings", own.NAME),
    ],
)
def test_an_app_fails_if_a_checker_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, function: str, name: str
) -> None:
    monkeypatch.setattr(module, function, raise_error)
    output = refusal(small_app(tmp_path))
    assert f"{name}\n  at (the app)\n" in output
    assert "it broke\n  It checked nothing" in output


def switch_logging_off(stack: Stack) -> None:
    resource(stack, "Bucket").logging_configuration = None


def test_a_plain_cdk_synth_fails_too(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="AwsSolutions-S1"):
        small_app(tmp_path, switch_logging_off).synth()


def test_the_report_of_an_earlier_synth_is_not_used(tmp_path: Path) -> None:
    @jsii.implements(IAspect)
    class RaisingAspect:
        def visit(self, node: IConstruct) -> None:
            raise ValueError(f"stumbled over {node.node.path}")

    assert "AwsSolutions-S1" in refusal(small_app(tmp_path, switch_logging_off))
    app = small_app(tmp_path, lambda stack: Aspects.of(stack).add(RaisingAspect()))
    with pytest.raises(RuntimeError, match="stumbled over Small"):
        gate.synthesise(app)
    gate.synthesise(small_app(tmp_path))


def test_a_validation_error_of_a_construct_is_reported_with_its_path(tmp_path: Path) -> None:
    @jsii.implements(IValidation)
    class FailingValidation:
        def validate(self) -> list[str]:
            return ["this is never right"]

    app: App = small_app(tmp_path, lambda stack: stack.node.add_validation(FailingValidation()))
    assert "[Small] this is never right" in refusal(app)


def test_the_message_is_printed_once_and_without_a_traceback(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert process.stdout == ""
    assert process.stderr.startswith("AwsSolutions::AwsSolutions-S1\n  at Small/All/Bucket\n")
    assert process.stderr.count("server access logs") == 1
    assert "Traceback" not in process.stderr
