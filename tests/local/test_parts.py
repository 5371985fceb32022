"""The smaller parts of the sandbox, each by itself."""

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyarrow import parquet

from local.demos import flights
from local.demos.verification import Expected, same_rows
from local.runtime.trimming import trim
from local.services.athena.queries import to_duckdb
from local.services.firehose.parquet import ConversionError, to_parquet
from local.services.firehose.prefixes import evaluate

ARRIVED = datetime(2026, 11, 20, 22, 15, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("prefix", "key"),
    [
        ("events/arrival_hour=!{timestamp:yyyy-MM-dd-HH}/", "events/arrival_hour=2026-11-20-22/"),
        ("e/!{firehose:error-output-type}/!{timestamp:yyyy/MM}/", "e/processing-failed/2026/11/"),
        ("plain/", "plain/"),
    ],
)
def test_a_prefix_is_evaluated_as_firehose_does(prefix: str, key: str) -> None:
    assert evaluate(prefix, ARRIVED, "processing-failed") == key


def test_a_prefix_that_cannot_be_evaluated_is_refused() -> None:
    with pytest.raises(ValueError, match=r"!\{partitionKeyFromQuery:x\}"):
        evaluate("a/!{partitionKeyFromQuery:x}/", ARRIVED)


COLUMNS = [{"Name": "a", "Type": "string"}, {"Name": "n", "Type": "int"}]
COLUMNS += [{"Name": "t", "Type": "timestamp"}]


def test_json_becomes_parquet_by_the_tables_columns() -> None:
    lines = b'{"n": 1, "a": "x", "other": 0, "t": "2013-01-01T10:15:00Z"}\n{"a": null}\n'
    rows = parquet.ParquetFile(BytesIO(to_parquet(lines, COLUMNS))).read().to_pylist()
    first = {"a": "x", "n": 1, "t": pd.Timestamp("2013-01-01 10:15:00")}
    assert rows == [first, {"a": None, "n": None, "t": None}]


def test_json_that_does_not_fit_the_columns_is_refused() -> None:
    with pytest.raises(ConversionError):
        to_parquet(b'{"n": "one"}\n', COLUMNS)


def template() -> dict[str, Any]:
    return {
        "Resources": {
            "Kept": {
                "Type": "AWS::S3::Bucket",
                "DependsOn": ["Gone", "Also"],
                "Properties": {"A": {"Ref": "Gone"}, "B": [{"Fn::GetAtt": ["Also", "Arn"]}]},
                "Metadata": {"aws:cdk:path": "Stack/Kept/Resource"},
            },
            "Also": {"Type": "AWS::S3::Bucket", "Properties": {}},
            "Gone": {"Type": "AWS::Budgets::Budget", "Properties": {}},
            "Math": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": []}},
        },
        "Outputs": {"Lost": {"Value": {"Ref": "Gone"}}, "Stays": {"Value": {"Ref": "Kept"}}},
    }


def test_what_cannot_be_deployed_is_trimmed_with_all_that_names_it_and_told() -> None:
    given = template()
    told = trim("Stack", given, frozenset({"AWS::S3::Bucket", "AWS::CloudWatch::Alarm"}))
    assert set(given["Resources"]) == {"Kept", "Also"}
    kept = given["Resources"]["Kept"]
    assert kept["DependsOn"] == ["Also"]
    assert kept["Properties"] == {"B": [{"Fn::GetAtt": ["Also", "Arn"]}]}
    assert list(given["Outputs"]) == ["Stays"]
    assert {(each.path, each.resource_type) for each in told} == {
        ("Gone", "AWS::Budgets::Budget"),
        ("Math", "AWS::CloudWatch::Alarm"),
        ("Stack/Kept", "AWS::S3::Bucket.A"),
        ("Lost", "Output"),
    }
    assert all(each.reason for each in told)


def test_a_template_that_can_be_deployed_is_left_alone() -> None:
    given = template()
    kinds = {resource["Type"] for resource in given["Resources"].values()}
    before = json.dumps(given["Resources"]["Kept"])
    assert [each.path for each in trim("Stack", given, frozenset(kinds))] == ["Math"]
    assert json.dumps(given["Resources"]["Kept"]) == before


def test_a_query_is_translated_with_its_hash() -> None:
    sql = to_duckdb("SELECT from_base(substr(to_hex(md5(to_utf8(x))), 1, 8), 16) % 100 FROM t")
    assert "'0x' ||" in sql
    assert "BIGINT" in sql


def test_the_flights_are_real_whole_and_unique() -> None:
    frame = flights.flights()
    assert (len(frame), frame.event_id.nunique()) == (flights.ALL, flights.ALL)
    (line,) = flights.lines(frame.head(1))
    assert json.loads(line)["event_id"] == frame.event_id[0]


def test_a_wrong_row_a_missing_row_and_a_row_too_many_are_seen() -> None:
    frame = flights.flights(50).assign(late=False)
    expected = Expected(frame, flights.weather())
    good = expected.rows("SELECT * FROM curated").astype(str).replace({"None": None, "<NA>": None})
    good = good.replace({"nan": None, "NaT": None})
    assert expected.differing_rows(good) == 0
    wrong = good.copy()
    wrong.loc[3, "distance_miles"] = "1"
    assert expected.differing_rows(wrong) == 2
    assert expected.differing_rows(good.tail(-1)) == 1
    assert expected.differing_rows(pd.concat([good, good.head(1)])) == 1


def test_answers_are_compared_cell_by_cell() -> None:
    rows = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert same_rows(rows, rows.copy()) == 0
    assert same_rows(rows, rows.assign(a=[1, 3])) == 1
    assert same_rows(rows, rows.head(1)) == 1


def test_the_report_asks_no_other_server() -> None:
    text = (Path(__file__).parents[2] / "sandbox" / "report.html.j2").read_text()
    assert "src=" not in text
    assert "http" not in text
