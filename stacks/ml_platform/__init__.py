"""ml-platform: SageMaker AI in a VPC without internet, under one key."""

from aws_cdk import Stack

from stacks.architecture import Architecture, StackMaker
from stacks.environments import Environment, SettingsError
from stacks.ml_platform.network.stack import MlNetwork
from stacks.ml_platform.notebook.stack import MlNotebook
from stacks.ml_platform.serving.stack import MlEndpoint
from stacks.ml_platform.settings import (
    ML_ENDPOINT,
    ML_NETWORK,
    ML_NOTEBOOK,
    ML_TRAINING,
    MlTrainingSettings,
)
from stacks.ml_platform.training.stack import MlTraining


def _make_stacks(make: StackMaker) -> None:
    network = make(MlNetwork)
    training = make(MlTraining, network_stack=network)
    make(MlEndpoint, network_stack=network, training_stack=training)
    make(MlNotebook, network_stack=network, training_stack=training)


def _needs(environment: Environment) -> dict[type[Stack], str]:
    from_lake = environment.settings(MlTrainingSettings).from_lake
    lake = environment.groups.get("streaming_lake")
    if from_lake and getattr(lake, "table_format", "glue") != "glue":
        raise SettingsError(
            "-c ml_training.from_lake=true: the export reads a table of Glue's catalogue. Set"
            " ml_training.from_lake=false, or leave streaming_lake.table_format at glue."
        )
    return {MlTraining: "streaming-lake"} if from_lake else {}


ARCHITECTURE = Architecture(
    name="ml-platform",
    summary="trains on that set, evaluates, registers, rolls out, serves and monitors a model, in a"
    " VPC without internet, under one key",
    stacks=(MlNetwork, MlTraining, MlEndpoint, MlNotebook),
    settings=(ML_NETWORK, ML_TRAINING, ML_ENDPOINT, ML_NOTEBOOK),
    budget="ml_network.budget_usd",
    make_stacks=_make_stacks,
    needs=_needs,
)
