"""The demo's second model: trained on demand of electricity, it forecasts thirteen weeks.

The training workflow and the batch transform are those of the platform's first model. Every figure
of the report is computed a second time here, from the files that the batch transform has written.
"""

import importlib
import json
import sys
import tarfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from local.demos import energy_demand
from local.demos.executions import execute
from local.demos.report import Check
from local.runtime.emulator import Emulator
from local.runtime.workspace import LocalError
from local.services.s3.uri import split_uri
from repository import extract

NAME = "energy-demand"
_SET = f"{NAME}/training"
_HISTORY = f"transform/{NAME}/history"
_QUANTILES = (0.1, 0.5, 0.9)
_WEEK = 7 * energy_demand.HALF_HOURS
_JUDGED_WEEKS, _ALARM_SECONDS = 4, 30
Row = tuple[str, float, float, float]
"""Time, and three quantiles in gigawatts."""
Quantiles = tuple[float, float, float]
_Week = tuple[list[float], list[Quantiles], list[Quantiles]]


@dataclass(frozen=True)
class Judgement:
    """What the platform says of its forecasts, and the states of both alarms."""

    figures: dict[str, Any]
    alarms: list[str]


@dataclass
class Forecasts:
    """What the second model did, for the report."""

    training: dict[str, Any] = field(default_factory=dict)
    """Output of the training workflow."""
    evaluation: dict[str, Any] = field(default_factory=dict)
    by_cut_off: dict[date, list[Row]] = field(default_factory=dict)
    """What the batch transform wrote."""
    in_process: dict[date, list[Row]] = field(default_factory=dict)
    """What the artefact itself answers to the same files."""
    plot: bytes = b""
    judgement: Judgement | None = None
    """None without the lake, in whose work group the platform judges."""


def put_training_set(s3: Any, bucket: str) -> None:
    """Write the three splits where the training workflow looks for them."""
    for split, text in energy_demand.splits().items():
        s3.put_object(Bucket=bucket, Key=f"{_SET}/split={split}/demand.csv", Body=text.encode())


def put_histories(s3: Any, bucket: str) -> None:
    """Write what was known at each cut-off, a file each, where the batch transform looks."""
    for cut_off in energy_demand.cut_offs():
        body = energy_demand.history(cut_off).encode()
        s3.put_object(Bucket=bucket, Key=f"{_HISTORY}/{cut_off}.csv", Body=body)


def read_forecasts(s3: Any, predictions: str) -> dict[date, list[Row]]:
    """Cut-off -> the rows of its forecast, from the folder that the batch transform names."""
    bucket, prefix = split_uri(predictions)
    return {
        cut_off: _rows(
            s3.get_object(Bucket=bucket, Key=f"{prefix}{cut_off}.csv.out")["Body"].read().decode()
        )
        for cut_off in energy_demand.cut_offs()
    }


def forecast_in_process(artefact: bytes, folder: Path) -> dict[date, list[Row]]:
    """Cut-off -> what the artefact answers, unpacked into `folder` and imported."""
    with tarfile.open(fileobj=BytesIO(artefact)) as archive:
        extract(archive, folder)
    sys.path.insert(0, str(folder / "code"))
    served: Any = importlib.import_module("serve_demand")
    model = served.model_fn(str(folder))
    return {
        cut_off: _rows(served.answer_of(energy_demand.history(cut_off), model))
        for cut_off in energy_demand.cut_offs()
    }


def _rows(text: str) -> list[Row]:
    lines = (line.split(",") for line in text.splitlines())
    return [(time, float(low), float(median), float(high)) for time, low, median, high, _ in lines]


def judge(emulator: Emulator, outputs: dict[str, str]) -> Judgement:
    """Run the workflow that judges, until the last cut-off: its histories know the demand before.

    Raises LocalError if it fails.
    """
    execution = execute(
        emulator.client("stepfunctions"),
        outputs["EnergyDemandQualityStateMachineArn"],
        {"day": f"{energy_demand.cut_offs()[-1]}"},
    )
    if execution["status"] != "SUCCEEDED":
        raise LocalError(f"judge_forecasts ended: {execution.get('cause')}")
    alarms = [outputs["EnergyDemandLossAlarm"], outputs["EnergyDemandBandAlarm"]]
    deadline, states = time.monotonic() + _ALARM_SECONDS, list[str]()
    while time.monotonic() < deadline:
        described = emulator.client("cloudwatch").describe_alarms(AlarmNames=alarms)
        states = [str(alarm["StateValue"]) for alarm in described["MetricAlarms"]]
        if "INSUFFICIENT_DATA" not in states:
            break
        time.sleep(0.5)
    return Judgement(json.loads(execution["output"]), states)


