"""How good forecasts of electricity demand are, thirteen weeks ahead of what was known.

`train_demand.py` runs as it is, in the environment of the jobs, twice: with last week's weather,
and with the weather that nobody knows. MSTL runs in an environment of its own.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.demos import energy_demand
from local.services.sagemaker.training_job import PYTHON
from repository import ROOT

_MODEL = ROOT / "models" / "ml_platform" / "energy_demand"
_BENCH = ROOT / "tools" / "bench"
_STATSFORECAST = ROOT / ".venv-statsforecast" / "bin" / "python"


@dataclass(frozen=True)
class Judgement:
    """Of one way to forecast; an interval is its lower and upper end."""

    wql: float
    wql_interval: tuple[float, float]
    mape: float
    coverage: float
    """Share of half hours in the 80 % band."""
    coverage_interval: tuple[float, float]
    loses_more: tuple[float, float]
    """How much more wQL than the model's."""


def measure(folder: Path) -> dict[str, Judgement]:
    """Train and judge below `folder`, which must be empty: way to forecast -> its figures."""
    energy_demand.write(folder)
    for weather in ("last_week", "observed"):
        channels = [f"--{name}={folder}/split={name}" for name in ("train", "validation")]
        options = [f"--model-dir={folder / weather}", f"--weather={weather}"]
        command = [str(PYTHON), str(_MODEL / "train_demand.py"), *channels, *options]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    year, mstl = folder / "year.csv", folder / "mstl.json"
    year.write_text("".join(energy_demand.splits().values()))
    days = [f"{cut_off}" for cut_off in energy_demand.cut_offs()]
    benchmark = subprocess.run(
        [str(_STATSFORECAST), str(_BENCH / "mstl_worker.py"), str(year), *days],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    mstl.write_text(f"[{','.join(benchmark.stdout.splitlines())}]")
    worker = subprocess.run(
        [str(PYTHON), str(_BENCH / "forecast_worker.py"), str(folder), str(mstl)],
        env={"PYTHONPATH": str(_MODEL)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return {name: Judgement(**row) for name, row in json.loads(worker.stdout).items()}
