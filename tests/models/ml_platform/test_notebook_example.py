"""The README's notebook example, run with the SageMaker SDK up to its CreateTrainingJob request."""

import json
import re
import subprocess
from typing import Any

import pytest

from repository import ROOT
from train import arguments

_SDK_PYTHON = ROOT / ".venv-sagemaker-sdk" / "bin" / "python"
_README = ROOT / "models" / "ml_platform" / "flight_delay" / "README.md"
# Replaces the SDK's calls to AWS, and prints the request that would start the job.
_RUN = """
import json, sys
from botocore.client import BaseClient

trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}}
trust["Action"] = "sts:AssumeRole"
role = {"Arn": "arn:aws:iam::111122223333:role/Training"}
role["AssumeRolePolicyDocument"] = {"Statement": [trust]}
answers = {
    "GetRole": {"Role": role},
    "ListBuckets": {"Buckets": [{"Name": "training-bucket", "CreationDate": "2026-11-21"}]},
}
asked, put = [], []

def answer(client, operation, given):
    if operation == "CreateTrainingJob":
        print(json.dumps({"request": given, "put": put, "asked": asked}))
        sys.exit()
    asked.append(operation)
    if operation == "PutObject":
        put.append(given["Key"])
    return answers.get(operation, {})

BaseClient._make_api_call = answer
exec(sys.stdin.read(), {})
"""


@pytest.fixture(scope="module")
def started() -> dict[str, Any]:
    """The request for the job, the keys of uploaded objects, and the other operations called."""
    assert _SDK_PYTHON.exists(), "the SageMaker SDK is not set up: run `make test` once"
    (code,) = re.findall(r"```python\n(.*?)```", _README.read_text(), re.DOTALL)
    process = subprocess.run(
        [_SDK_PYTHON, "-c", _RUN],
        input=code,
        env={"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "x"}
        | {"AWS_SECRET_ACCESS_KEY": "x"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    report: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return report


def test_the_job_meets_the_guard_rails(started: dict[str, Any]) -> None:
    job = started["request"]
    assert job["VpcConfig"] == {"SecurityGroupIds": ["sg-0"], "Subnets": ["subnet-0a", "subnet-0b"]}
    assert job["ResourceConfig"]["VolumeKmsKeyId"] == job["OutputDataConfig"]["KmsKeyId"]
    assert job["EnableInterContainerTrafficEncryption"]
    assert job["EnableNetworkIsolation"]
    assert job["EnableManagedSpotTraining"]
    assert job["CheckpointConfig"]["LocalPath"] == "/opt/ml/checkpoints"


def test_the_job_runs_this_script_on_both_splits(started: dict[str, Any]) -> None:
    channels = {channel["ChannelName"] for channel in started["request"]["InputDataConfig"]}
    assert {"train", "validation", "code"} <= channels
    put = {key.rpartition("/")[2] for key in started["put"]}
    assert {"train.py", "features.py", "inference.py"} <= put


def test_code_is_uploaded_to_the_given_bucket_only(started: dict[str, Any]) -> None:
    assert all(key.startswith("code/notebook/") for key in started["put"])
    assert "CreateBucket" not in started["asked"]


def test_the_script_accepts_the_hyperparameters(started: dict[str, Any]) -> None:
    hyperparameters = started["request"]["HyperParameters"]
    words = [word for name, value in hyperparameters.items() for word in (f"--{name}", value)]
    folders = ["--train", ".", "--validation", ".", "--model-dir", "."]
    chosen = vars(arguments([*words, *folders]))
    assert {name: str(chosen[name]) for name in hyperparameters} == hyperparameters
