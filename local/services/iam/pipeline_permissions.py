"""What SageMaker Pipelines asks of a pipeline's role.

docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html (read 2026-11-29): to create
and describe the jobs of its steps, to pass their roles, and s3:GetObject for JsonGet. Inferred is
that it needs sagemaker:AddTags for the tags that it gives its jobs, and the key of an encrypted
report.
"""

from local.services.iam import sagemaker_permissions as sagemaker
from local.services.iam.permission import Account, Arguments, Permission, arn
from local.services.iam.storage_permissions import read_object
from local.services.s3.uri import split_uri

_OF_STEP_FUNCTIONS = ("Stop", "ListTags")


def of_step(operation: str, arguments: Arguments, account: Account) -> list[Permission]:
    """What one step needs: `operation` is `createTrainingJob`, `createProcessingJob` or
    `createModelPackage`."""
    if operation == "createModelPackage":
        return sagemaker.create_model_package(arguments, account)
    create = {
        "createTrainingJob": sagemaker.create_training_job,
        "createProcessingJob": sagemaker.create_processing_job,
    }[operation]
    return [
        permission
        for permission in create(arguments, account)
        if permission.action.startswith(("sagemaker:", "iam:"))
        and not permission.action.removeprefix("sagemaker:").startswith(_OF_STEP_FUNCTIONS)
    ]


def of_json_get(uri: str, account: Account) -> list[Permission]:
    """What reading a property file needs."""
    return read_object(account, *split_uri(uri))


def of_request(operation: str, request: Arguments) -> Permission:
    """What the caller of one of the operations on pipelines needs."""
    if operation == "StartPipelineExecution":
        resource = arn("sagemaker", f"pipeline/{request['PipelineName'].lower()}")
    else:
        resource = request["PipelineExecutionArn"]
    return Permission(f"sagemaker:{operation}", resource)
