"""A workflow's role allows what its tasks need, on every way through it, and nothing else.

So does the role of the SageMaker pipeline.

What a task needs is `local/services/iam/task_permissions.py`, which the local AWS enforces as well.
A statement, an action or a resource that no task needs fails here, and so does a task that the
role, or the policy of what it touches, denies.
"""

import pytest

from tests.iam.needs import PIPELINE, REGISTRY, SETTINGS
from tests.iam.role_checks import Check, checks
from tests.iam.simulation import Simulation
from tests.step_functions.workflows import WORKFLOWS

NAMES = [PIPELINE, *(workflow.name for workflow in WORKFLOWS)]
# Settings, and what they do not deploy.
NOT_DEPLOYED = {
    "everything": set(),
    "defaults": {
        PIPELINE,
        "language_chain/speak",
        "language_chain/translate_collection",
        "ml_platform/judge_forecasts",
        "ml_platform/judge_predictions",
    },
    "elsewhere": {
        *NAMES,
    }
    - {"ml_platform/deploy_model", "ml_platform/transform_batch"},
}
# Workflows that a second model has as well.
AGAIN = {
    "everything": {
        "ml_platform/train_model at EnergyDemand/Training/Workflow",
        "ml_platform/transform_batch at EnergyDemand/Batch/Workflow",
    },
    "defaults": set(),
    "elsewhere": {"ml_platform/transform_batch at EnergyDemand/Batch/Workflow"},
}
DEPLOYED = {settings: {*NAMES, *AGAIN[settings]} - NOT_DEPLOYED[settings] for settings in SETTINGS}
CASES = [
    pytest.param(settings, name, id=f"{name}-{settings}")
    for settings in SETTINGS
    for name in sorted(DEPLOYED[settings])
]
each_workflow = pytest.mark.parametrize(("settings", "name"), CASES)

_GROUPS = "on arn:aws:sagemaker:us-east-1:000000000000:model-package-group/"
_SHARED = f"on arn:aws:sagemaker:us-east-1:{REGISTRY}:model-package"
# What the simulator's copy of the Service Authorization Reference does not know of our requests.
NOT_IN_THE_REFERENCE = (
    # It takes no colon in the name of an encryption context.
    "context: kms:EncryptionContext:",
    # Model packages are created in a group and listed by it, and it names the packages alone.
    f"no.resource.types: sagemaker:CreateModelPackage {_GROUPS}",
    f"no.resource.types: sagemaker:ListModelPackages {_GROUPS}",
    f"no.resource.types: sagemaker:ListModelPackages {_SHARED}-group/",
    # AWS's guide on deployments across accounts allows it on packages.
    f"no.resource.types: sagemaker:CreateModel {_SHARED}/",
)


def check_of(settings: str, name: str) -> tuple[Check, Simulation]:
    by_name, simulation = checks(settings)
    return by_name[name], simulation


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_deployed_workflow_is_checked(settings: str) -> None:
    assert set(checks(settings)[0]) == DEPLOYED[settings]


@each_workflow
def test_the_role_allows_all_that_the_tasks_need(settings: str, name: str) -> None:
    check, simulation = check_of(settings, name)
    denied = [text for key, text in check.permitted.items() if not simulation.allows(key)]
    assert not denied, "\n".join(denied)


@each_workflow
def test_the_role_allows_nothing_that_no_task_needs(settings: str, name: str) -> None:
    check, simulation = check_of(settings, name)
    unneeded = [title for title, ids in check.mutants.items() if all(map(simulation.allows, ids))]
    assert not unneeded, "\n".join(unneeded)


@each_workflow
def test_each_deny_statement_refuses_what_nothing_else_does(settings: str, name: str) -> None:
    check, simulation = check_of(settings, name)
    for title, ids in check.refused.items():
        assert not any(map(simulation.allows, ids)), title
        assert all(map(simulation.allows, check.unguarded[title])), title


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_request_is_one_that_the_service_authorization_reference_knows(
    settings: str,
) -> None:
    by_name, simulation = checks(settings)
    texts = {key: text for check in by_name.values() for key, text in check.permitted.items()}
    unknown = {f"{why}: {texts[key]}" for key, why in simulation.unknown.items()}
    surprising = {text for text in unknown if not text.startswith(NOT_IN_THE_REFERENCE)}
    assert not surprising, "\n".join(sorted(surprising))
