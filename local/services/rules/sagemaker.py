"""SageMaker: jobs."""

from typing import Any

from local.services.rules.rule import API_READ, READ, Rule, State, api
from local.services.task import Arguments

_REFERENCE = "sagemaker/latest/APIReference"
# A registry of SageMaker's own algorithms and frameworks: `<account>.dkr.ecr...`/sagemaker-xgboost.
_FIRST_PARTY = ("/sagemaker-xgboost:", "/xgboost:", "/sagemaker-scikit-learn:", "/linear-learner:")
# The source of the algorithm's container, which computes them; the guide names fewer.
_CONTAINER = (
    "https://github.com/aws/sagemaker-xgboost-container/blob/master/src/"
    "sagemaker_xgboost_container/constants/xgb_constants.py"
)
_METRICS = (
    "accuracy", "auc", "aucpr", "balanced_accuracy", "f1", "f1_binary", "f1_macro", "map", "ndcg",
    "precision", "r2", "recall", "precision_macro", "precision_micro", "recall_macro",
    "recall_micro", "aft-nloglik", "cox-nloglik", "error", "gamma-deviance", "gamma-nloglik",
    "interval-regression-accuracy", "logloss", "mae", "mape", "merror", "mlogloss", "mphe", "mse",
    "poisson-nloglik", "rmse", "rmsle", "tweedie-nloglik",
)  # fmt: skip
_OBJECTIVES = {f"validation:{metric}" for metric in _METRICS}
# Families with NVMe instance storage among those that SageMaker offers.
_LOCAL_STORAGE = (
    "ml.g4dn.", "ml.g5.", "ml.g6.", "ml.g6e.", "ml.g7", "ml.gr6.", "ml.p4d.", "ml.p4de.", "ml.p5.",
    "ml.p5e.", "ml.p5en.", "ml.p6", "ml.trn1.", "ml.trn1n.", "ml.trn2.", "ml.m5d.", "ml.m6gd.",
    "ml.m6id.", "ml.m7gd.", "ml.c5d.", "ml.c6gd.", "ml.c6id.", "ml.c7gd.", "ml.r5d.", "ml.r6gd.",
    "ml.r6id.", "ml.r7gd.", "ml.i3en.", "ml.i4i.", "ml.d3.", "ml.inf2.48",
)  # fmt: skip
_NO_VOLUME_KEY = (
    "You can't request a VolumeKmsKeyId when using an instance type with local storage."
)
_KEY = "arn:aws:kms:us-east-1:000000000000:key/1"
_ROLE = "arn:aws:iam::000000000000:role/jobs"
_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
_METRIC = [{"Name": "validation:auc", "Regex": "validation-auc:([0-9.]+)"}]
_RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
TRAINING: Arguments = {
    "TrainingJobName": "job",
    "AlgorithmSpecification": {"TrainingImage": _IMAGE, "TrainingInputMode": "File"},
    "RoleArn": _ROLE,
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/models/"},
    "ResourceConfig": _RESOURCES,
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}


def _tuning(objective: str = "validation:auc", **changes: Any) -> Arguments:
    definition = {name: value for name, value in TRAINING.items() if name != "TrainingJobName"}
    ranges = [{"Name": "eta", "MinValue": "0.1", "MaxValue": "0.2", "ScalingType": "Logarithmic"}]
    return {
        "HyperParameterTuningJobName": "search",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": objective},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"ContinuousParameterRanges": ranges},
            **changes,
        },
        "TrainingJobDefinition": definition,
    }


def _range(low: str, high: str, scaling: str) -> Arguments:
    bounds = {"Name": "eta", "MinValue": low, "MaxValue": high, "ScalingType": scaling}
    return {"ParameterRanges": {"ContinuousParameterRanges": [bounds]}}


def _with_resources(kind: str) -> Arguments:
    resources = {**_RESOURCES, "InstanceType": kind, "VolumeKmsKeyId": _KEY}
    return {**TRAINING, "ResourceConfig": resources}


def _processing(kind: str) -> Arguments:
    cluster = {**_RESOURCES, "InstanceType": kind, "VolumeKmsKeyId": _KEY}
    return {
        "ProcessingJobName": "evaluation",
        "RoleArn": _ROLE,
        "AppSpecification": {"ImageUri": _IMAGE},
        "ProcessingResources": {"ClusterConfig": cluster},
    }


def _transform(kind: str = "ml.m5.large", **changes: Any) -> Arguments:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/flights/"}}
    return {
        "TransformJobName": "batch",
        "ModelName": "model",
        "TransformInput": {"DataSource": source},
        "TransformOutput": {"S3OutputPath": "s3://bucket/answers/"},
        "TransformResources": {"InstanceType": kind, "InstanceCount": 1, "VolumeKmsKeyId": _KEY},
        **changes,
    }


def local_storage(instance_type: str) -> bool:
    """Whether an instance type has local NVMe storage, which encrypts by itself."""
    return instance_type.startswith(_LOCAL_STORAGE)


