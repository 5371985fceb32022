"""A model of the platform, as the manifest `models/ml_platform/<folder>/model.json` declares it.

The training workflow and the batch transform are the same for every model: what differs stands in
the manifest. A folder without one, such as `prepare_flights`, is no model.
"""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from repository import ROOT

FOLDER = ROOT / "models" / "ml_platform"
_STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True)
# The manifest becomes text of a workflow, between quotation marks of JSON and of JSONata, with
# backticks in the place of its own.
_TEXT = r"^[^'`\\$\"{}]+$"
# A JSONPath of SageMaker's input filter.
_COLUMNS = r"^\$(\[\d*:\d*\])?$"
Text = Annotated[str, Field(pattern=_TEXT)]
SettingName = Annotated[str, Field(pattern=r"^ml_training\.\w+$")]
"""A number or a name that differs between environments: `ml_training.minimum_auc`."""
Number = Annotated[float, Field(strict=True)] | SettingName


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Programs:
    """Python files of the model's folder. No two models have files of one name: tests import them
    side by side."""

    train: Text
    """Script of the training job."""
    evaluate: Text
    """Script of the processing job, which writes `evaluation.json` and `statistics.json`."""
    serve: Text
    """What the container calls, in an endpoint or a batch transform."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Tuning:
    """A search, in the words of CreateHyperParameterTuningJob."""

    objective: dict[str, Text]
    ranges: dict[str, list[dict[str, Text]]]

    @property
    def names(self) -> set[str]:
        """The hyperparameters that a search chooses."""
        return {limits["Name"] for kind in self.ranges.values() for limits in kind}


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Bound:
    """What a figure of `evaluation.json` must be, both ends included."""

    figure: Text
    low: Number
    high: Number


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Gate:
    """When a model is registered (TR-24).

    `evaluation.json` has `metric`, the figure of each bound, `rows`, and in `baselines` for each
    baseline: `metric`, `gain_over_it` and `gain_interval`, which are above 0 where the model is
    better, whichever way is better. The lower end of the interval must be above 0, too.
    """

    metric: Text
    title: Text
    """As people read it."""
    bounds: Annotated[list[Bound], Field(min_length=1)]
    baseline: Text
    minimum_gain: Number


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Card:
    """What the model card says, and the model package group."""

    description: Text
    records: Text
    """What a row is, in the plural."""
    purpose: Text
    factors: Text


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class ContentTypes:
    """MIME types of requests and of answers, beside those of batch transforms."""

    requests: list[Text]
    responses: list[Text]


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Batch:
    """How a batch transform asks the model (DP-03)."""

    records: Text
    """Field of the workflow's input that names the prefix of the files."""
    columns: Annotated[str, Field(pattern=_COLUMNS)]
    """Columns of a line that the model takes."""
    whole_files: bool
    """Send each file as one request, instead of its lines with their answers appended."""
    folder: Annotated[str, Field(pattern=r"^transform/([a-z-]+/)*$")]
    """Prefix of the platform's bucket below which the answers go."""
    source: Annotated[str, Field(pattern=r"^transform/([a-z-]+/)+$")] | None = None
    """Prefix that is taken if the input names none, as a schedule's does."""
    judged_by: Annotated[str, Field(pattern=r"^[a-z_]+$")] | None = None
    """File of `sql/ml_platform/` that compares forecasts with what later files of `source` tell."""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Model:
    """One model."""

    name: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]
    """Of the model package group; with underscores, of its folder."""
    training_set: Literal["streaming-lake", "bucket"]
    """Exported from the lake, if `ml_training.from_lake`, or below `<name>/training/`."""
    run_prefix: Annotated[str, Field(pattern=r"^([a-z]+-)*$")]
    """Begins the names of its jobs, and of its artefacts and reports."""
    programs: Programs
    hyperparameters: dict[Text, Text]
    """Of the training job; those of `tuning.ranges` are what a run without a search takes."""
    tuning: Tuning
    gate: Gate
    card: Card
    content_types: ContentTypes
    batch: Batch
    prepared: bool = False
    """Whether `ml_endpoint.pipeline` puts `prepare_flights` in front of it."""

    @model_validator(mode="after")
    def _has_what_is_tuned(self) -> "Model":
        if missing := self.tuning.names - set(self.hyperparameters):
            raise ValueError(f"hyperparameters lack what tuning searches: {sorted(missing)}")
        return self

    @property
    def folder(self) -> str:
        """Below `models/`."""
        return f"ml_platform/{self.name.replace('-', '_')}"

    @property
    def construct_id(self) -> str:
        """Of what it has in a stack: `EnergyDemand`."""
        return self.name.title().replace("-", "")

    def as_text(self, settings: Any) -> str:
        """What the training workflow reads: JSON with backticks for quotation marks.

        `settings` are those of `ml_training`, which the manifest may name. Raises AttributeError
        for a setting that does not exist.
        """

        def value(entry: Any) -> Any:
            return getattr(settings, entry.removeprefix("ml_training.")) if _names(entry) else entry

        bounds = [
            {"figure": bound.figure, "low": value(bound.low), "high": value(bound.high)}
            for bound in self.gate.bounds
        ]
        baseline, gain = value(self.gate.baseline), value(self.gate.minimum_gain)
        limits = ", ".join(f"{b['figure']} from {b['low']} to {b['high']}" for b in bounds)
        tuned = {name: self.hyperparameters[name] for name in sorted(self.tuning.names)}
        document = {
            "programs": asdict(self.programs),
            "hyperparameters": {
                name: text for name, text in self.hyperparameters.items() if name not in tuned
            },
            "tuned_hyperparameters": tuned,
            "tuning": {"objective": self.tuning.objective, "ranges": self.tuning.ranges},
            "gate": {
                "metric": self.gate.metric,
                "title": self.gate.title,
                "bounds": bounds,
                "baseline": baseline,
                "minimum_gain": gain,
                "wanted": f"Wanted: {limits}, a gain of {gain}, its interval above 0.",
            },
            "card": asdict(self.card),
            "content_types": asdict(self.content_types),
        }
        return json.dumps(document, separators=(",", ":")).replace('"', "`")


def _names(entry: Any) -> bool:
    return isinstance(entry, str) and entry.startswith("ml_training.")


def read(file: Path) -> Model:
    """The model that a manifest declares. Raises ValueError, which names the file."""
    try:
        model = Model(**json.loads(file.read_text()))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{file}: {error}") from error
    if model.folder != f"ml_platform/{file.parent.name}":
        raise ValueError(f"{file}: name {model.name!r} is not that of the folder")
    if model.batch.source and not model.batch.folder.startswith(f"transform/{model.name}/"):
        raise ValueError(f"{file}: batch.folder must be below transform/{model.name}/")
    return model


@cache
def models() -> dict[str, Model]:
    """Every model by its name, in the order of the names."""
    every = [read(file) for file in sorted(FOLDER.glob("*/model.json"))]
    return {model.name: model for model in every}


# What the endpoint serves, and the API asks.
SERVED = "flight-delay"


def known(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of models, as a setting takes them. Raises ValueError."""
    if unknown := [name for name in names if name not in models()]:
        raise ValueError(f"no such model: {', '.join(unknown)}; there are {', '.join(models())}")
    if SERVED not in names:
        raise ValueError(f"{SERVED} must be one of them: the endpoint serves it")
    if len(set(names)) < len(names):
        raise ValueError("a model is named twice")
    return names
