"""The steps of a long command, shown as they go: live in a terminal, a line each elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console


@dataclass
class Steps:
    """Runs named steps, remembers what each took, and says so."""

    console: Console = field(default_factory=Console)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show `name` while it runs, and its time when it is done or has failed."""
        started = time.monotonic()
        try:
            if self.console.is_terminal:
                with self.console.status(f"{name} …"):
                    yield
            else:
                yield
        except BaseException:
            self.console.print(f"[red]✗[/] {name}", highlight=False, soft_wrap=True)
            raise
        self.seconds[name] = time.monotonic() - started
        took = f"[dim]({self.seconds[name]:.1f} s)[/]"
        self.console.print(f"[green]✓[/] {name} {took}", highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """A line of its own, indented below the step it belongs to."""
        self.console.print(f"  {text}", highlight=False, soft_wrap=True)
