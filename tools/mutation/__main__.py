"""`make mutants COUNT=100`: which changes of workflows and stacks no test notices.

Not part of `make test`: on two idle cores a mutant that a near test notices takes ten seconds, one
that none notices one to two minutes, and with --local another five.
"""

import tempfile
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from repository import ROOT
from tools.mutation.mutants import Mutant, mutants
from tools.mutation.nearness import NOBODY
from tools.mutation.trials import TrialError, Trials

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True, markup=False)


@app.command()
def main(
    count: Annotated[int, typer.Option(help="How many mutants.")] = 100,
    seed: Annotated[int, typer.Option(help="Which ones.")] = 1,
    first: Annotated[int, typer.Option(help="The number of the first to try.")] = 1,
    only: Annotated[list[str], typer.Option(help="Those with this in their name.")] = [],  # noqa: B006 -- typer copies it
    local: Annotated[bool, typer.Option("--local", help="Try survivors in the local AWS.")] = False,
) -> None:
    """Try mutants one by one; print who noticed how many, and the survivors."""
    chosen = {
        number: mutant
        for number, mutant in enumerate(mutants(ROOT, count, seed), start=1)
        if number >= first and (not only or any(text in mutant.name for text in only))
    }
    noticed: dict[str, list[str]] = defaultdict(list)
    survivors: list[Mutant] = []
    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as folder,
        closing(Trials(Path(folder))) as trials,
    ):
        for number, mutant in chosen.items():
            begun = time.monotonic()
            try:
                verdict = trials.verdict(mutant, local=local)
            except TrialError as error:
                console.print(str(error))
                raise typer.Exit(1) from None
            noticed[verdict.by].append(verdict.test)
            if verdict.by == NOBODY:
                survivors.append(mutant)
            seconds = time.monotonic() - begun
            console.print(
                f"{number}/{count} {seconds:.0f} s, noticed by {verdict.by}"
                f" {verdict.test}: {mutant.name}"
            )
        kinds = [_kind(trials, mutant) for mutant in survivors]
        void = trials.failing_anyway(test for tests in noticed.values() for test in tests if test)
    console.print("\n" + ", ".join(f"{by}: {len(tests)}" for by, tests in sorted(noticed.items())))
    for test in void:
        console.print(f"  {test} fails without a mutant, too: what it noticed does not count.")
    for mutant, kind in zip(survivors, kinds, strict=True):
        console.print(f"  {kind}: {mutant.name}")


def _kind(trials: Trials, mutant: Mutant) -> str:
    changes = trials.changes_templates(mutant)
    return "changes a template" if changes else "changes no template at default settings"


if __name__ == "__main__":
    app()
