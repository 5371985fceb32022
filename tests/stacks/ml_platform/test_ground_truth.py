"""Predictions are judged where a lake knows the outcomes; tables look at the captures."""

import json
from typing import Any

import pytest

from stacks.catalogue import environment_from
from stacks.environments import SettingsError
from tests.conftest import Templates, readable, resources

Template = dict[str, Any]
WORKFLOW = "GroundTruth/Workflow"
PACKAGE = "arn:aws:sagemaker:us-east-1:000000000000:model-package/flight-delay/1"


def endpoint(synthesise: Templates, environment: str, **settings: str) -> Template:
    typed = ((f"ml_{name.replace('__', '.')}", value) for name, value in settings.items())
    template: Template = synthesise(environment, *typed)["MlEndpoint"]
    return template


def tables(template: Template) -> dict[str, dict[str, Any]]:
    inputs = (
        readable(template, table["Properties"]["TableInput"])
        for table in resources(template, "AWS::Glue::Table").values()
    )
    return {table["Name"]: table for table in inputs}


@pytest.mark.parametrize(
    ("environment", "settings", "judged"),
    [
        ("local", {}, True),
        ("production", {}, True),
        ("sandbox", {}, False),
        ("sandbox", {"training__from_lake": "true"}, True),
        ("local", {"endpoint__ground_truth": "false"}, False),
        ("local", {"endpoint__data_capture_percent": "0"}, False),
        ("local", {"endpoint__model_package_arn": PACKAGE}, False),
    ],
)
def test_it_takes_a_lake_captures_and_recorded_deployments(
    synthesise: Templates, environment: str, settings: dict[str, str], judged: bool
) -> None:
    machines = resources(
        endpoint(synthesise, environment, **settings), "AWS::StepFunctions::StateMachine"
    )
    assert (WORKFLOW in machines) is judged


def test_the_captures_are_looked_for_where_the_endpoint_writes_them(synthesise: Templates) -> None:
    template = endpoint(synthesise, "local")
    parameters = tables(template)["captures"]["Parameters"]
    assert parameters["storage.location.template"].endswith(
        "/capture/flight-delay/${variant}/${hour}"
    )
    assert parameters["projection.hour.format"] == "yyyy/MM/dd/HH"
    variants = parameters["projection.variant.values"].split(",")
    assert variants == ["champion", "challenger", "shadow"]


def test_a_day_below_the_limit_alarms_and_a_day_without_figures_does_not(
    synthesise: Templates,
) -> None:
    alarms = resources(endpoint(synthesise, "local"), "AWS::CloudWatch::Alarm")
    alarm = alarms["GroundTruth/Quality"]["Properties"]
    assert alarm["MetricName"] == "RocAucShortfall"
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    assert (alarm["Period"], alarm["TreatMissingData"]) == (86400, "notBreaching")


def test_the_costs_of_errors_are_those_of_the_settings(synthesise: Templates) -> None:
    template = endpoint(synthesise, "local", endpoint__missed_delay_cost="7.5")
    machine = resources(template, "AWS::StepFunctions::StateMachine")[WORKFLOW]["Properties"]
    query = json.dumps(machine["DefinitionSubstitutions"]["Query"])
    assert "THEN CAST(7.5 AS double)" in query
    assert "${MissedDelayCost}" not in query


def test_captures_must_outlive_the_wait_for_outcomes() -> None:
    with pytest.raises(SettingsError, match="outcome_days=7 must be fewer than capture_days=7"):
        environment_from({"ml_endpoint.outcome_days": "7", "ml_endpoint.capture_days": "7"})
