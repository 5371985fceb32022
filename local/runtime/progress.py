"""The steps of a long command: a live status in a terminal, plain lines elsewhere."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner

# Outside a terminal, a step that takes longer prints a line as often.
HEARTBEAT_SECONDS = 10.0


@dataclass
class Step:
    """A step that runs; whoever runs it may set `detail`, e.g. "MlEndpoint 12/58"."""

    name: str
    detail: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self.started

    @property
    def status(self) -> str:
        """Its name, seconds and detail, as one line."""
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.name} … {self.seconds:.0f} s{detail}"


@dataclass
class Steps:
    """Runs named steps, prints each as it ends, and remembers lines and times.

    `transcript` holds the printed lines, `seconds` the time of each step.
    """

    console: Console = field(default_factory=Console)
    seconds: dict[str, float] = field(default_factory=dict)
    _transcript: Console = field(
        default_factory=lambda: Console(file=StringIO(), record=True, width=100)
    )

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Show `name` while it runs, and its time once it has ended; a cross if it has failed."""
        step = Step(name)
        try:
            with self._live(step) if self.console.is_terminal else self._heartbeat(step):
                yield step
        except BaseException:
            self.print(f"[red]✗[/] {name}")
            raise
        self.seconds[name] = step.seconds
        self.print(f"[green]✓[/] {name} [dim]({self.seconds[name]:.1f} s)[/]")

    def say(self, text: str) -> None:
        """Print a line, indented below the step it belongs to."""
        self.print(f"  {text}")

    def print(self, line: RenderableType) -> None:
        """Print to the console and to the transcript."""
        for console in (self.console, self._transcript):
            console.print(line, highlight=False, soft_wrap=True)

    def section(self) -> "Steps":
        """Steps with times and a transcript of their own, which begin with those up to now."""
        section = Steps(self.console, dict(self.seconds))
        section._transcript.print(self.transcript, end="", highlight=False, markup=False)
        return section

    @property
    def transcript(self) -> str:
        """What was printed, as plain text."""
        return self._transcript.export_text(clear=False)

    def transcript_with(self, lines: Iterable[str]) -> str:
        """The transcript, and `lines` after it."""
        for line in lines:
            self._transcript.print(line, highlight=False, soft_wrap=True)
        return self.transcript

    def _live(self, step: Step) -> Live:
        spinner = Spinner("dots")

        def status() -> RenderableType:
            spinner.update(text=step.status)
            return spinner

        return Live(
            get_renderable=status, console=self.console, refresh_per_second=8, transient=True
        )

    @contextmanager
    def _heartbeat(self, step: Step) -> Iterator[None]:
        ended = threading.Event()

        def print_status() -> None:
            while not ended.wait(HEARTBEAT_SECONDS):
                self.console.print(f"  {step.status}", highlight=False, soft_wrap=True)

        thread = threading.Thread(target=print_status, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
