"""What SageMaker asks of the caller of a task.

Resources and condition keys are those of the Service Authorization Reference. Dependent actions:
docs.aws.amazon.com/sagemaker/latest/dg/api-permissions-reference.html (kms:CreateGrant on the key
of an endpoint configuration, for its caller), docs.aws.amazon.com/step-functions/latest/dg/
sagemaker-iam.html (`.sync`: describe, stop, tags, the managed rule), docs.aws.amazon.com/sagemaker/
latest/dg/deployment-guardrails-configuration.html (cloudwatch:DescribeAlarms on the alarms that
roll a deployment back). Read 2026-11-28.
"""

from collections.abc import Callable, Mapping
from typing import Any

from local.services.iam.permission import (
    ACCOUNT,
    Account,
    Arguments,
    Permission,
    arn,
    pass_role,
    use_of_key,
)
from local.services.iam.states_permissions import managed_rule
from local.services.iam.storage_permissions import read_object
from local.services.s3.uri import split_uri

_Function = Callable[[Arguments, Account], list[Permission]]
_Context = dict[str, str | list[str]]


def named(action: str, resource: str, parameter: str) -> _Function:
    """`sagemaker:<action>` on the resource that `parameter` names."""
    return lambda arguments, _account: [
        Permission(f"sagemaker:{action}", arn("sagemaker", f"{resource}/{arguments[parameter]}"))
    ]


def _job(
    kind: str, name: str, context: Mapping[str, Any], role_arn: str | None, rule: str
) -> list[Permission]:
    """A job that Step Functions starts, tags, waits for and stops with its own execution."""
    resource = {
        "Training": "training-job",
        "HyperParameterTuning": "hyper-parameter-tuning-job",
        "Processing": "processing-job",
        "Transform": "transform-job",
    }[kind]
    job = arn("sagemaker", f"{resource}/{name}")
    return [
        Permission(
            f"sagemaker:Create{kind}Job",
            job,
            {name: value for name, value in context.items() if value},
        ),
        *(
            Permission(f"sagemaker:{action}", job)
            for action in (f"Describe{kind}Job", f"Stop{kind}Job", "AddTags", "ListTags")
        ),
        *([pass_role(role_arn, "sagemaker")] if role_arn else []),
        *managed_rule(f"SageMaker{rule}Jobs"),
    ]


def _in_vpc(vpc: Mapping[str, list[str]]) -> _Context:
    return {
        "sagemaker:VpcSubnets": vpc.get("Subnets", []),
        "sagemaker:VpcSecurityGroupIds": vpc.get("SecurityGroupIds", []),
    }


def _training_context(definition: Mapping[str, Any]) -> _Context:
    return {
        **_in_vpc(definition.get("VpcConfig", {})),
        "sagemaker:VolumeKmsKeyArn": definition["ResourceConfig"].get("VolumeKmsKeyId", ""),
        "sagemaker:OutputKmsKeyArn": definition["OutputDataConfig"].get("KmsKeyId", ""),
        "sagemaker:InterContainerTrafficEncryption": _text(
            definition.get("EnableInterContainerTrafficEncryption", False)
        ),
    }


def _text(boolean: bool) -> str:
    return str(boolean).lower()


def create_training_job(arguments: Arguments, _account: Account) -> list[Permission]:
    """`sagemaker:createTrainingJob.sync`."""
    context = _training_context(arguments)
    name, role_arn = arguments["TrainingJobName"], arguments["RoleArn"]
    return _job("Training", name, context, role_arn, "Training")


def create_tuning_job(arguments: Arguments, _account: Account) -> list[Permission]:
    """`sagemaker:createHyperParameterTuningJob.sync`."""
    definition = arguments["TrainingJobDefinition"]
    name = arguments["HyperParameterTuningJobName"]
    context = _training_context(definition)
    return _job("HyperParameterTuning", name, context, definition["RoleArn"], "Tuning")


def create_processing_job(arguments: Arguments, _account: Account) -> list[Permission]:
    """`sagemaker:createProcessingJob.sync`."""
    network = arguments.get("NetworkConfig", {})
    cluster = arguments["ProcessingResources"]["ClusterConfig"]
    context = {
        **_in_vpc(network.get("VpcConfig", {})),
        "sagemaker:VolumeKmsKeyArn": cluster.get("VolumeKmsKeyId", ""),
        "sagemaker:OutputKmsKeyArn": arguments["ProcessingOutputConfig"].get("KmsKeyId", ""),
        "sagemaker:InterContainerTrafficEncryption": _text(
            network.get("EnableInterContainerTrafficEncryption", False)
        ),
    }
    name, role_arn = arguments["ProcessingJobName"], arguments["RoleArn"]
    return _job("Processing", name, context, role_arn, "Processing")


def create_transform_job(arguments: Arguments, _account: Account) -> list[Permission]:
    """`sagemaker:createTransformJob.sync`; its role is the model's."""
    context = {
        "sagemaker:VolumeKmsKeyArn": arguments["TransformResources"].get("VolumeKmsKeyId", ""),
        "sagemaker:OutputKmsKeyArn": arguments["TransformOutput"].get("KmsKeyId", ""),
    }
    return _job("Transform", arguments["TransformJobName"], context, None, "Transform")


