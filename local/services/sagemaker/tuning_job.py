"""The training jobs of CreateHyperParameterTuningJob: points spread evenly over the ranges.

SageMaker's Bayesian search, early stopping and warm starts are its own; categorical ranges are not
supported.
"""

from collections.abc import Iterator

from local.services.task import Arguments


def training_jobs(request: Arguments) -> Iterator[Arguments]:
    """A CreateTrainingJob for each job that the resource limits allow."""
    config, definition = request["HyperParameterTuningJobConfig"], request["TrainingJobDefinition"]
    count = config["ResourceLimits"]["MaxNumberOfTrainingJobs"]
    for number in range(count):
        job = {
            **definition,
            "TrainingJobName": f"{request['HyperParameterTuningJobName']}-{number:03d}",
            "HyperParameters": {
                **definition["StaticHyperParameters"],
                **_point(config["ParameterRanges"], (number + 0.5) / count),
            },
        }
        del job["CheckpointConfig"]  # each job of a search has a folder of its own
        yield job


def _point(ranges: Arguments, share: float) -> dict[str, str]:
    """A value in each range; `share` of the way through the search, from 0 to 1."""
    return {
        bounds["Name"]: _value(
            bounds, (share * (1 + place * 2)) % 1, whole=kind.startswith("Integer")
        )
        for kind in ("ContinuousParameterRanges", "IntegerParameterRanges")
        for place, bounds in enumerate(ranges.get(kind, []))
    }


def _value(bounds: Arguments, share: float, *, whole: bool) -> str:
    low, high = float(bounds["MinValue"]), float(bounds["MaxValue"])
    value = low + (high - low) * share
    return str(round(value)) if whole else f"{value:.4f}"
