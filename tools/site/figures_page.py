"""The page of the measured figures, from `docs/figures.toml`."""

from tools.bench import figures
from tools.markdown import code, table


def page() -> str:
    """The page in Markdown, for the root of the site."""
    rows = [
        (
            f'<a id="{figure.id}"></a>{figure.title}',
            figure.measured,
            figure.compared_to,
            f"{figure.date}, {figure.machine}",
            code(figure.command),
        )
        for figure in figures.read().values()
    ]
    heads = ("figure", "measured", "compared to", "on", "by")
    return (
        "# Figures\n\nMeasured by `make bench` and its parts, each beside what it is compared"
        f" to.\n\n{table(heads, rows)}\n"
    )
