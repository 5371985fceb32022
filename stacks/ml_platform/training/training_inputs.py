"""What training jobs run on: data and code."""

from dataclasses import dataclass

from aws_cdk import aws_s3_assets as s3_assets

from stacks.ml_platform.model import Model
from stacks.ml_platform.training.training_data import TrainingData


@dataclass(frozen=True)
class TrainingInputs:
    """The model, its set and code, and the code that prepares raw requests, if used."""

    model: Model
    data: TrainingData
    code: s3_assets.Asset
    preparation: s3_assets.Asset | None
