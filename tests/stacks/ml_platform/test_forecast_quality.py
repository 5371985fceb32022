"""Forecasts are a table where the batch transform writes them; with a lake they are judged."""

from typing import Any

import pytest

from tests.conftest import Templates, readable, resources

FORECASTING = ("ml_training.models", "flight-delay,energy-demand")
WORKFLOW = "EnergyDemandQuality/Forecasts/Workflow"
TRANSFORM = "EnergyDemand/Batch/Workflow"


def endpoint(synthesise: Templates, environment: str, *settings: tuple[str, str]) -> dict[str, Any]:
    template: dict[str, Any] = synthesise(environment, *settings)["MlEndpoint"]
    return template


def test_the_tables_lie_where_the_transform_reads_and_writes(synthesise: Templates) -> None:
    template = endpoint(synthesise, "local")
    machines = resources(template, "AWS::StepFunctions::StateMachine")
    transform = machines[TRANSFORM]["Properties"]["DefinitionSubstitutions"]
    places = {
        table["Name"]: table["StorageDescriptor"]["Location"]
        for table in (
            readable(template, resource["Properties"]["TableInput"])
            for resource in resources(template, "AWS::Glue::Table").values()
        )
    }
    assert places["forecasts"].endswith(f"/{transform['Folder']}")
    assert places["histories"].endswith(f"/{transform['SourcePrefix']}")


@pytest.mark.parametrize(
    ("environment", "settings", "tables", "judged"),
    [
        ("local", (), True, True),
        ("sandbox", (FORECASTING,), True, False),
        ("sandbox", (FORECASTING, ("ml_training.from_lake", "true")), True, True),
        ("production", (), False, False),
    ],
)
def test_a_model_that_forecasts_has_tables_and_with_the_lake_a_judge(
    synthesise: Templates,
    environment: str,
    settings: tuple[tuple[str, str], ...],
    tables: bool,
    judged: bool,
) -> None:
    template = endpoint(synthesise, environment, *settings)
    glue_tables = resources(template, "AWS::Glue::Table")
    assert ("EnergyDemandQuality/Tables/Forecasts" in glue_tables) is tables
    machines = resources(template, "AWS::StepFunctions::StateMachine")
    assert (WORKFLOW in machines) is judged
