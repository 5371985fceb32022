"""SageMaker Pipeline: train -> evaluate -> gate -> register, written with the SageMaker SDK v3.

    python pipelines/ml_platform/train_model.py > pipelines/ml_platform/train_model.json

The stack deploys the JSON, so that a synth needs no SDK; `make pipelines` writes it, and a test
compares it with this file. Names in `${...}` are replaced at synth; the defaults of the parameters
are the settings of `ml_training`. The jobs are those of `train_model.asl.json`, request by request.
The pipeline takes a training set as a parameter: no step of SageMaker Pipelines queries Athena.
"""

import json
import os
from pathlib import Path

# Neither account nor credentials are used: the SDK's imports want a Region, and it would ask IAM
# about the roles, which exist only once the stack is deployed.
os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "SAGEMAKER_VALIDATE_ROLE": "false"}

import boto3
from sagemaker.core.model_registry import create_model_package_from_containers
from sagemaker.core.network import NetworkConfig
from sagemaker.core.processing import Processor
from sagemaker.core.shapes import (
    CheckpointConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.workflow.conditions import (
    ConditionGreaterThan,
    ConditionGreaterThanOrEqualTo,
)
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import Properties, PropertyFile
from sagemaker.mlops.workflow import (
    ConditionStep,
    FailStep,
    ModelStep,
    Pipeline,
    ProcessingStep,
    TrainingStep,
)
from sagemaker.serve import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import (
    Compute,
    InputData,
    Networking,
    OutputDataConfig,
    StoppingCondition,
)

# The manifest that the workflow reads, too.
_MANIFEST = Path(__file__).parents[2] / "models" / "ml_platform" / "flight_delay" / "model.json"
MODEL = json.loads(_MANIFEST.read_text())
_FOLDER = "/opt/ml/processing"
_SPLITS = ("train", "validation", "test")
# Each execution has a folder of its own.
_EVALUATION = ["s3://${Bucket}/evaluation", ExecutionVariables.PIPELINE_EXECUTION_ID]
# The SDK takes roles by ARN alone: the stack replaces these, too.
_TRAINING_ROLE = "arn:aws:iam::000000000000:role/Training"
_EVALUATION_ROLE = "arn:aws:iam::000000000000:role/Evaluation"

# An S3 URI that ends with a slash and holds `split=train/`, `split=validation/`, `split=test/`.
training_set = ParameterString("TrainingSet")
approval_status = ParameterString("ApprovalStatus", default_value="PendingManualApproval")
instance_type = ParameterString("InstanceType", default_value="ml.m7i.large")
minimum_auc = ParameterFloat("MinimumAuc", default_value=0.65)
minimum_gain = ParameterFloat("MinimumGain", default_value=0.01)

session = PipelineSession(
    boto3.Session("none", "none", region_name="us-east-1"),
    default_bucket="none",
    sagemaker_config={
        "SchemaVersion": "1.0",
        "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
    },
)


def split_uri(split: str) -> Join:
    """Where one split of the training set is."""
    return Join(on="", values=[training_set, f"split={split}/"])


def train() -> TrainingStep:
    """The training job; its container finds the script in the channel `code`."""
    data = [
        InputData(channel_name=split, data_source=split_uri(split), content_type="text/csv")
        for split in ("train", "validation")
    ]
    code = InputData(
        channel_name="code",
        data_source="s3://${CodeBucket}/${CodeFile}",
        content_type="application/gzip",
    )
    trainer = ModelTrainer(
        sagemaker_session=session,
        role=_TRAINING_ROLE,
        training_image="${ImageUri}",
        hyperparameters={
            "sagemaker_program": MODEL["programs"]["train"],
            "sagemaker_submit_directory": "/opt/ml/input/data/code/${CodeFile}",
            "sagemaker_region": "${Region}",
            **MODEL["hyperparameters"],
        },
        environment={"PIP_NO_BUILD_ISOLATION": "0"},
        output_data_config=OutputDataConfig(
            s3_output_path="s3://${Bucket}/models/", kms_key_id="${KeyArn}"
        ),
        compute=Compute(
            instance_type=instance_type,
            instance_count=1,
            volume_size_in_gb=10,
            volume_kms_key_id="${KeyArn}",
        ),
        networking=Networking(
            subnets=["${SubnetIds}"],
            security_group_ids=["${SecurityGroupId}"],
            enable_network_isolation=True,
            enable_inter_container_traffic_encryption=True,
        ),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=3600),
        checkpoint_config=CheckpointConfig(
            s3_uri=Join(
                on="/",
                values=["s3://${Bucket}/checkpoints", ExecutionVariables.PIPELINE_EXECUTION_ID],
            )
        ),
    )
    step_arguments = trainer.train(input_data_config=[*data, code])
    return TrainingStep(name="Train", step_args=step_arguments)


