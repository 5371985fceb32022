"""What a task of a workflow needs of IAM: one table, a file behind each group of services.

The table holds every integration that the workflows use; any other is refused, with the place to
add it.
"""

import re
from collections.abc import Callable

from local.services.iam import (
    athena_permissions as athena,
)
from local.services.iam import (
    language_permissions as language,
)
from local.services.iam import (
    sagemaker_permissions as sagemaker,
)
from local.services.iam import (
    scaling_permissions as scaling,
)
from local.services.iam import (
    states_permissions as states,
)
from local.services.iam import (
    storage_permissions as storage,
)
from local.services.iam.permission import Account, Arguments, Permission

_INTEGRATION = re.compile(
    r"^arn:aws[\w-]*:states:::(?:aws-sdk:)?(?P<name>\w+:\w+)(?:\.sync(?::2)?)?$"
)

TABLE: dict[str, Callable[[Arguments, Account], list[Permission]]] = {
    "applicationautoscaling:deregisterScalableTarget": scaling.deregister_target,
    "applicationautoscaling:putScalingPolicy": scaling.put_policy,
    "applicationautoscaling:registerScalableTarget": scaling.register_target,
    "athena:getQueryResults": athena.get_query_results,
    "athena:startQueryExecution": athena.start_query_execution,
    "cloudwatch:putMetricData": storage.put_metric_data,
    "dynamodb:updateItem": storage.update_item,
    "lambda:invoke": storage.invoke_function,
    "polly:getSpeechSynthesisTask": language.without_resource("polly:GetSpeechSynthesisTask"),
    "polly:startSpeechSynthesisTask": language.start_speech_task,
    "s3:copyObject": storage.copy_object,
    "s3:getObject": storage.get_object,
    "s3:headObject": storage.head_object,
    "s3:listObjectsV2": storage.list_objects_v2,
    "s3:putObject": storage.put_object,
    "sagemaker:createEndpoint": sagemaker.create_endpoint,
    "sagemaker:createEndpointConfig": sagemaker.create_endpoint_config,
    "sagemaker:createHyperParameterTuningJob": sagemaker.create_tuning_job,
    "sagemaker:createModel": sagemaker.create_model,
    "sagemaker:createModelPackage": sagemaker.create_model_package,
    "sagemaker:createProcessingJob": sagemaker.create_processing_job,
    "sagemaker:createTrainingJob": sagemaker.create_training_job,
    "sagemaker:createTransformJob": sagemaker.create_transform_job,
    "sagemaker:listModelPackages": sagemaker.list_model_packages,
    "sagemaker:updateEndpoint": sagemaker.update_endpoint,
    "sfn:getExecutionHistory": states.get_execution_history,
    "sfn:startSyncExecution": states.start_sync_execution,
    "sns:publish": storage.publish,
    "states:startExecution": states.start_execution,
    "transcribe:getTranscriptionJob": language.get_transcription_job,
    "transcribe:startTranscriptionJob": language.start_transcription_job,
    "translate:describeTextTranslationJob": language.without_resource(
        "translate:DescribeTextTranslationJob"
    ),
    "translate:startTextTranslationJob": language.start_translation_job,
    "translate:translateText": language.translate_text,
    **{
        f"comprehend:{action[0].lower()}{action[1:]}": language.without_resource(
            f"comprehend:{action}"
        )
        for action in (
            "DetectDominantLanguage",
            "DetectEntities",
            "DetectKeyPhrases",
            "DetectPiiEntities",
            "DetectSentiment",
        )
    },
    **{
        f"sagemaker:{action[0].lower()}{action[1:]}": sagemaker.named(action, resource, parameter)
        for action, resource, parameter in (
            ("DeleteEndpoint", "endpoint", "EndpointName"),
            ("DeleteEndpointConfig", "endpoint-config", "EndpointConfigName"),
            ("DeleteModel", "model", "ModelName"),
            ("DescribeEndpoint", "endpoint", "EndpointName"),
            ("DescribeEndpointConfig", "endpoint-config", "EndpointConfigName"),
            ("DescribeModel", "model", "ModelName"),
            (
                "StopHyperParameterTuningJob",
                "hyper-parameter-tuning-job",
                "HyperParameterTuningJobName",
            ),
            ("StopProcessingJob", "processing-job", "ProcessingJobName"),
            ("StopTrainingJob", "training-job", "TrainingJobName"),
            ("StopTransformJob", "transform-job", "TransformJobName"),
        )
    },
    "sagemaker:updateModelPackage": sagemaker.update_model_package,
    # Packages are named by their ARNs.
    "sagemaker:describeModelPackage": lambda arguments, _account: [
        Permission("sagemaker:DescribeModelPackage", arguments["ModelPackageName"])
    ],
}


def permissions_of(resource: str, arguments: Arguments, account: Account) -> list[Permission]:
    """What the task with the `Resource` and the evaluated `Arguments` needs.

    Raises ValueError for an integration that the table lacks.
    """
    integration = _INTEGRATION.match(resource)
    if integration is None or integration["name"] not in TABLE:
        raise ValueError(
            f"{resource}: local/services/iam/task_permissions.py does not say what this task needs"
            " of IAM. Add it to the table, with its source."
        )
    return TABLE[integration["name"]](arguments, account)
