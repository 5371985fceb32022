"""What nobody may start, whatever else they are allowed: jobs outside the VPC or without the key.

SageMaker has no policy on a resource that could ask for it (SE-21), so it is asked of everybody who
may start jobs: the workflows, the notebook, and people, by the managed policy of the stack.
"""

from collections.abc import Mapping

from aws_cdk import aws_iam as iam

_JOBS = [
    "sagemaker:CreateHyperParameterTuningJob",
    "sagemaker:CreateProcessingJob",
    "sagemaker:CreateTrainingJob",
]
_TRANSFORM, _MODEL = "sagemaker:CreateTransformJob", "sagemaker:CreateModel"
# Condition key -> the actions that know it. `Null` is true when a request leaves it out.
_MUST_SAY = {
    "sagemaker:VpcSubnets": [*_JOBS, _MODEL],
    "sagemaker:VpcSecurityGroupIds": [*_JOBS, _MODEL],
    "sagemaker:VolumeKmsKey": [*_JOBS, _TRANSFORM],
    "sagemaker:OutputKmsKey": [*_JOBS, _TRANSFORM],
}


def guard_rails(*, models_in_vpc: bool = True) -> list[iam.PolicyStatement]:
    """Refusals for whoever may start jobs or create models.

    `models_in_vpc`: off where models are served serverless, which knows no VPC.
    """
    refusals = []
    for key, actions in _MUST_SAY.items():
        name = key.rpartition(":")[2]
        refused = [each for each in actions if models_in_vpc or each != _MODEL]
        refusals.append(_refuse(f"Without{name}", refused, {"Null": {key: "true"}}))
    # True also when a request does not say: the default is unencrypted.
    unencrypted = {"BoolIfExists": {"sagemaker:InterContainerTrafficEncryption": "false"}}
    return [*refusals, _refuse("UnencryptedBetweenContainers", _JOBS, unencrypted)]


def _refuse(
    purpose: str, actions: list[str], conditions: Mapping[str, object]
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=f"Refuse{purpose}",
        effect=iam.Effect.DENY,
        actions=actions,
        resources=["*"],  # a refusal is the safer the wider it is
        conditions=conditions,
    )
