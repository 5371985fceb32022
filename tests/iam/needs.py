"""What each workflow of a synthesised assembly needs of IAM, and what its role allows."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from local.services.iam import pipeline_permissions, states_permissions
from local.services.iam.permission import ACCOUNT, PARTITION, Permission
from local.services.iam.task_permissions import permissions_of
from local.services.sagemaker.pipeline_run import PipelineRun, parameter_values
from local.services.task import Arguments
from stacks.shared.asl_state_machine import definition_of
from tests.iam.concrete import Deployed
from tests.iam.expressions import evaluate
from tests.iam.workflow_samples import SAMPLES, Sample
from tests.step_functions.workflows import WORKFLOWS
from tools.assembly import Assembly, Resource, asl, synthesise

REGISTRY = "111111111111"
# Everything that a setting can add, and what a new account gets.
SETTINGS = {
    "everything": (
        "production",
        {
            "language_chain.collections": "true",
            "language_chain.lexicon": "true",
            "language_chain.speak": "everything",
            "language_chain.terminology": "true",
            "language_chain.vocabulary": "true",
            "language_chain.vocabulary_filter": "true",
            "ml_endpoint.pipeline": "true",
            "ml_training.models": "flight-delay,energy-demand",
            "ml_endpoint.retrain_on_drift": "true",
            "ml_network.budget_usd": "60",
            "ml_training.after_curation": "true",
            "ml_training.sagemaker_pipeline": "true",
            "language_chain.budget_usd": "30",
            "streaming_lake.budget_usd": "25",
        },
    ),
    "defaults": ("sandbox", {}),
    # The models of REGISTRY, another account: see `registry`.
    "elsewhere": (
        "sandbox",
        {
            "ml_endpoint.registry_account": REGISTRY,
            "ml_endpoint.registry_bucket": "mltraining-bucket",
            "ml_endpoint.registry_key": f"arn:aws:kms:us-east-1:{REGISTRY}:key/mlnetwork-key",
            "ml_training.models": "flight-delay,energy-demand",
        },
    ),
}
# The others synthesise every architecture.
_ONLY = {"elsewhere": ["ml-platform"]}


PIPELINE = "ml_platform/train_model as a SageMaker pipeline"
BASELINES = ("carrier_and_hour", "logistic_regression")


@dataclass(frozen=True)
class WorkflowNeeds:
    """One workflow of an assembly, or one SageMaker pipeline."""

    name: str
    role: Resource
    principal: str
    """The ARN of a session of its role."""
    statements: tuple[dict[str, Any], ...]
    permissions: tuple[Permission, ...]


@cache
def assembly_of(settings: str) -> Assembly:
    """The assembly of one entry of SETTINGS."""
    environment, values = SETTINGS[settings]
    return synthesise(environment, values, only=_ONLY.get(settings, []), gated=False)


@cache
def deployed(settings: str) -> Deployed:
    """The same, as if deployed."""
    neighbour = registry() if settings == "elsewhere" else None
    return Deployed(assembly_of(settings), neighbour=neighbour)


@cache
def registry() -> Deployed:
    """The account that registers models, and shares them with the one of `elsewhere`."""
    values = {
        "ml_training.shared_with": ACCOUNT,
        "ml_training.models": "flight-delay,energy-demand",
    }
    return Deployed(synthesise("sandbox", values, only=["ml-platform"], gated=False), REGISTRY)


def workflows(assembly: Assembly, account: Deployed) -> Iterator[WorkflowNeeds]:
    """Every workflow and every SageMaker pipeline of an assembly."""
    for pipeline in assembly.of_type("AWS::SageMaker::Pipeline"):
        yield _needs(assembly, account, pipeline, PIPELINE, _of_pipeline(pipeline, account))
    for name, machine in machines(assembly):
        yield _needs(assembly, account, machine, name, _permissions(name, machine, account))


def machines(assembly: Assembly) -> Iterator[tuple[str, Resource]]:
    """The state machines of an assembly, by the names of their workflows.

    From the second of a file on, `<name> at <path>`.
    """
    names: set[str] = set()
    files = {definition_of(workflow.file): workflow.name for workflow in WORKFLOWS}
    for machine in assembly.of_type("AWS::StepFunctions::StateMachine"):
        name = files[machine.properties["DefinitionString"]]
        if name in names:
            name = f"{name} at {machine.path}"
        names.add(name)
        yield name, machine


def _needs(
    assembly: Assembly,
    account: Deployed,
    resource: Resource,
    name: str,
    permissions: Iterator[Permission],
) -> WorkflowNeeds:
    (place,) = assembly.places_in(resource.properties["RoleArn"])
    role = assembly.roles[place]
    role_name = account.name(role.resource)
    return WorkflowNeeds(
        name,
        role.resource,
        f"arn:{PARTITION}:sts::{ACCOUNT}:assumed-role/{role_name}/session",
        tuple(account.concrete(dict(statement)) for statement in role.statements),
        tuple(permissions),
    )


def _of_pipeline(pipeline: Resource, account: Deployed) -> Iterator[Permission]:
    """What an execution that registers a model asks for."""
    body = pipeline.properties["PipelineDefinition"]["PipelineDefinitionBody"]
    definition = json.loads(account.concrete(body))
    permissions: list[Permission] = []
    (bucket,) = set(re.findall(r"s3://([^/]+)/models/", json.dumps(definition)))
    artefact = f"s3://{bucket}/models/a-job/output/model.tar.gz"

    def run_job(operation: str, arguments: Arguments) -> Arguments:
        permissions.extend(pipeline_permissions.of_step(operation, arguments, account))
        return {
            "ModelArtifacts": {"S3ModelArtifacts": artefact},
            "ModelPackageArn": "a-package",
        }

    def read_json(uri: str) -> Any:
        permissions.extend(pipeline_permissions.of_json_get(uri, account))
        judged = {"gain_over_it": 1, "gain_interval": [1, 1]}
        return {"roc_auc": 1, "baselines": dict.fromkeys(BASELINES, judged)}

    values = parameter_values(definition, [{"Name": "TrainingSet", "Value": "s3://lake/training/"}])
    run = PipelineRun(definition, values, {"PipelineExecutionId": "abc123def456"})
    run.run(run_job, read_json)
    assert run.status == "Succeeded", run.failure_reason
    yield from permissions


def _permissions(name: str, machine: Resource, account: Deployed) -> Iterator[Permission]:
    properties, arn = machine.properties, account.arn(machine)
    yield from states_permissions.state_machine(
        arn,
        account,
        logged=properties["LoggingConfiguration"]["Level"] != "OFF",
        traced=properties["TracingConfiguration"]["Enabled"],
    )
    definition = _definition(machine, account)
    for state in asl.states(definition):
        if state.body.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == (
            "DISTRIBUTED"
        ):
            yield from states_permissions.distributed_map(arn)
    for task, arguments in requests(name, machine, account):
        yield from permissions_of(task.body["Resource"], arguments, account)


def requests(
    name: str, machine: Resource, account: Deployed
) -> Iterator[tuple[asl.State, dict[str, Any]]]:
    """The tasks of a workflow on every sample's way, each with its evaluated arguments."""
    definition = _definition(machine, account)
    for sample in SAMPLES[name]:
        if not sample.needs or account.has(sample.needs):
            yield from _of_sample(definition, _placed(sample, account), account)