def _definition(request: Arguments) -> Arguments:
    definition: Arguments = request.get("TrainingJobDefinition", request)
    return definition


def _first_party(definition: Arguments) -> bool:
    image = definition["AlgorithmSpecification"].get("TrainingImage", "")
    return any(name in image for name in _FIRST_PARTY)


def _key_on_local_storage(resources: Arguments) -> bool:
    return "VolumeKmsKeyId" in resources and local_storage(resources.get("InstanceType", ""))


def _ranges(request: Arguments) -> list[Arguments]:
    ranges = request["HyperParameterTuningJobConfig"].get("ParameterRanges", {})
    kinds = ("ContinuousParameterRanges", "IntegerParameterRanges")
    return [bounds for kind in kinds for bounds in ranges.get(kind, [])]


def _objective(request: Arguments) -> str:
    config = request["HyperParameterTuningJobConfig"]
    name: str = config.get("HyperParameterTuningJobObjective", {}).get("MetricName", "")
    return name


def _limits(request: Arguments) -> Arguments:
    limits: Arguments = request["HyperParameterTuningJobConfig"]["ResourceLimits"]
    return limits


def _waits(definition: Arguments) -> bool:
    return "MaxWaitTimeInSeconds" in definition["StoppingCondition"]


def _spot(definition: Arguments) -> bool:
    return bool(definition.get("EnableManagedSpotTraining"))


def _waits_too_short(request: Arguments, _: State) -> bool:
    stopping = _definition(request)["StoppingCondition"]
    runs = stopping.get("MaxRuntimeInSeconds", 0)
    return bool(stopping.get("MaxWaitTimeInSeconds", runs) < runs)


