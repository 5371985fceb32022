"""What the ML platform's demo did and found: in the terminal, and as one page."""

import base64
from pathlib import Path

from rich.console import Console

from local.demos.ml_platform.demo import Result
from local.demos.report import checks_table, render
from local.runtime.trimming import Trimmed


def write_page(
    path: Path,
    result: Result,
    outputs: dict[str, dict[str, str]],
    trimmed: list[Trimmed],
    seconds: dict[str, float],
) -> None:
    """Write the report as one HTML file at `path`."""
    text = render(
        "ml_platform_report.html.j2",
        result.checks,
        seconds,
        result=result,
        outputs=outputs,
        trimmed=trimmed,
        plots={name: base64.b64encode(png).decode() for name, png in result.plots.items()},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def print_report(console: Console, result: Result, page: Path) -> None:
    """The checks and the figures, then where the whole page is."""
    console.print(checks_table(result.checks))
    report, latency = result.evaluation, result.latency_milliseconds
    console.print(
        f"ROC AUC {report['roc_auc']:.3f}, {report['gain_over_baseline']:.3f} above a prediction by"
        f" carrier and hour ({report['baseline']['roc_auc']:.3f}), on {report['rows']:,} flights"
        " never seen",
        highlight=False,
    )
    console.print(
        f"one flight at the API: {latency['p50']:.0f} ms (p50), {latency['p99']:.0f} ms (p99)",
        highlight=False,
    )
    console.print(f"The whole report: {page}", highlight=False, soft_wrap=True)
