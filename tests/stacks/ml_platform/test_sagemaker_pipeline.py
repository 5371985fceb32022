"""The SageMaker pipeline: its definition is the SDK's, filled in with the settings."""

import json
import subprocess
from typing import Any

from repository import ROOT
from tools.assembly import synthesise

_SDK_PYTHON = ROOT / ".venv-sagemaker-sdk" / "bin" / "python"
_CODE = ROOT / "pipelines" / "ml_platform" / "train_model.py"
ON = {"ml_training.sagemaker_pipeline": "true"}


def definition(settings: dict[str, str]) -> dict[str, Any]:
    """The definition in the template, as if deployed."""
    (pipeline,) = synthesise("sandbox", ON | settings, gated=False).of_type(
        "AWS::SageMaker::Pipeline"
    )
    body = pipeline.properties["PipelineDefinition"]["PipelineDefinitionBody"]
    document: dict[str, Any] = json.loads(body)
    return document


def test_the_definition_is_what_its_code_writes() -> None:
    assert _SDK_PYTHON.exists(), "the SageMaker SDK is not set up: run `make test` once"
    process = subprocess.run(
        [_SDK_PYTHON, _CODE], capture_output=True, text=True, timeout=120, check=False
    )
    assert process.returncode == 0, process.stderr
    definition_file = json.loads(_CODE.with_suffix(".json").read_text())
    assert json.loads(process.stdout) == definition_file, "make pipelines"


def test_every_name_is_filled_in_and_settings_are_kept() -> None:
    document = definition(
        {
            "ml_training.baseline": "logistic_regression",
            "ml_training.instance_type": "ml.m7i.xlarge",
            "ml_training.max_runtime_minutes": "30",
            "ml_training.max_spot_wait_minutes": "10",
            "ml_training.minimum_auc": "0.7",
            "ml_training.volume_gibibytes": "42",
        }
    )
    text = json.dumps(document)
    assert "${" not in text
    assert ":000000000000:" not in text
    assert "baselines.logistic_regression.gain_over_it" in text
    defaults = {item["Name"]: item.get("DefaultValue") for item in document["Parameters"]}
    assert defaults["InstanceType"] == "ml.m7i.xlarge"
    assert defaults["MinimumAuc"] == 0.7
    training, evaluation = (step["Arguments"] for step in document["Steps"][:2])
    assert training["StoppingCondition"] == {
        "MaxRuntimeInSeconds": 30 * 60,
        "MaxWaitTimeInSeconds": 40 * 60,
    }
    assert training["ResourceConfig"]["VolumeSizeInGB"] == 42
    assert evaluation["ProcessingResources"]["ClusterConfig"]["VolumeSizeInGB"] == 42
    assert len(training["VpcConfig"]["Subnets"]) == 2


def test_on_demand_capacity_waits_for_nothing() -> None:
    training = definition({"ml_training.spot": "false"})["Steps"][0]["Arguments"]
    assert training["EnableManagedSpotTraining"] is False
    assert "MaxWaitTimeInSeconds" not in training["StoppingCondition"]


def test_a_model_is_registered_behind_what_prepares_its_requests() -> None:
    steps = definition({"ml_endpoint.pipeline": "true"})["Steps"]
    (registration,) = steps[2]["Arguments"]["IfSteps"]
    containers = registration["Arguments"]["InferenceSpecification"]["Containers"]
    programs = [container["Environment"]["SAGEMAKER_PROGRAM"] for container in containers]
    assert programs == ["prepare.py", "inference.py"]
    assert "scikit-learn" in containers[0]["Image"]
