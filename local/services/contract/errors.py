"""The names under which Step Functions reports an error of a service to a workflow.

A modelled error comes as `<Service>.<Shape>Exception`. Every other code, throttling included, comes
as the base exception of the SDK that Step Functions calls with: that of Java 2 for AWS SDK
integrations (`Comprehend.ComprehendException`), of Java 1 for the optimised ones
(`SageMaker.AmazonSageMakerException`).

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html ("the
error names are the service name and the exception name"), and the naming of exceptions in
aws-sdk-java-v2, `codegen/.../naming/DefaultNamingStrategy.java`. Read 2026-11-28.
"""

import re

from local.services.contract.operations import Operation

# An optimised integration's service in a resource -> its prefix, and its base exception.
# sagemaker, athena: seen in AWS's own sample projects; states, lambda: in the guides to error
# handling of both; dynamodb, sns: the names of these SDKs' classes.
_OPTIMISED = {
    "athena": ("Athena", "AmazonAthenaException"),
    "dynamodb": ("DynamoDB", "AmazonDynamoDBException"),
    "glue": ("Glue", "AWSGlueException"),
    "lambda": ("Lambda", "AWSLambdaException"),
    "sagemaker": ("SageMaker", "AmazonSageMakerException"),
    "sns": ("SNS", "AmazonSNSException"),
    "sqs": ("SQS", "AmazonSQSException"),
    "states": ("StepFunctions", "AWSStepFunctionsException"),
}
# Errors of the SDK itself, without an answer of the service.
_CLIENT_ERRORS = {"lambda": {"Lambda.SdkClientException", "Lambda.Unknown"}}
_CAPITALS = re.compile(r"[A-Z]{2,}(?![a-z])")


def error_name(operation: Operation, code: str) -> str:
    """What a workflow gets when the service answers an operation with the error `code`."""
    prefix, base = _prefix_and_base(operation)
    for shape in operation.model.error_shapes:
        stated = shape.metadata.get("error", {}).get("code", shape.name)
        if code in (shape.name, stated, _exception(shape.name)):
            return f"{prefix}.{_exception(shape.name)}"
    return f"{prefix}.{base}"


def error_names(operation: Operation) -> frozenset[str]:
    """Every name of an error that Step Functions reports for an operation, its own left out."""
    prefix, base = _prefix_and_base(operation)
    modelled = {f"{prefix}.{_exception(shape.name)}" for shape in operation.model.error_shapes}
    return frozenset(modelled | {f"{prefix}.{base}"} | _CLIENT_ERRORS.get(operation.service, set()))


def _prefix_and_base(operation: Operation) -> tuple[str, str]:
    if not operation.sdk:
        return _OPTIMISED[operation.task_service]
    service_id = operation.model.service_model.metadata["serviceId"].replace(" ", "")
    # Classes of Java 2 write abbreviations as words: Sfn, DynamoDb.
    prefix = _CAPITALS.sub(lambda word: word[0].capitalize(), service_id)
    return prefix, f"{prefix}Exception"


def _exception(shape_name: str) -> str:
    stem = shape_name.removesuffix("Exception").removesuffix("Fault")
    return f"{stem}Exception"
