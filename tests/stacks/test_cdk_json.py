"""The app sets every feature flag as the CDK recommends, except for documented ones."""

import json
import tarfile
from pathlib import Path

import aws_cdk

from repository import ROOT

EXCEPTIONS = {
    # Strong references protect a stack that others import from, and scanners understand them.
    "@aws-cdk/core:defaultCrossStackReferences": "strong",
    # Usage metadata would make every template longer and is of no use to its readers.
    "@aws-cdk/core:enableAdditionalMetadataCollection": False,
    "cli-telemetry": False,
}
# `cdk init` sets these in every new app; they do not change behaviour.
INIT_ONLY = {"@aws-cdk/core:target-partitions"}


def test_every_recommended_flag_is_set() -> None:
    archive = next((Path(aws_cdk.__file__).parent / "_jsii").glob("*.tgz"))
    with tarfile.open(archive) as files:
        member = files.extractfile("package/recommended-feature-flags.json")
        assert member is not None
        recommended = json.load(member)
    own_flags = json.loads((ROOT / "cdk.json").read_text())["context"]
    differing = {
        key for key in own_flags | recommended if own_flags.get(key) != recommended.get(key)
    }
    assert differing - INIT_ONLY == set(EXCEPTIONS)
    assert {key: own_flags[key] for key in EXCEPTIONS} == EXCEPTIONS
