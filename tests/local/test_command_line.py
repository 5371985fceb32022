"""What the user of `python -m local` meets: bad input, two at once, half-dead runs, Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local.runtime import emulator
from local.runtime.workspace import LocalError, State, Workspace
from repository import ROOT

COMMAND = [sys.executable, "-m", "sandbox"]


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    settings = {**os.environ, "LOCAL_DIR": str(folder), "DEMO_DIR": str(folder)}
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT, env=settings, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_help_names_every_command(tmp_path: Path) -> None:
    done = run("--help", folder=tmp_path)
    assert done.returncode == 0
    for command in ("up", "down", "demo", "stacks"):
        assert command in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("demo", "--flights", "many"), "FLIGHTS=many: say a number from 1000 to 336776, or all."),
        (("demo", "--flights", "5"), "FLIGHTS=5: say a number"),
        (
            ("up", "--arch", "lake"),
            "ARCH=lake: no such architecture. Use one of: streaming-lake, ml-platform, "
            "language-chain.",
        ),
        (("stacks", "lake"), "ARCH=lake: no such architecture."),
    ],
)
def test_bad_input_is_named_and_leaves_nothing_behind(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = run(*arguments, folder=tmp_path)
    assert done.returncode == 1
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "state.json").exists()


def test_nothing_to_stop_is_fine(tmp_path: Path) -> None:
    done = run("down", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "Nothing was running.\n")


def test_a_second_command_at_once_is_told_to_wait(scratch: Workspace) -> None:
    with scratch.locked():
        done = run("down", folder=scratch.folder)
    assert done.returncode == 1
    assert "Another command is working on the sandbox" in done.stderr


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])


def test_stopping_takes_our_processes_and_no_others(scratch: Workspace) -> None:
    ours, theirs = sleeper(), sleeper()
    started = psutil.Process(ours.pid).create_time()
    # The second number was ours once; by now another program has it.
    scratch.remember(State(1, [], {ours.pid: started, theirs.pid: started - 3600}))
    assert emulator.stop(scratch) == 1
    assert not psutil.pid_exists(ours.pid)
    assert theirs.poll() is None
    theirs.kill()
    theirs.wait()


@pytest.mark.sandbox
def test_a_half_dead_run_is_cleaned_up_and_a_live_one_is_not_doubled(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    try:
        assert run("up", folder=tmp_path).returncode == 0
        again = run("up", folder=tmp_path)
        assert again.returncode == 1
        assert "A sandbox runs already" in again.stderr
        state = workspace.state()
        assert state is not None
        state.alive()[0].kill()
        anew = run("up", folder=tmp_path)
        assert anew.returncode == 0
        assert "half died" in anew.stdout
        assert run("down", folder=tmp_path).stdout.startswith("Stopped")
        assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    finally:
        emulator.stop(workspace)


@pytest.mark.sandbox
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_stops_what_it_started(tmp_path: Path, number: signal.Signals) -> None:
    settings = {**os.environ, "DEMO_DIR": str(tmp_path)}
    demo = subprocess.Popen(
        [*COMMAND, "demo"], cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "state.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    state = Workspace(tmp_path).state()
    assert state is not None
    demo.send_signal(number)
    demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert state.alive() == []
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_an_emulator_that_cannot_start_says_its_last_words(
    scratch: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulator, "PYTHON", Path(sys.executable))  # ministack is not in there
    with pytest.raises(LocalError, match="No module named 'ministack'"):
        emulator.start(scratch, [])
    emulator.stop(scratch)
