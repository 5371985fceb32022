"""The app's flags are those that the CDK recommends, but for a few with a reason."""

import json
import tarfile
from pathlib import Path

import aws_cdk

from repository import ROOT

DIFFERENT = {
    # A producer must not be deleted under its consumer, and scanners understand imports.
    "@aws-cdk/core:defaultCrossStackReferences": "strong",
    # Usage metadata in every template tells its readers nothing.
    "@aws-cdk/core:enableAdditionalMetadataCollection": False,
    "cli-telemetry": False,
}
# Set by `cdk init` for every new app, and not flags of behaviour.
INIT_ONLY = {"@aws-cdk/core:target-partitions"}


def test_every_recommended_flag_is_set() -> None:
    archive = next((Path(aws_cdk.__file__).parent / "_jsii").glob("*.tgz"))
    with tarfile.open(archive) as files:
        member = files.extractfile("package/recommended-feature-flags.json")
        assert member is not None
        recommended = json.load(member)
    ours = json.loads((ROOT / "cdk.json").read_text())["context"]
    differing = {key for key in ours | recommended if ours.get(key) != recommended.get(key)}
    assert differing - INIT_ONLY == set(DIFFERENT)
    assert {key: ours[key] for key in DIFFERENT} == DIFFERENT
