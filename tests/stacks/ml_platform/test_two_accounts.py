"""Two accounts, one that registers models and one that serves them, and what settings refuse.

That both accounts allow what it takes is evaluated in `tests/iam/test_two_accounts.py`.
"""

from typing import Any

import pytest

from stacks.catalogue import ARCHITECTURES, environment_from, make_app
from stacks.environments import SettingsError
from tests.conftest import Templates, flat, readable, resources

SHARING = (
    ("ml_training.models", "flight-delay,energy-demand"),
    ("ml_training.shared_with", "222222222222,333333333333"),
)
REGISTRY = {
    "ml_endpoint.registry_account": "111111111111",
    "ml_endpoint.registry_bucket": "models-of-the-registry",
    "ml_endpoint.registry_key": "arn:aws:kms:eu-west-1:111111111111:key/0a1b2c3d",
}
SERVING = tuple(REGISTRY.items())
Template = dict[str, Any]


@pytest.fixture(params=["sandbox", "production"])
def serving(request: pytest.FixtureRequest, synthesise: Templates) -> dict[str, Template]:
    """What passes the gate in the account that serves."""
    no_mail = (("alarm_email", "none"),) if request.param == "production" else ()
    templates: dict[str, Template] = synthesise(request.param, *SERVING, *no_mail)
    return {name: template for name, template in templates.items() if name.startswith("Ml")}


def test_the_serving_account_trains_nothing_and_needs_no_lake(
    serving: dict[str, Template],
) -> None:
    assert set(serving) == {"MlNetwork", "MlEndpoint"}
    assert "StreamingLake" not in flat(serving)


def test_the_commands_of_the_serving_account_name_its_stacks_only() -> None:
    manifest = ARCHITECTURES["ml-platform"]
    assert manifest.stack_names_in(environment_from(REGISTRY)) == ("MlNetwork", "MlEndpoint")
    assert manifest.stack_names_in(environment_from({})) == manifest.stack_names


def test_an_approval_of_the_other_registry_starts_the_deployment(
    serving: dict[str, Template],
) -> None:
    rules = resources(serving["MlEndpoint"], "AWS::Events::Rule")
    pattern = rules["Deployment/Approved"]["Properties"]["EventPattern"]
    assert pattern["account"] == ["111111111111"]
    assert pattern["detail"]["ModelPackageGroupName"] == ["flight-delay"]


def test_the_vpc_lets_models_of_the_registry_in_and_nothing_out_to_it(
    serving: dict[str, Template],
) -> None:
    (endpoint,) = (
        resource["Properties"]
        for resource in resources(serving["MlNetwork"], "AWS::EC2::VPCEndpoint").values()
        if resource["Properties"]["VpcEndpointType"] == "Gateway"
    )
    statements = readable(serving["MlNetwork"], endpoint["PolicyDocument"]["Statement"])
    (models,) = (entry for entry in statements if "models-of-the-registry" in flat(entry))
    assert set(models["Action"]) == {"s3:GetObject", "s3:ListBucket"}
    assert "*" not in models["Resource"]


def test_each_model_and_each_account_is_shared(synthesise: Templates) -> None:
    templates = synthesise("sandbox", *SHARING)
    groups = resources(templates["MlTraining"], "AWS::SageMaker::ModelPackageGroup")
    assert len(groups) == 2
    for group in groups.values():
        for account in ("222222222222", "333333333333"):
            assert account in flat(group["Properties"]["ModelPackageGroupPolicy"])
    rules = resources(templates["MlTraining"], "AWS::Events::Rule")
    targets = flat([rule["Properties"]["Targets"] for rule in rules.values()])
    for account in ("222222222222", "333333333333"):
        assert f"{account}:event-bus/default" in targets


def test_the_outputs_are_what_the_other_account_types(synthesise: Templates) -> None:
    """It is there before anything is shared: the other account is deployed first."""
    templates = synthesise("sandbox")
    typed = flat(templates["MlTraining"]["Outputs"]["ServeElsewhere"]["Value"])
    for name in ("registry_account", "registry_bucket"):
        assert f"ml_endpoint.{name}=" in typed
    assert templates["MlNetwork"]["Outputs"]["KeyArn"]["Value"]["Fn::GetAtt"][1] == "Arn"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"ml_endpoint.registry_bucket": "none"}, "registry_account, registry_bucket and"),
        ({"ml_endpoint.registry_account": "222222222222"}, "is not a key of registry_account"),
        ({"ml_endpoint.registry_account": "12345"}, "ml_endpoint.registry_account=12345"),
        ({"ml_endpoint.pipeline": "true"}, "registry_account needs pipeline=false"),
        ({"ml_endpoint.retrain_on_drift": "true"}, "needs retrain_on_drift=false"),
    ],
)
def test_a_registry_that_could_not_be_served_from_is_refused(
    changed: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        environment_from({**REGISTRY, **changed})


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"ml_training.approval": "Approved"}, "needs approval=PendingManualApproval"),
        ({"ml_training.shared_with": "222222222222,222222222222"}, "names an account twice"),
        ({"ml_endpoint.pipeline": "true"}, "Set ml_endpoint.pipeline=false"),
        (REGISTRY, "either registers models or serves"),
    ],
)
def test_sharing_that_another_account_could_not_use_is_refused(
    changed: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        make_app({**dict(SHARING), **changed}, only=["ml-platform"], gated=False)


def test_a_package_of_the_other_account_may_stand_in_the_template(synthesise: Templates) -> None:
    package = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/flight-delay/7"
    settings = (*SERVING, ("ml_endpoint.model_package_arn", package))
    (model,) = resources(
        synthesise("sandbox", *settings)["MlEndpoint"], "AWS::SageMaker::Model"
    ).values()
    assert model["Properties"]["PrimaryContainer"] == {"ModelPackageName": package}
