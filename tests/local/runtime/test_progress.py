"""Steps show movement in a terminal and outside one, and keep a transcript."""

import time
from io import StringIO

import pytest
from rich.console import Console

from local.runtime import progress
from local.runtime.progress import Steps


def console(*, terminal: bool) -> Console:
    return Console(file=StringIO(), force_terminal=terminal, width=100)


def printed(steps: Steps) -> str:
    assert isinstance(steps.console.file, StringIO)
    return steps.console.file.getvalue()


def test_outside_a_terminal_a_long_step_prints_its_detail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "HEARTBEAT_SECONDS", 0.02)
    steps = Steps(console(terminal=False))
    with steps.step("Deploy") as step:
        step.detail = "MlEndpoint 12/58"
        time.sleep(0.2)
    lines = printed(steps).splitlines()
    assert "  Deploy … 0 s: MlEndpoint 12/58" in lines
    assert lines[-1].startswith("✓ Deploy (0.")
    assert steps.transcript == f"{lines[-1]}\n"


def test_in_a_terminal_a_step_shows_its_seconds_and_detail() -> None:
    steps = Steps(console(terminal=True))
    with steps.step("Deploy") as step:
        step.detail = "MlEndpoint 12/58"
        time.sleep(0.3)
    assert "Deploy … 0 s: MlEndpoint 12/58" in printed(steps)
    assert steps.transcript.startswith("✓ Deploy (0.")


def test_a_failed_step_is_marked_and_has_no_time() -> None:
    steps = Steps(console(terminal=False))
    with pytest.raises(ValueError, match="bad"), steps.step("Deploy"):
        raise ValueError("bad")
    assert steps.transcript == "✗ Deploy\n"
    assert steps.seconds == {}


def test_a_section_begins_with_the_steps_before_it_and_leaves_them_alone() -> None:
    steps = Steps(console(terminal=False))
    with steps.step("Deploy"):
        pass
    section = steps.section()
    section.say("a [line] of its own")
    assert list(section.seconds) == ["Deploy"]
    assert section.transcript.startswith("✓ Deploy (0.0 s)\n  a")
    assert section.transcript_with(["done"]).endswith("done\n")
    assert "done" not in steps.transcript
