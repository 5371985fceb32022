"""An architecture without anything written by hand has a page and a place in the navigation."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_

from tests.tools.costs import toys
from tools.assembly import Assembly
from tools.costs import architectures
from tools.site import architecture_page, navigation, written_pages
from tools.site.architecture_page import Sources

NAME = toys.MANIFEST.name


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sources]:
    toys.register(monkeypatch)
    assembly = toys.synthesised(_build)
    yield Sources({"sandbox": assembly, "production": assembly}, {NAME: []}, tmp_path)
    architectures.costs_of.cache_clear()


def _build(stack: Stack) -> None:
    function = lambda_.Function(
        stack,
        "Detect",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): pass"),
    )
    schedule = events.Schedule.rate(Duration.hours(1))
    events.Rule(stack, "Hourly", schedule=schedule, targets=[targets.LambdaFunction(function)])


def test_it_has_a_page_with_every_section(sources: Sources) -> None:
    page = architecture_page.page(NAME, sources)
    assert "# Toy anomalies\n" in page
    assert "\nFinds anomalies.\n" in page
    assert "Detect: Lambda" in page, "the picture"
    assert "#### Detect/ServiceRole" in page
    assert "GB seconds of scheduled functions" in page
    assert f"make deploy ARCH={NAME} ENV=sandbox" in page
    assert "It has no alarms." in page
    assert "By unit of work" not in page


def test_an_empty_stack_has_a_page(sources: Sources) -> None:
    empty = Assembly({"Anomalies": {"Resources": {}}})
    nothing = Sources({"sandbox": empty, "production": empty}, {NAME: []}, sources.reports)
    page = architecture_page.page(NAME, nothing)
    assert "None of its resources is of a type that pictures show." in page
    assert "It stores no data." in page


@pytest.mark.usefixtures("sources")
def test_it_is_in_the_navigation_and_on_the_start_page() -> None:
    assert {"Toy anomalies": f"architectures/{NAME}.md"} in navigation.tree()[1]["Architectures"]
    assert f"[Toy anomalies](architectures/{NAME}.md) | finds anomalies |" in written_pages.index()
