"""Lake Formation by setting: a filter, granted to those whom the setting names."""

from typing import Any

import pytest

from stacks.catalogue import environment_from
from stacks.environments import SettingsError
from tests.conftest import Templates, flat, readable, resources

ANALYSTS = "arn:aws:iam::123456789012:role/analysts"
TWO = (("streaming_lake.lake_formation", f"{ANALYSTS},{ANALYSTS}-2"),)
ROWS = ("streaming_lake.row_filter", "origin='JFK'")
COLUMNS = ("streaming_lake.hidden_columns", "tail_number,event_id")


def properties(template: dict[str, Any], kind: str, path: str) -> dict[str, Any]:
    kind = f"AWS::LakeFormation::{kind}"
    resource: dict[str, Any] = readable(template, resources(template, kind)[path]["Properties"])
    return resource


def test_without_the_setting_iam_alone_decides(synthesise: Templates) -> None:
    assert "LakeFormation" not in flat(synthesise("sandbox")["StreamingLake"])


def test_the_filter_hides_columns_and_rows(synthesise: Templates) -> None:
    template = synthesise("sandbox", *TWO, ROWS, COLUMNS)["StreamingLake"]
    cells = properties(template, "DataCellsFilter", "Grants/Filter")
    assert cells["ColumnWildcard"] == {"ExcludedColumnNames": ["tail_number", "event_id"]}
    assert cells["RowFilter"] == {"FilterExpression": "origin='JFK'"}
    assert cells["TableName"] == "{Catalog/Curated}"


def test_each_principal_may_select_through_the_filter_and_nothing_else(
    synthesise: Templates,
) -> None:
    template = synthesise("sandbox", *TWO)["StreamingLake"]
    cells = properties(template, "DataCellsFilter", "Grants/Filter")
    assert cells["RowFilter"] == {"AllRowsWildcard": {}}
    for number, principal in enumerate((ANALYSTS, f"{ANALYSTS}-2"), start=1):
        grant = properties(template, "PrincipalPermissions", f"Grants/Grant{number}")
        assert grant["Principal"] == {"DataLakePrincipalIdentifier": principal}
        assert grant["Permissions"] == ["SELECT"]
        assert grant["PermissionsWithGrantOption"] == []
        assert grant["Resource"]["DataCellsFilter"]["Name"] == cells["Name"]


def test_other_roles_go_on_under_iam(synthesise: Templates) -> None:
    template = synthesise("sandbox", *TWO)["StreamingLake"]
    location = properties(template, "Resource", "Grants/Location")
    assert location["HybridAccessEnabled"] is True
    assert location["ResourceArn"] == "{Storage/Lake.Arn}/curated"


def test_a_column_that_does_not_exist_is_named() -> None:
    with pytest.raises(SettingsError, match="curated flights have no column tailnum; they have"):
        environment_from({"streaming_lake.hidden_columns": "tailnum"})