_SPOT = {**TRAINING, "EnableManagedSpotTraining": True}
_BOTH = ("sagemaker:CreateTrainingJob", "sagemaker:CreateHyperParameterTuningJob")
RULES = [
    Rule(
        id="metric-definitions",
        operations=_BOTH,
        says="The metrics of SageMaker's own algorithms are built in, in script mode as well.",
        breaks=lambda request, _: (
            _first_party(_definition(request))
            and "MetricDefinitions" in _definition(request)["AlgorithmSpecification"]
        ),
        error="ValidationException",
        message="You can't override the metric definitions for Amazon SageMaker algorithms."
        " Please retry the request without specifying metric definitions.",
        source="https://github.com/aws/sagemaker-xgboost-container/issues/121",
        read=API_READ,
        refused={
            **TRAINING,
            "AlgorithmSpecification": {
                **TRAINING["AlgorithmSpecification"],
                "MetricDefinitions": _METRIC,
            },
        },
        accepted=TRAINING,
    ),
    Rule(
        id="objective-metric",
        operations=("sagemaker:CreateHyperParameterTuningJob",),
        says="The objective of a search over XGBoost is one of the metrics that it computes.",
        breaks=lambda request, _: (
            _first_party(_definition(request)) and _objective(request) not in _OBJECTIVES
        ),
        error="ValidationException",
        message="The objective metric for the hyperparameter tuning job is not one of the metrics"
        " of the algorithm.",
        source=_CONTAINER,
        read=READ,
        refused=_tuning("roc_auc"),
        accepted=_tuning(),
    ),
    Rule(
        id="logarithmic-range",
        operations=("sagemaker:CreateHyperParameterTuningJob",),
        says="Logarithmic scaling works only for ranges above 0.",
        breaks=lambda request, _: any(
            bounds.get("ScalingType") == "Logarithmic" and float(bounds["MinValue"]) <= 0
            for bounds in _ranges(request)
        ),
        error="ValidationException",
        message="Logarithmic scaling requires a MinValue greater than 0.",
        source=api(_REFERENCE, "API_ContinuousParameterRange"),
        read=API_READ,
        refused=_tuning(**_range("0", "1", "Logarithmic")),
        accepted=_tuning(**_range("0", "1", "Linear")),
    ),
    Rule(
        id="parallel-jobs",
        operations=("sagemaker:CreateHyperParameterTuningJob",),
        says="At most ten jobs of a search run at once by default.",
        breaks=lambda request, _: _limits(request)["MaxParallelTrainingJobs"] > 10,
        error="ResourceLimitExceeded",
        message="The account-level service limit 'Maximum number of parallel training jobs per"
        " hyperparameter tuning job' is exceeded.",
        source=api("sagemaker/latest/dg", "automatic-model-tuning-limits"),
        read=READ,
        refused=_tuning(
            ResourceLimits={"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 11}
        ),
        accepted=_tuning(),
    ),
    Rule(
        id="training-volume-key",
        operations=_BOTH,
        says="Local NVMe storage encrypts by itself: a volume key cannot be requested.",
        breaks=lambda request, _: _key_on_local_storage(
            _definition(request).get("ResourceConfig", {})
        ),
        error="ValidationException",
        message=_NO_VOLUME_KEY,
        source=api(_REFERENCE, "API_ResourceConfig"),
        read=API_READ,
        refused=_with_resources("ml.g5.xlarge"),
        accepted=_with_resources("ml.m5.xlarge"),
    ),
    Rule(
        id="processing-volume-key",
        operations=("sagemaker:CreateProcessingJob",),
        says="Local NVMe storage encrypts by itself: a volume key cannot be requested.",
        breaks=lambda request, _: _key_on_local_storage(
            request["ProcessingResources"]["ClusterConfig"]
        ),
        error="ValidationException",
        message=_NO_VOLUME_KEY,
        source=api(_REFERENCE, "API_ProcessingClusterConfig"),
        read=API_READ,
        refused=_processing("ml.g5.xlarge"),
        accepted=_processing("ml.m5.xlarge"),
    ),
    Rule(
        id="transform-volume-key",
        operations=("sagemaker:CreateTransformJob",),
        says="Local NVMe storage encrypts by itself: a volume key cannot be requested.",
        breaks=lambda request, _: _key_on_local_storage(request["TransformResources"]),
        error="ValidationException",
        message=_NO_VOLUME_KEY,
        source=api(_REFERENCE, "API_TransformResources"),
        read=API_READ,
        refused=_transform("ml.g5.xlarge"),
        accepted=_transform(),
    ),
    Rule(
        id="transform-payload",
        operations=("sagemaker:CreateTransformJob",),
        says="Payload size times concurrent transforms is at most 100 MB.",
        breaks=lambda request, _: (
            request.get("MaxPayloadInMB", 6) * request.get("MaxConcurrentTransforms", 1) > 100
        ),
        error="ValidationException",
        message="MaxConcurrentTransforms * MaxPayloadInMB cannot exceed 100 MB.",
        source=api(_REFERENCE, "API_CreateTransformJob"),
        read=API_READ,
        refused=_transform(MaxPayloadInMB=20, MaxConcurrentTransforms=6),
        accepted=_transform(MaxPayloadInMB=20, MaxConcurrentTransforms=5),
    ),
    Rule(
        id="transform-batches",
        operations=("sagemaker:CreateTransformJob",),
        says="Records are put together in batches only where the input is split into records.",
        breaks=lambda request, _: (
            request.get("BatchStrategy") == "MultiRecord"
            and request["TransformInput"].get("SplitType", "None") == "None"
        ),
        error="ValidationException",
        message="To use the batch strategy, you must set the SplitType property to Line, RecordIO,"
        " or TFRecord.",
        source=api(_REFERENCE, "API_CreateTransformJob"),
        read=READ,
        refused=_transform(BatchStrategy="MultiRecord"),
        accepted=_transform(MaxPayloadInMB=1),
    ),
    Rule(
        id="wait-without-spot",
        operations=_BOTH,
        says="A limit of waiting is given with managed Spot training only.",
        breaks=lambda request, _: _waits(_definition(request)) and not _spot(_definition(request)),
        error="ValidationException",
        message="Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining"
        " is set to true",
        source="https://github.com/aws/amazon-sagemaker-examples/issues/869",
        read=READ,
        refused={
            **TRAINING,
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 3600},
        },
        accepted=TRAINING,
    ),
    Rule(
        id="spot-wait",
        operations=_BOTH,
        says="Managed Spot training has a limit of waiting.",
        breaks=lambda request, _: _spot(_definition(request)) and not _waits(_definition(request)),
        error="ValidationException",
        message="MaxWaitTimeInSeconds must be specified if EnableManagedSpotTraining is true",
        source=api("sagemaker/latest/dg", "model-managed-spot-training"),
        read=READ,
        refused=_SPOT,
        accepted={
            **_SPOT,
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200},
        },
    ),
    Rule(
        id="spot-wait-length",
        operations=_BOTH,
        says="A job may wait at least as long as it may run.",
        breaks=_waits_too_short,
        error="ValidationException",
        message="Invalid MaxWaitTimeInSeconds. It must be greater than or equal to"
        " MaxRuntimeInSeconds.",
        source=api(_REFERENCE, "API_StoppingCondition"),
        read=API_READ,
        refused={
            **_SPOT,
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 60},
        },
        accepted={
            **_SPOT,
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 3600},
        },
    ),
    Rule(
        id="training-name-in-use",
        operations=("sagemaker:CreateTrainingJob",),
        says="Names of training jobs are unique within an account and a Region, for good.",
        breaks=lambda request, state: request["TrainingJobName"] in state.get("training_jobs", ()),
        error="ResourceInUse",
        message="Job name must be unique within an AWS account and region, and a training job with"
        " this name already exists.",
        source=api(_REFERENCE, "API_CreateTrainingJob"),
        read=API_READ,
        refused=TRAINING,
        accepted={**TRAINING, "TrainingJobName": "another"},
        state={"training_jobs": {"job": {}}},
    ),
]
