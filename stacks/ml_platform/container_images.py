"""SageMaker's own container images, which have a registry per Region."""

import json
from pathlib import Path

from aws_cdk import Aws, CfnMapping, Fn, Stack, Token
from constructs import Construct

# Region -> account of the registry, as the SageMaker SDK has it; a test compares the two.
REGISTRIES: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text())
XGBOOST = "sagemaker-xgboost:3.2-0"
SCIKIT_LEARN = "sagemaker-scikit-learn:1.9-0-cpu-py3"


class ContainerImages(Construct):
    """The images that the platform runs, in the Region of the stack.

    A stack without a Region looks up the registry when it is deployed, so that its template works
    in every Region of the map. Raises ValueError for a Region that is not in the map.
    """

    @classmethod
    def of(cls, scope: Construct) -> "ContainerImages":
        """The images of the stack that `scope` is in; created once per stack."""
        stack = Stack.of(scope)
        images = stack.node.try_find_child("Images")
        return images if isinstance(images, cls) else cls(stack, "Images")

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        region = Stack.of(self).region
        if Token.is_unresolved(region):
            mapping = CfnMapping(
                self,
                "Registries",
                mapping={name: {"account": account} for name, account in REGISTRIES.items()},
                lazy=True,
            )
            self._account = mapping.find_in_map(Aws.REGION, "account")
        elif region in REGISTRIES:
            self._account = REGISTRIES[region]
        else:
            regions = ", ".join(sorted(REGISTRIES))
            raise ValueError(
                f"SageMaker's XGBoost and scikit-learn images are not known in {region}. "
                f"Deploy to one of: {regions}."
            )

    @property
    def xgboost(self) -> str:
        """The URI of the image that trains, evaluates and serves."""
        return self._uri(XGBOOST)

    @property
    def scikit_learn(self) -> str:
        """The URI of the image that prepares requests for the model."""
        return self._uri(SCIKIT_LEARN)

    @property
    def repository_arns(self) -> list[str]:
        """The repositories of the images, for a role that pulls them."""
        return [self.xgboost_repository_arn, self.scikit_learn_repository_arn]

    @property
    def xgboost_repository_arn(self) -> str:
        """The repository of the image `xgboost`."""
        return self._repository_arn(XGBOOST)

    @property
    def scikit_learn_repository_arn(self) -> str:
        """The repository of the image `scikit_learn`."""
        return self._repository_arn(SCIKIT_LEARN)

    def _repository_arn(self, image: str) -> str:
        registry = f"arn:{Aws.PARTITION}:ecr:{Aws.REGION}:{self._account}"
        return f"{registry}:repository/{image.partition(':')[0]}"

    def _uri(self, image: str) -> str:
        return Fn.sub(
            "${Account}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/" + image,
            {"Account": self._account},
        )