def create_model(arguments: Arguments, _account: Account) -> list[Permission]:
    """`sagemaker:createModel`; a package of another account is asked for as well.

    docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy.html (read 2026-11-29): the policy
    of its group allows the action on packages. That the caller's own policy must, too, is how IAM
    decides across accounts.
    """
    context = {
        name: value for name, value in _in_vpc(arguments.get("VpcConfig", {})).items() if value
    }
    model = arn("sagemaker", f"model/{arguments['ModelName']}")
    package = arguments.get("PrimaryContainer", {}).get("ModelPackageName", "")
    packages = [package] if package and f":{ACCOUNT}:" not in package else []
    return [
        *(
            Permission("sagemaker:CreateModel", resource, context)
            for resource in (model, *packages)
        ),
        pass_role(arguments["ExecutionRoleArn"], "sagemaker"),
    ]


def create_model_package(arguments: Arguments, account: Account) -> list[Permission]:
    """`sagemaker:createModelPackage`: the registry reads artefacts and images as its caller.

    AWS's policy AmazonSageMakerModelRegistryFullAccess carries s3:GetObject, ecr:BatchGetImage and
    ecr:DescribeImages; users report denials without them. That the artefact's key is used was not
    verified.
    """
    group = arguments["ModelPackageGroupName"]
    permissions = [
        Permission("sagemaker:CreateModelPackage", arn("sagemaker", resource))
        for resource in (f"model-package-group/{group}", f"model-package/{group}/1")
    ]
    for container in arguments["InferenceSpecification"]["Containers"]:
        permissions += read_object(account, *split_uri(container["ModelDataUrl"]))
        repository = repository_arn(container["Image"])
        permissions += [
            Permission(f"ecr:{action}", repository)
            for action in ("BatchGetImage", "DescribeImages")
        ]
    return permissions


def repository_arn(image: str) -> str:
    """The ARN of the ECR repository of `<account>.dkr.ecr.<region>.<suffix>/<repository>:<tag>`."""
    host, _, path = image.partition("/")
    account, _, _, region = host.split(".")[:4]
    partition = arn("ecr", "").split(":")[1]
    repository = path.partition(":")[0]
    return f"arn:{partition}:ecr:{region}:{account}:repository/{repository}"


def list_model_packages(arguments: Arguments, _account: Account) -> list[Permission]:
    """`sagemaker:listModelPackages`.

    The Service Authorization Reference names the packages, the request names their group, by its
    ARN if it is another account's; which of the two IAM is asked for was not verified, so both are.
    """
    group = arguments["ModelPackageGroupName"]
    group_arn = (
        group if group.startswith("arn:") else arn("sagemaker", f"model-package-group/{group}")
    )
    package = group_arn.replace(":model-package-group/", ":model-package/") + "/1"
    return [
        Permission("sagemaker:ListModelPackages", resource) for resource in (package, group_arn)
    ]


def update_model_package(arguments: Arguments, _account: Account) -> list[Permission]:
    """`sagemaker:updateModelPackage`: policies see the status that the package is to have."""
    status = arguments.get("ModelApprovalStatus")
    context = {"sagemaker:ModelApprovalStatus": status} if status else {}
    return [Permission("sagemaker:UpdateModelPackage", arguments["ModelPackageArn"], context)]


def create_endpoint_config(arguments: Arguments, _account: Account) -> list[Permission]:
    """`sagemaker:createEndpointConfig`."""
    key = arguments.get("KmsKeyId", "")
    name = arn("sagemaker", f"endpoint-config/{arguments['EndpointConfigName']}")
    context = {"sagemaker:VolumeKmsKeyArn": key} if key else {}
    return [Permission("sagemaker:CreateEndpointConfig", name, context)]


def _endpoint(action: str, arguments: Arguments, account: Account) -> list[Permission]:
    """An endpoint starts on instances whose volumes are under its configuration's key."""
    config = arguments["EndpointConfigName"]
    key = account.request("EndpointConfig", config).get("KmsKeyId", "")
    grant = [
        Permission(
            permission.action,
            permission.resource,
            {**permission.context, "kms:GrantIsForAWSResource": "true"},
        )
        for permission in use_of_key(key, "sagemaker", "CreateGrant")
    ]
    return [
        *(
            Permission(f"sagemaker:{action}", arn("sagemaker", resource))
            for resource in (f"endpoint/{arguments['EndpointName']}", f"endpoint-config/{config}")
        ),
        *grant,
        *use_of_key(key, "sagemaker", "DescribeKey"),
    ]


def create_endpoint(arguments: Arguments, account: Account) -> list[Permission]:
    """`sagemaker:createEndpoint`."""
    return _endpoint("CreateEndpoint", arguments, account)


def update_endpoint(arguments: Arguments, account: Account) -> list[Permission]:
    """`sagemaker:updateEndpoint`: the alarms that roll back are read by the caller and the models.

    The guide asks it of "your IAM execution role"; the caller is asked as well here, because which
    of the two it means was not verified.
    """
    permissions = _endpoint("UpdateEndpoint", arguments, account)
    roll_back = arguments.get("DeploymentConfig", {}).get("AutoRollbackConfiguration", {})
    config = account.request("EndpointConfig", arguments["EndpointConfigName"])
    roles = {
        account.request("Model", variant["ModelName"])["ExecutionRoleArn"]
        for variant in config["ProductionVariants"]
    }
    for alarm in roll_back.get("Alarms", []):
        resource = arn("cloudwatch", f"alarm:{alarm['AlarmName']}")
        permissions += [
            Permission("cloudwatch:DescribeAlarms", resource, role=role)
            for role in ("", *sorted(roles))
        ]
    return permissions