def compare(forecasts: Forecasts) -> list[Check]:
    """The report of the evaluation beside the same figures from the files."""
    report, weeks = forecasts.evaluation, _weeks(forecasts)
    differing = sum(
        row != answer
        for cut_off, rows in forecasts.by_cut_off.items()
        for row, answer in zip(rows, forecasts.in_process[cut_off], strict=True)
    )
    losses = [(_wql(demand, rows), _wql(demand, naive)) for demand, rows, naive in weeks]
    demand = [value for week, _, _ in weeks for value in week]
    rows = [row for _, week, _ in weeks for row in week]
    inside = [low <= value <= high for value, (low, _, high) in zip(demand, rows, strict=True)]
    return [
        Check("the gate registers the model of demand", True, forecasts.training["registered"]),
        Check("half hours that were forecast", len(report["cut_offs"]) * _WEEK, len(rows)),
        Check("forecasts that differ from the artefact's own", 0, differing),
        Check(
            "wQL of the report = of the files",
            round(report["wql"], 4),
            round(_wql(demand, rows), 4),
        ),
        Check(
            "coverage of the report = of the files",
            round(report["coverage"], 3),
            round(sum(inside) / len(inside), 3),
        ),
        Check(
            "cut-offs at which it is no better than a week ago",
            0,
            sum(model >= naive for model, naive in losses),
        ),
        Check(
            "better than a week ago with a band, beyond the noise of days", True, _gain(report) > 0
        ),
        *(_judged(forecasts.judgement, weeks) if forecasts.judgement else []),
    ]


def _judged(judgement: Judgement, weeks: Sequence[_Week]) -> list[Check]:
    """The figures of the four weeks before the last cut-off, whose demand no history has."""
    judged = weeks[-1 - _JUDGED_WEEKS : -1]
    demand = [value for week, _, _ in judged for value in week]
    rows = [row for _, week, _ in judged for row in week]
    naive = [row for _, _, week in judged for row in week]
    inside = [low <= value <= high for value, (low, _, high) in zip(demand, rows, strict=True)]
    expected = {
        "half_hours": len(demand),
        "cut_offs": len(judged),
        "wql": round(_wql(demand, rows), 6),
        "wql_a_week_ago": round(_wql(demand, naive), 6),
        "coverage": round(sum(inside) / len(inside), 6),
    }
    figures = {name: round(judgement.figures[name], 6) for name in expected}
    return [
        Check("forecasts judged by later demand = of the files", expected, figures),
        Check("forecasts: states of the alarms", ["OK", "OK"], judgement.alarms),
    ]


def _gain(report: dict[str, Any]) -> float:
    """The lower end of the gain's interval."""
    return float(report["baselines"]["a_week_ago_with_band"]["gain_interval"][0])


def figure(forecasts: Forecasts) -> str:
    """The most telling result."""
    report = forecasts.evaluation
    low, high = report["coverage_interval"]
    naive = report["baselines"]["a_week_ago"]["wql"]
    return (
        f"demand of {len(report['cut_offs'])} weeks: wQL {report['wql']:.4f}, {naive:.4f} as a week"
        f" ago; {report['coverage']:.0%} ({low:.0%} to {high:.0%}) in the 80 % band"
    )


def _weeks(forecasts: Forecasts) -> list[_Week]:
    """Of each cut-off: demand, its forecast, and demand of the week before as one."""
    weeks = []
    for cut_off, rows in forecasts.by_cut_off.items():
        week_before = date.fromordinal(cut_off.toordinal() - 7)
        naive = [(value, value, value) for value in energy_demand.demand_after(week_before)]
        demand = energy_demand.demand_after(cut_off)
        weeks.append((demand, [row[1:] for row in rows], naive))
    return weeks


def _wql(demand: Sequence[float], rows: Sequence[Quantiles]) -> float:
    """The weighted quantile loss, by its definition, one half hour after the other."""
    loss = 0.0
    for value, quantiles in zip(demand, rows, strict=True):
        for share, quantile in zip(_QUANTILES, quantiles, strict=True):
            missed = value - quantile
            loss += share * missed if missed > 0 else (share - 1) * missed
    return 2 * loss / (len(_QUANTILES) * sum(demand))
