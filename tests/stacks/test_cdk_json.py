"""cdk.json answers every feature flag as this CDK release recommends, but for a reasoned few."""

import json
import tarfile
from pathlib import Path
from typing import Any

import aws_cdk
import pytest

from stacks.shared.bundle import ROOT

# Flag -> our value and why it is not the recommended one.
OWN_ANSWERS: dict[str, tuple[Any, str]] = {
    "@aws-cdk/core:defaultCrossStackReferences": (
        "strong",
        "CloudFormation itself then refuses to remove what another stack still uses",
    ),
    "@aws-cdk/core:enableAdditionalMetadataCollection": (
        False,
        "it tells AWS which construct properties are used: nobody here agreed to that",
    ),
}
# Answers to the CLI and not to the library, so no release lists them.
CLI_ANSWERS = {"cli-telemetry": False}


@pytest.fixture(scope="module")
def recommended() -> dict[str, Any]:
    """The library's own list, out of the JavaScript that the Python package carries."""
    folder = Path(aws_cdk.__file__).parent / "_jsii"
    (archive,) = folder.glob("aws-cdk-lib@*.tgz")
    with tarfile.open(archive) as files:
        listed = files.extractfile("package/recommended-feature-flags.json")
        assert listed
        flags: dict[str, Any] = json.load(listed)
    return flags


@pytest.fixture(scope="module")
def context() -> dict[str, Any]:
    answers: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return answers


def test_every_flag_is_answered_as_recommended_but_for_the_reasoned_few(
    context: dict[str, Any], recommended: dict[str, Any]
) -> None:
    own = {flag: answer for flag, (answer, _) in OWN_ANSWERS.items()}
    assert context == {**recommended, **own, **CLI_ANSWERS}


def test_an_answer_of_our_own_differs_from_the_recommended_one(
    recommended: dict[str, Any],
) -> None:
    for flag, (answer, why) in OWN_ANSWERS.items():
        assert flag in recommended, f"{flag} is no flag of this release: take it out"
        assert recommended[flag] != answer, f"{flag} is recommended by now: take it out"
        assert why