def _definition(machine: Resource, account: Deployed) -> asl.Definition:
    text = machine.properties["DefinitionString"]
    for blank, value in machine.properties["DefinitionSubstitutions"].items():
        text = text.replace(f"${{{blank}}}", account.concrete(value))
    definition: asl.Definition = json.loads(text)
    return definition


def _placed(sample: Sample, account: Deployed) -> Sample:
    """A sample with the names of this assembly.

    `{set_bucket}` is where its training sets are, and `{work_group}` where they are asked for.
    """
    places, work_group = _training_sets(account)
    own = not any("Lake" in resource.place for resource in places)
    place = "{MlTraining/Bucket}" if own else "{StreamingLake/Storage/Lake}"
    text = json.dumps([sample.variables, sample.input])
    text = text.replace("{set_bucket}", place).replace("{set}", "" if own else "a-run/")
    text = text.replace("{work_group}", work_group)
    if account.neighbour:
        text = text.replace(f":{ACCOUNT}:model-package/", f":{REGISTRY}:model-package/")
        text = text.replace("{MlTraining/Bucket}", "mltraining-bucket")
    variables, execution_input = account.concrete(json.loads(text))
    return Sample(variables, execution_input, sample.passes, sample.tasks)


def _training_sets(account: Deployed) -> tuple[list[Resource], str]:
    """The buckets that the training workflow exports its sets to, and the work group it asks."""
    for machine in account.of_type("AWS::StepFunctions::StateMachine"):
        if machine.place == "MlTraining/Training/Workflow":
            substitutions = account.concrete(machine.properties["DefinitionSubstitutions"])
            places = f"{substitutions['TrainingData']} {substitutions['ExportQuery']}"
            (bucket,) = re.findall(r"s3://([^/]+)/training/", places)
            resources = [account.by_arn[f"arn:{PARTITION}:s3:::{bucket}"]]
            return resources, str(substitutions["WorkGroup"])
    return [], "none"


def _of_sample(
    definition: asl.Definition, sample: Sample, account: Deployed
) -> Iterator[tuple[asl.State, dict[str, Any]]]:
    """The tasks on the sample's way, each with its evaluated arguments."""
    bodies = {state.name: state for state in asl.states(definition)}
    variables: dict[str, Any] = dict(sample.variables)
    for name in sample.passes:
        assigned = evaluate(bodies[name].body["Assign"], variables, _states(name, sample))
        variables = {**variables, **assigned, **sample.variables}
    config = variables.get("name")
    if config:  # deploy_model: its configuration and models exist when the endpoint is created
        account.remember("EndpointConfig", config, _configuration(bodies, variables, sample))
        for model in (config, sample.variables["old"]["model"]):
            request = evaluate(
                bodies["Create the model"].body["Arguments"],
                variables,
                _states("Create the model", sample),
            )
            account.remember("Model", model, request)
    for task in asl.tasks(definition):
        if not sample.tasks or task.name in sample.tasks:
            arguments = evaluate(task.body["Arguments"], variables, _states(task.name, sample))
            # The settings leave out what is called `none`.
            named = ("StateMachineArn", "WorkGroup", "QueryExecutionId")
            if "none" not in map(arguments.get, named):
                yield task, arguments


def _configuration(
    bodies: dict[str, asl.State], variables: dict[str, Any], sample: Sample
) -> dict[str, Any]:
    name = "Create the configuration"
    request: dict[str, Any] = evaluate(
        bodies[name].body["Arguments"], variables, _states(name, sample)
    )
    return request


def _states(state: str, sample: Sample) -> dict[str, Any]:
    return {
        "input": sample.input,
        "context": {
            "Execution": {
                "Name": "a-run",
                "Id": "arn:an-execution",
                "StartTime": "2026-11-28T00:00:00Z",
            },
            "State": {"Name": state, "RetryCount": 0, "EnteredTime": "2026-11-28T00:00:00Z"},
        },
    }