def evaluate(model_uri: Properties, report: PropertyFile) -> ProcessingStep:
    """The evaluation, on flights that followed those of the training."""
    processor = Processor(
        sagemaker_session=session,
        role=_EVALUATION_ROLE,
        image_uri="${ImageUri}",
        entrypoint=[
            "bash",
            "-c",
            f"cd {_FOLDER}/code && tar -xzf ${{CodeFile}}"
            f" && exec python3 {_FOLDER}/code/{MODEL['programs']['evaluate']}",
        ],
        instance_count=1,
        instance_type=instance_type,
        volume_size_in_gb=10,
        volume_kms_key="${KeyArn}",
        output_kms_key="${KeyArn}",
        max_runtime_in_seconds=3600,
        network_config=NetworkConfig(
            enable_network_isolation=True,
            encrypt_inter_container_traffic=True,
            subnets=["${SubnetIds}"],
            security_group_ids=["${SecurityGroupId}"],
        ),
    )
    sources = {
        "code": "s3://${CodeBucket}/${CodeFile}",
        "model": model_uri,
        **{split: split_uri(split) for split in _SPLITS},
    }
    step_arguments = processor.run(
        inputs=[
            ProcessingInput(
                input_name=name,
                s3_input=ProcessingS3Input(
                    s3_uri=uri,
                    local_path=f"{_FOLDER}/{name}",
                    s3_data_type="S3Prefix",
                    s3_input_mode="File",
                ),
            )
            for name, uri in sources.items()
        ],
        outputs=[
            ProcessingOutput(
                output_name="evaluation",
                s3_output=ProcessingS3Output(
                    s3_uri=Join(on="/", values=_EVALUATION),
                    local_path=f"{_FOLDER}/evaluation",
                    s3_upload_mode="EndOfJob",
                ),
            )
        ],
    )
    return ProcessingStep(name="Evaluate", step_args=step_arguments, property_files=[report])


def register(model_uri: Properties) -> ModelStep:
    """A package of the registry, which the roll-out starts from once it is approved."""
    # `ModelBuilder.register` would upload code to a bucket: that of the model is in its artefact.
    session.init_model_step_arguments(
        ModelBuilder(sagemaker_session=session, role_arn=_TRAINING_ROLE)
    )
    create_model_package_from_containers(
        session,
        model_package_group_name="${ModelPackageGroupName}",
        approval_status=approval_status,
        containers=[
            {
                "Image": "${ImageUri}",
                "ModelDataUrl": model_uri,
                "Environment": {
                    "SAGEMAKER_PROGRAM": MODEL["programs"]["serve"],
                    "PIP_NO_BUILD_ISOLATION": "0",
                    "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
                    "SAGEMAKER_REGION": "${Region}",
                    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                },
            }
        ],
        content_types=MODEL["content_types"]["requests"],
        response_types=MODEL["content_types"]["responses"],
        model_metrics={"ModelQuality": {"Statistics": _json("evaluation.json")}},
        drift_check_baselines={"ModelDataQuality": {"Statistics": _json("statistics.json")}},
    )
    return ModelStep(name="Register", step_args=session.context)


def _json(file: str) -> dict[str, object]:
    """A file that the evaluation writes, as the registry refers to it."""
    return {"ContentType": "application/json", "S3Uri": Join(on="/", values=[*_EVALUATION, file])}


def pipeline() -> Pipeline:
    """All steps."""
    report = PropertyFile(name="Report", output_name="evaluation", path="evaluation.json")
    training = train()
    model_uri = training.properties.ModelArtifacts.S3ModelArtifacts
    evaluation = evaluate(model_uri, report)

    def reported(path: str) -> JsonGet:
        return JsonGet(step_name=evaluation.name, property_file=report, json_path=path)

    gate = ConditionStep(
        name="IsItGoodEnough",
        conditions=[
            ConditionGreaterThanOrEqualTo(reported("roc_auc"), minimum_auc),
            ConditionGreaterThanOrEqualTo(
                reported("baselines.${Baseline}.gain_over_it"), minimum_gain
            ),
            ConditionGreaterThan(reported("baselines.${Baseline}.gain_interval[0]"), 0),
        ],
        if_steps=[register(model_uri)],
        else_steps=[
            FailStep(
                name="Refused",
                error_message=Join(
                    on=" ",
                    values=[
                        "The model is not good enough. Wanted: ROC AUC",
                        minimum_auc,
                        "and a gain over ${Baseline} of",
                        minimum_gain,
                        "with an interval above 0",
                    ],
                ),
            )
        ],
    )
    return Pipeline(
        name="flight-delay",
        parameters=[training_set, approval_status, instance_type, minimum_auc, minimum_gain],
        steps=[training, evaluation, gate],
        # SageMaker Experiments is for Studio Classic; a pipeline without it needs no rights on it.
        pipeline_experiment_config=None,
        sagemaker_session=session,
    )


if __name__ == "__main__":
    print(json.dumps(json.loads(pipeline().definition()), indent=2))
