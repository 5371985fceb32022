"""The report of a demo: checks and figures, as one HTML page and as a summary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2

from local.runtime.deployment import Outputs
from local.runtime.kept import Kept

SUMMARY_LINES = 40


@dataclass(frozen=True)
class Check:
    """One figure, as expected and as it is."""

    name: str
    expected: Any
    actual: Any

    @property
    def passed(self) -> bool:
        """Whether they are equal."""
        return bool(self.expected == self.actual)

    def __str__(self) -> str:
        return f"{self.name}: expected {as_text(self.expected)}, actual {as_text(self.actual)}"


@dataclass(frozen=True)
class Report:
    """The results of one architecture's demo."""

    title: str
    lead: str
    """A sentence or two about what was run."""
    checks: Sequence[Check]
    figures: Sequence[str]
    """The most telling results, a line each: the summary prints up to six."""
    template: str
    """Extends `report.html.j2`, e.g. "streaming_lake/report.html.j2"."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What the template shows."""

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(check.passed for check in self.checks)

    @property
    def failed(self) -> list[Check]:
        """The checks that did not pass."""
        return [check for check in self.checks if not check.passed]

    def page(
        self, outputs: Outputs, kept_resources: Sequence[Kept], seconds: Mapping[str, float]
    ) -> str:
        """The report as one HTML file; `seconds` are those of each step."""
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).parent),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["figure"] = as_text
        return environment.get_template(self.template).render(
            report=self,
            outputs=outputs,
            kept_resources=kept_resources,
            seconds=seconds,
            written_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            **self.values,
        )

    def summary(self, most_figures: int = 6) -> list[str]:
        """Lines for the terminal: how many checks passed, each failed one, and figures."""
        mark = "[red]✗[/]" if self.failed else "[green]✓[/]"
        return [
            f"{mark} {self.title}: {self.passed} of {len(self.checks)} checks passed",
            *(f"    [red]✗[/] {check}" for check in self.failed),
            *(f"    {line}" for line in self.figures[:most_figures]),
        ]


def summarise(reports: Sequence[Report]) -> list[str]:
    """The summaries of all reports: at most 40 lines, unless checks failed."""
    room = SUMMARY_LINES - sum(1 + len(report.failed) for report in reports)
    most_figures = max(0, min(6, room // len(reports))) if reports else 0
    return [line for report in reports for line in report.summary(most_figures)]


def as_text(value: Any) -> str:
    """A figure as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(as_text, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {as_text(count)}" for name, count in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)
