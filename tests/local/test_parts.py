"""The smaller parts of the local AWS and of its demos, each by itself."""

import json
import re
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pandas as pd
import pytest
from pyarrow import parquet

from local.demos import flights
from local.demos.demo import demo_of, parse_options
from local.demos.report import Check, Report, summarise
from local.demos.streaming_lake.expected import Expected, same_rows
from local.runtime.kept import Kept
from local.runtime.trimming import trim
from local.runtime.workspace import LocalError
from local.services.athena.queries import to_duckdb
from local.services.firehose.parquet import ConversionError, to_parquet
from local.services.firehose.prefixes import evaluate
from repository import ROOT

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


def test_an_unsupported_prefix_expression_is_refused() -> None:
    with pytest.raises(ValueError, match=r"!\{partitionKeyFromQuery:x\}"):
        evaluate("a/!{partitionKeyFromQuery:x}/", ARRIVED)


COLUMNS = [{"Name": "a", "Type": "string"}, {"Name": "n", "Type": "int"}]
COLUMNS += [{"Name": "t", "Type": "timestamp"}]


def test_json_is_converted_by_the_columns_of_the_table() -> None:
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
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "DependsOn": ["Budget", "Second"],
                "Properties": {"A": {"Ref": "Budget"}, "B": [{"Fn::GetAtt": ["Second", "Arn"]}]},
                "Metadata": {"aws:cdk:path": "Stack/Bucket/Resource"},
            },
            "Second": {"Type": "AWS::S3::Bucket", "Properties": {}},
            "Budget": {"Type": "AWS::Budgets::Budget", "Properties": {}},
            "Math": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": []}},
        },
        "Outputs": {
            "BudgetName": {"Value": {"Ref": "Budget"}},
            "Name": {"Value": {"Ref": "Bucket"}},
        },
    }


def test_unsupported_resources_are_trimmed_with_what_refers_to_them() -> None:
    document = template()
    trim(document, frozenset({"AWS::S3::Bucket"}))
    assert set(document["Resources"]) == {"Bucket", "Second"}
    bucket = document["Resources"]["Bucket"]
    assert bucket["DependsOn"] == ["Second"]
    assert bucket["Properties"] == {"B": [{"Fn::GetAtt": ["Second", "Arn"]}]}
    assert list(document["Outputs"]) == ["Name"]


def test_a_supported_resource_is_not_changed() -> None:
    document = template()
    types = {resource["Type"] for resource in document["Resources"].values()}
    before = json.dumps(document)
    trim(document, frozenset(types))
    assert json.dumps(document) == before


def test_a_query_with_from_base_is_translated() -> None:
    sql = to_duckdb("SELECT from_base(substr(to_hex(md5(to_utf8(x))), 1, 8), 16) % 100 FROM t")
    assert "'0x' ||" in sql
    assert "BIGINT" in sql


def test_every_flight_is_there_once() -> None:
    frame = flights.flights()
    assert (len(frame), frame.event_id.nunique()) == (flights.ALL, flights.ALL)
    (line,) = flights.lines(frame.head(1))
    assert json.loads(line)["event_id"] == frame.event_id[0]


def test_a_wrong_a_missing_and_an_unexpected_row_are_counted() -> None:
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


def report(*checks: Check, figures: int = 6) -> Report:
    return Report(
        title="Title",
        lead="A sentence.",
        checks=checks,
        figures=[f"figure {number}" for number in range(figures)],
        template="report.html.j2",
    )


def test_the_page_of_a_report_is_complete_and_refers_to_no_other_server() -> None:
    checks = [Check("rows", 1_000, 1_000), Check("same", expected=True, actual=False)]
    outputs = {"Stack": {"Name": "a-value", "ExportsOutputRef": "internal"}}
    budget = Kept("Stack", "Stack/Budget", "AWS::Budgets::Budget", "no provisioner")
    page = report(*checks).page(outputs, [budget], {"Deploy": 1.25})
    for text in ("Title: 1 of 2", "1,000", "yes", "a-value", "Stack/Budget", "1.2 s"):
        assert text in page
    for text in ("internal", "src=", "http"):
        assert text not in page


@pytest.mark.parametrize("architecture", ["streaming-lake", "ml-platform", "language-chain"])
def test_every_architecture_has_a_demo_whose_template_extends_the_base(architecture: str) -> None:
    assert demo_of(architecture) is not None
    folder = ROOT / "local" / "demos" / architecture.replace("-", "_")
    template_text = (folder / "report.html.j2").read_text()
    assert template_text.startswith('{% extends "report.html.j2" %}')
    assert "http" not in template_text


def test_an_architecture_without_a_demo_has_none() -> None:
    assert demo_of("no-such") is None


def test_options_have_defaults_and_are_parsed() -> None:
    assert parse_options(["streaming-lake"], {}) == {"flights": 20_000}
    assert parse_options(["streaming-lake"], {"flights": "all"}) == {"flights": flights.ALL}
    assert parse_options(["language-chain", "no-such"], {}) == {}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"flights": "many"}, "FLIGHTS=many: use a number from 1000 to 336776, or all."),
        ({"flights": "999"}, "FLIGHTS=999: use a number"),
        ({"flights": "336777"}, "FLIGHTS=336777: use a number"),
        ({"colour": "red"}, "colour: no option of these demos. They have: flights."),
    ],
)
def test_a_wrong_option_is_refused(values: dict[str, str], message: str) -> None:
    with pytest.raises(LocalError, match=re.escape(message)):
        parse_options(["streaming-lake", "language-chain"], values)


def test_an_option_of_two_demos_must_be_right_for_both() -> None:
    assert parse_options(["streaming-lake"], {"flights": "8000"}) == {"flights": 8_000}
    for architectures in (["streaming-lake", "ml-platform"], ["ml-platform", "streaming-lake"]):
        with pytest.raises(LocalError, match="FLIGHTS=8000: use a number from 20000 to 336776"):
            parse_options(architectures, {"flights": "8000"})


def test_a_summary_names_failed_checks_in_full() -> None:
    lines = report(Check("rows", 1_000, 999), Check("same", 1, 1)).summary()
    assert lines[0].endswith("Title: 1 of 2 checks passed")
    assert lines[1].endswith("rows: expected 1,000, actual 999")
    assert lines[2:] == [f"    figure {number}" for number in range(6)]


@pytest.mark.parametrize("count", [1, 3, 15, 40])
def test_the_summary_of_all_architectures_has_at_most_forty_lines(count: int) -> None:
    lines = summarise([report(Check("rows", 1, 1))] * count)
    assert count <= len(lines) <= 40


def test_a_check_about_nothing_says_so() -> None:
    """Empty cells of a report look like figures that are missing."""
    assert str(Check("misread", [], ["a.txt"])) == "misread: expected none, actual a.txt"
    assert str(Check("charset", ("cp1252", True), ())) == (
        "charset: expected cp1252, yes, actual none"
    )
