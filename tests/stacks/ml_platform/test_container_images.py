"""The map of image registries matches the SageMaker SDK's; other Regions are a clear error."""

import json
import subprocess
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk.assertions import Template

from repository import ROOT
from stacks.ml_platform.container_images import (
    REGISTRIES,
    SCIKIT_LEARN,
    XGBOOST,
    ContainerImages,
)

_SDK_PYTHON = ROOT / ".venv-sagemaker-sdk" / "bin" / "python"
# The SDK has a virtual environment of its own: it needs other versions of boto3 and more.
_ASK_SDK = """
import json, pathlib
from sagemaker.core import image_uris
folder = pathlib.Path(image_uris.__file__).parent / "image_uri_config"
answer = {}
for framework, version in {"xgboost": "3.2-0", "sklearn": "1.9-0"}.items():
    config = json.loads((folder / f"{framework}.json").read_text())
    for scope in ("training", "inference"):
        for region in config.get(scope, config)["versions"][version]["registries"]:
            answer.setdefault(f"{framework} {scope}", {})[region] = image_uris.retrieve(
                framework,
                region,
                version=version,
                py_version="py3",
                instance_type="ml.m5.large",
                image_scope=scope,
            )
print(json.dumps(answer))
"""
_SUFFIXES = {"cn-": "amazonaws.com.cn"}


@pytest.fixture(scope="module")
def sdk() -> dict[str, dict[str, str]]:
    """The SDK's image URIs: framework and scope -> Region -> URI."""
    assert _SDK_PYTHON.exists(), "the SageMaker SDK is not set up: run `make test` once"
    process = subprocess.run(
        [_SDK_PYTHON, "-c", _ASK_SDK], capture_output=True, text=True, timeout=120, check=True
    )
    registries: dict[str, dict[str, str]] = json.loads(process.stdout)
    return registries


def uri(region: str, image: str) -> str:
    suffix = next((domain for start, domain in _SUFFIXES.items() if region.startswith(start)), None)
    return f"{REGISTRIES[region]}.dkr.ecr.{region}.{suffix or 'amazonaws.com'}/{image}"


@pytest.mark.parametrize("scope", ["training", "inference"])
@pytest.mark.parametrize(("framework", "image"), [("xgboost", XGBOOST), ("sklearn", SCIKIT_LEARN)])
def test_every_image_uri_matches_the_sdk(
    framework: str, image: str, scope: str, sdk: dict[str, dict[str, str]]
) -> None:
    sdk_uris = sdk[f"{framework} {scope}"]
    own_uris = {region: uri(region, image) for region in REGISTRIES}
    assert own_uris == {region: sdk_uris.get(region) for region in own_uris}


def test_the_map_lacks_only_isolated_and_sovereign_regions(sdk: dict[str, dict[str, str]]) -> None:
    missing_regions = sdk["xgboost training"].keys() - REGISTRIES.keys()
    assert all("-iso" in region or region.startswith("eusc-") for region in missing_regions), (
        missing_regions
    )


def images(region: str | None) -> tuple[Stack, ContainerImages]:
    stack = Stack(App(), "Stack", env=Environment(region=region) if region else None)
    return stack, ContainerImages(stack, "Images")


@pytest.mark.parametrize("region", REGISTRIES)
def test_a_stack_with_a_region_has_no_mapping(region: str) -> None:
    stack, container_images = images(region)
    account = stack.resolve(container_images.xgboost)["Fn::Sub"][1]["Account"]
    assert account == REGISTRIES[region]
    assert "Mappings" not in Template.from_stack(stack).to_json()


def test_a_stack_without_a_region_finds_the_registry_in_a_mapping() -> None:
    stack, container_images = images(None)
    sub: list[Any] = stack.resolve(container_images.scikit_learn)["Fn::Sub"]
    (mapping,) = Template.from_stack(stack).to_json()["Mappings"]
    lookup = {"Fn::FindInMap": [mapping, {"Ref": "AWS::Region"}, "account"]}
    assert sub[0].endswith("/sagemaker-scikit-learn:1.9-0-cpu-py3")
    assert sub[1] == {"Account": lookup}
    (registries,) = Template.from_stack(stack).to_json()["Mappings"].values()
    assert {region: entry["account"] for region, entry in registries.items()} == REGISTRIES


def test_an_unsupported_region_is_reported_with_the_supported_ones() -> None:
    with pytest.raises(ValueError, match=r"are not known in mx-central-1.*eu-central-1, eu-c"):
        images("mx-central-1")
