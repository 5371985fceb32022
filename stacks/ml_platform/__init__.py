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
    MlEndpointSettings,
    MlTrainingSettings,
)
from stacks.ml_platform.training.stack import MlTraining


def _make_stacks(make: StackMaker) -> None:
    network = make(MlNetwork)
    if _left_out(make.environment):
        make(MlEndpoint, network_stack=network)
        return
    training = make(MlTraining, network_stack=network)
    make(MlEndpoint, network_stack=network, training_stack=training)
    make(MlNotebook, network_stack=network, training_stack=training)


def _left_out(environment: Environment) -> tuple[type[Stack], ...]:
    """An account that serves the models of another one trains nothing."""
    elsewhere = environment.settings(MlEndpointSettings).registry_account
    return (MlTraining, MlNotebook) if elsewhere else ()


def _needs(environment: Environment) -> dict[type[Stack], str]:
    _check_sharing(environment)
    if _left_out(environment):
        return {}
    from_lake = environment.settings(MlTrainingSettings).from_lake
    lake = environment.groups.get("streaming_lake")
    if from_lake and getattr(lake, "table_format", "glue") != "glue":
        raise SettingsError(
            "-c ml_training.from_lake=true: the export reads a table of Glue's catalogue. Set"
            " ml_training.from_lake=false, or leave streaming_lake.table_format at glue."
        )
    return {MlTraining: "streaming-lake"} if from_lake else {}


def _check_sharing(environment: Environment) -> None:
    """Refuse what would fail in the other account, after a deployment here."""
    accounts = ",".join(environment.settings(MlTrainingSettings).shared_with)
    endpoint = environment.settings(MlEndpointSettings)
    if accounts and endpoint.registry_account:
        raise SettingsError(
            f"-c ml_training.shared_with={accounts}: an account either registers models or serves"
            f" another one's, and ml_endpoint.registry_account is {endpoint.registry_account}. Set"
            " one of them to none."
        )
    if accounts and endpoint.pipeline:
        raise SettingsError(
            f"-c ml_training.shared_with={accounts}: with ml_endpoint.pipeline=true, models are"
            " registered with code in the CDK's bucket of this account, which other accounts"
            " cannot read. Set ml_endpoint.pipeline=false."
        )


ARCHITECTURE = Architecture(
    name="ml-platform",
    summary="trains on that set, evaluates, registers, rolls out, serves and monitors a model, in a"
    " VPC without internet, under one key",
    stacks=(MlNetwork, MlTraining, MlEndpoint, MlNotebook),
    settings=(ML_NETWORK, ML_TRAINING, ML_ENDPOINT, ML_NOTEBOOK),
    budget="ml_network.budget_usd",
    make_stacks=_make_stacks,
    left_out=_left_out,
    needs=_needs,
)
