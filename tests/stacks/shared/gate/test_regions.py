"""Every Region of CloudFormation: a stack that cannot exist or work there fails at synth."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import cfnlint
import pytest

from stacks.catalogue import ARCHITECTURES, make_app
from stacks.shared import gate
from stacks.shared.gate import native, regions
from stacks.shared.gate.resolved import Resolved
from stacks.shared.gate.templates import Template
from tests.conftest import Templates
from tools.assembly import synthesise

PROVIDERS = Path(cfnlint.__file__).parent / "data/schemas/providers"
# The isolated partitions are not for readers, and cfn-lint's table of SAM is no Region.
REGIONS = sorted(
    path.stem for path in PROVIDERS.glob("*.json") if path.stem != "sam" and "-iso" not in path.stem
)
LANGUAGE_CHAIN = "LanguageChain"


@cache
def types_in(region: str) -> frozenset[str]:
    """The resource types that a Region has, by cfn-lint."""
    return frozenset(json.loads((PROVIDERS / f"{region}.json").read_text()))


@pytest.fixture(scope="module")
def of_each_type(synthesise: Templates, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A template with one resource of every type that any template has."""
    resources = {
        resource["Type"]: resource
        for template in synthesise("sandbox").values()
        for resource in template["Resources"].values()
    }
    path = tmp_path_factory.mktemp("templates") / "Types.template.json"
    named = {f"Resource{number}": body for number, body in enumerate(resources.values())}
    path.write_text(json.dumps({"Resources": named}))
    return path


@pytest.fixture(scope="module")
def language_chain(synthesise: Templates) -> Resolved:
    return Resolved(synthesise("sandbox")[LANGUAGE_CHAIN])


@pytest.mark.parametrize("region", REGIONS)
def test_a_type_that_a_region_lacks_is_refused_there(of_each_type: Path, region: str) -> None:
    template = Template(of_each_type, "Types", None, region)
    kinds = {resource["Type"] for resource in template.body()["Resources"].values()}
    missing = {kind for kind in kinds if kind.startswith("AWS::")} - types_in(region)
    refused = {
        match[1]
        for diagnosis in native.diagnose(template)
        if diagnosis.rule_id == "F3006"
        and (match := re.search(r"'(AWS::[^']+)'", diagnosis.message))
    }
    assert refused == missing


@pytest.mark.parametrize("region", REGIONS)
def test_a_workflow_of_a_service_that_a_region_lacks_is_refused_there(
    language_chain: Resolved, region: str
) -> None:
    refused = list(regions.findings(language_chain, region))
    lacking = [
        row["name"]
        for key, row in regions.services().items()
        if key != "polly_neural" and region not in row["regions"]
    ]
    assert bool(refused) is bool(lacking)
    for name in lacking:
        assert any(f"{region} has no {name}" in finding.sentence for finding in refused)


@pytest.mark.parametrize("service", ["comprehend", "translate"])
def test_the_regions_of_a_service_are_those_that_the_sdk_knows(service: str) -> None:
    session = botocore.session.get_session()
    sdk_regions = {
        region
        for partition in ("aws", "aws-us-gov", "aws-cn")
        for region in session.get_available_regions(service, partition)
    }
    assert set(regions.services()[service]["regions"]) == sdk_regions


def test_neural_voices_are_where_polly_is() -> None:
    session = botocore.session.get_session()
    of_polly = {
        region
        for partition in ("aws", "aws-us-gov")
        for region in session.get_available_regions("polly", partition)
    }
    assert set(regions.services()["polly_neural"]["regions"]) <= of_polly


def test_a_budget_where_there_is_none_is_refused_with_the_setting_that_leaves_it_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_DEFAULT_REGION", "eu-north-1")
    app = make_app({"env": "sandbox"}, tmp_path / "with", only=["streaming-lake"])
    with pytest.raises(gate.GateError, match=r"Leave it out: -c streaming_lake\.budget_usd=none"):
        gate.synthesise(app)
    settings = {"env": "sandbox", "streaming_lake.budget_usd": "none"}
    gate.synthesise(make_app(settings, tmp_path / "without", only=["streaming-lake"]))


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=list(ARCHITECTURES))
def test_the_budget_of_each_architecture_can_be_left_out(architecture: Any) -> None:
    group, _, name = architecture.budget.rpartition(".")
    assert any(settings.name == group for settings in architecture.settings)
    assert name == "budget_usd"


def test_a_template_says_in_which_regions_it_works() -> None:
    """CloudFormation evaluates Rules before it creates anything."""
    for speak, services in (
        ("nothing", ["comprehend", "translate"]),
        ("everything", ["comprehend", "translate", "polly_neural"]),
    ):
        settings = {"language_chain.speak": speak}
        chain = synthesise("sandbox", settings, only=["language-chain"], gated=False)
        template = chain.templates[LANGUAGE_CHAIN]
        lists = [
            assertion["Assert"]["Fn::Contains"][0]
            for rule in template["Rules"].values()
            for assertion in rule["Assertions"]
            if assertion["Assert"].get("Fn::Contains", [None, None])[1] == {"Ref": "AWS::Region"}
        ]
        assert sorted(lists) == sorted(regions.services()[key]["regions"] for key in services)
