"""`python -m local` as a user meets it: bad input, a second command, interrupted runs, Ctrl-C."""

import inspect
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local.runtime import emulator
from local.runtime.processes import stop
from local.runtime.workspace import LocalError, State, Workspace
from repository import ROOT

COMMAND = [sys.executable, "-m", "local"]


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    settings = {**os.environ, "LOCAL_DIR": str(folder), "DEMO_DIR": str(folder)}
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=settings,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_help_names_every_command(tmp_path: Path) -> None:
    process = run("--help", folder=tmp_path)
    assert process.returncode == 0
    for command in ("up", "down", "demo"):
        assert command in process.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("demo", "--arch", "streaming-lake", "--option", "flights=20 000"),
            "FLIGHTS=20 000: use a number from 1000 to 336776, or all.",
        ),
        (("demo", "--option", "flights"), "--option flights: write NAME=VALUE."),
        (("up", "-c", "streaming_lake.shards"), "-c streaming_lake.shards: write NAME=VALUE."),
        (
            ("demo", "-c", "streaming_lake.shards=many"),
            "-c streaming_lake.shards=many: ",
        ),
        (
            ("up", "--arch", "lake"),
            "ARCH=lake: no such architecture. Use language-chain, ml-platform, streaming-lake.",
        ),
    ],
)
def test_bad_input_is_refused_before_anything_is_started(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    process = run(*arguments, folder=tmp_path)
    assert process.returncode == 1
    assert process.stderr.count("\n") == 1
    assert process.stderr.startswith(f"Error: {sentence}")
    assert not (tmp_path / "state.json").exists()


def test_down_succeeds_if_nothing_runs(tmp_path: Path) -> None:
    process = run("down", folder=tmp_path)
    assert (process.returncode, process.stdout) == (0, "Nothing was running.\n")


def test_a_second_command_in_the_same_folder_is_refused(scratch: Workspace) -> None:
    with scratch.locked():
        process = run("down", folder=scratch.folder)
    assert process.returncode == 1
    assert "Another command is using the local AWS" in process.stderr


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])


def test_stop_ends_remembered_processes_and_no_others(scratch: Workspace) -> None:
    remembered, foreign = sleeper(), sleeper()
    start_time = psutil.Process(remembered.pid).create_time()
    # The second id belonged to a remembered process once; by now another program has it.
    scratch.remember(State(1, {remembered.pid: start_time, foreign.pid: start_time - 3600}))
    assert stop(scratch) == 1
    assert not psutil.pid_exists(remembered.pid)
    assert foreign.poll() is None
    foreign.kill()
    foreign.wait()


def remember(workspace: Workspace, *processes: subprocess.Popen[bytes]) -> None:
    """As if a local AWS of these processes had been started in `workspace`."""
    start_times = {process.pid: psutil.Process(process.pid).create_time() for process in processes}
    workspace.remember(State(1, start_times))


def test_up_refuses_a_second_start(scratch: Workspace) -> None:
    running = sleeper()
    remember(scratch, running)
    process = run("up", "--arch", "streaming-lake", folder=scratch.folder)
    assert process.returncode == 1
    assert "A local AWS already runs" in process.stderr
    assert running.poll() is None
    running.kill()
    running.wait()


def test_up_cleans_up_after_a_start_that_was_killed_in_part(scratch: Workspace) -> None:
    killed, running = sleeper(), sleeper()
    remember(scratch, killed, running)
    killed.kill()
    killed.wait()
    process = run("up", "--arch", "lake", folder=scratch.folder)
    assert "An earlier local AWS had partly stopped: it was cleaned up." in process.stdout
    assert running.wait(timeout=10) != 0
    assert "ARCH=lake: no such architecture" in process.stderr  # it went on


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_interrupts_a_command(number: signal.Signals) -> None:
    script = """
        import os, signal
        from local.cli import _errors_as_messages
        with _errors_as_messages():
            try:
                os.kill(os.getpid(), signal.NUMBER)
                signal.pause()
            finally:
                print("cleaned up")
    """.replace("NUMBER", number.name)
    process = subprocess.run(
        [sys.executable, "-c", inspect.cleandoc(script)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (process.returncode, process.stdout) == (130, "cleaned up\n")
    assert process.stderr == "Stopped.\n"


@pytest.mark.local
def test_an_interrupted_demo_stops_what_it_started(tmp_path: Path) -> None:
    settings = {**os.environ, "DEMO_DIR": str(tmp_path)}
    demo = subprocess.Popen(
        [*COMMAND, "demo", "--arch", "streaming-lake"],
        cwd=ROOT,
        env=settings,
        stdout=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not (tmp_path / "state.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    state = Workspace(tmp_path).state()
    assert state is not None
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert state.alive() == []
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_failed_start_shows_the_end_of_the_log(
    scratch: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulator, "PYTHON", Path(sys.executable))  # ministack is not in there
    with pytest.raises(LocalError, match="No module named 'ministack'"):
        emulator.start(scratch)
    stop(scratch)
