"""Deny statements against jobs outside the VPC or without the key.

SageMaker has no resource policies that could require this (SE-21), so it is required of every
identity that may start jobs: the workflows, the notebook, and people through the managed policy.
"""

from collections.abc import Mapping

from aws_cdk import aws_iam as iam

_JOBS = [
    "sagemaker:CreateHyperParameterTuningJob",
    "sagemaker:CreateProcessingJob",
    "sagemaker:CreateTrainingJob",
]
_TRANSFORM, _MODEL = "sagemaker:CreateTransformJob", "sagemaker:CreateModel"
# Condition keys -> the actions that support them. `Null` is true for requests without them. The
# Service Authorization Reference replaces the keys for KMS by others that end in `Arn`: a request
# is refused that has neither.
_MUST_SAY = {
    ("sagemaker:VpcSubnets",): [*_JOBS, _MODEL],
    ("sagemaker:VpcSecurityGroupIds",): [*_JOBS, _MODEL],
    ("sagemaker:VolumeKmsKey", "sagemaker:VolumeKmsKeyArn"): [*_JOBS, _TRANSFORM],
    ("sagemaker:OutputKmsKey", "sagemaker:OutputKmsKeyArn"): [*_JOBS, _TRANSFORM],
}


def guard_rails(*, models_in_vpc: bool = True) -> list[iam.PolicyStatement]:
    """Deny statements for identities that may start jobs or create models.

    `models_in_vpc` is False for serverless endpoints, which cannot run in a VPC.
    """
    refusals = []
    for keys, actions in _MUST_SAY.items():
        name = keys[0].rpartition(":")[2]
        refused = [action for action in actions if models_in_vpc or action != _MODEL]
        refusals.append(_refuse(f"Without{name}", refused, {"Null": dict.fromkeys(keys, "true")}))
    # Also true for requests without the parameter, whose default is unencrypted.
    unencrypted = {"BoolIfExists": {"sagemaker:InterContainerTrafficEncryption": "false"}}
    return [*refusals, _refuse("UnencryptedBetweenContainers", _JOBS, unencrypted)]


def _refuse(
    purpose: str, actions: list[str], conditions: Mapping[str, object]
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=f"Refuse{purpose}",
        effect=iam.Effect.DENY,
        actions=actions,
        resources=["*"],  # a deny statement is safest on all resources
        conditions=conditions,
    )
