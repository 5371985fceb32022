"""What the language chain's demo did and found: in the terminal, and as one page."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.demos.language_chain.demo import Result
from local.demos.report import checks_table, render
from local.runtime.trimming import Trimmed

HONESTY = (
    "Translations are marked and not made here: Translate and Comprehend are stood for by their"
    " limits, their errors and packaged libraries, Transcribe and Polly by mocked answers."
)
_ROWS_SHOWN = 10


def write_page(
    path: Path,
    result: Result,
    outputs: dict[str, dict[str, str]],
    trimmed: list[Trimmed],
    seconds: dict[str, float],
) -> None:
    """Write the report as one HTML file at `path`."""
    text = render(
        "language_chain_report.html.j2",
        result.checks,
        seconds,
        result=result,
        honesty=HONESTY,
        outputs={name: each for name, each in outputs.items() if name == "LanguageChain"},
        trimmed=[each for each in trimmed if each.stack == "LanguageChain"],
        tables=[
            (answer, answer.rows.head(_ROWS_SHOWN).to_dict("split")) for answer in result.answers
        ],
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def print_report(console: Console, result: Result, page: Path) -> None:
    """The checks and the documents, then where the whole page is."""
    console.print(checks_table(result.checks))
    documents = Table(title="Documents", title_justify="left", title_style="bold")
    for heading in ("key", "status", "language", "sentiment", "reason"):
        documents.add_column(heading, overflow="fold")
    for row in result.documents:
        found = result.found.get(row["key"], {})
        documents.add_row(
            row["key"],
            row["status"],
            row.get("source_language", ""),
            found.get("sentiment", "").lower(),
            row.get("reason", ""),
        )
    console.print(documents)
    console.print(HONESTY, highlight=False)
    console.print(f"The whole report: {page}", highlight=False, soft_wrap=True)
