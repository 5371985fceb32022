"""The chart of the lake's report."""

from io import StringIO

import pandas as pd
from matplotlib.figure import Figure

_INK, _BAR = "#1b2a3a", "#3a6ea5"


def delay_chart(rows: pd.DataFrame) -> str:
    """Mean arrival delay by scheduled hour over all carriers, as SVG."""
    weighted = rows.assign(minutes=rows.mean_arrival_delay_minutes * rows.flights)
    hours = weighted.groupby("departure_hour")[["minutes", "flights"]].sum()
    # The day in New York begins at 10 UTC: in this order, the night does not split the chart.
    hours = hours.reindex([(hour + 9) % 24 for hour in range(24)]).dropna()
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.subplots()
    labels = [f"{hour:02d}" for hour in hours.index]
    axes.bar(labels, hours.minutes / hours.flights, color=_BAR)
    axes.axhline(0, color=_INK, linewidth=0.8)
    axes.set_xlabel("scheduled departure, hour UTC (New York + 5 in winter)")
    axes.set_ylabel("mean arrival delay, minutes")
    axes.spines[["top", "right"]].set_visible(False)
    svg = StringIO()
    figure.savefig(svg, format="svg", metadata={"Date": None})
    return svg.getvalue()[svg.getvalue().index("<svg") :]
