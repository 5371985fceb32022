"""MlNotebook: a notebook instance without internet access, opened by IAM only.

    person --presigned URL, by IAM--> notebook instance --> S3: kernel, training set, own work
             from the VPC or given       | in the VPC   --> SageMaker: training jobs, guarded
             addresses, own tag only     | no root, no internet, IMDSv2
                                         +-- stops when idle

It costs while it runs (an ml.t3.medium 0.05 USD an hour) and a little for its volume when it is
stopped. From the notes: SE-16 role, VPC, key and type; SE-17 presigned URLs; SE-18 root access and
lifecycle scripts; SE-19 no internet; SE-20 S3 through the role; SE-25a jobs of other types are
started from here; DP-13 one of the three components, beside training and hosting.
"""

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from stacks.environments import Environment
from stacks.ml_platform.network.stack import MlNetwork
from stacks.ml_platform.notebook.notebook import Notebook, kernel_asset
from stacks.ml_platform.notebook.notebook_access import NotebookRole, OpenOwnNotebook
from stacks.ml_platform.notebook.studio import Studio
from stacks.ml_platform.settings import MlNotebookSettings
from stacks.ml_platform.training.stack import MlTraining
from stacks.shared.outputs import add_outputs


class MlNotebook(Stack):
    """A notebook instance, the policy to open it, and optionally a Studio domain."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network_stack: MlNetwork,
        training_stack: MlTraining,
        **options: Any,
    ) -> None:
        super().__init__(scope, construct_id, **options)
        settings = environment.settings(MlNotebookSettings)
        foundation = network_stack.foundation
        kernel = kernel_asset(self)
        role = NotebookRole(
            self,
            "Role",
            foundation=foundation,
            bucket=training_stack.bucket,
            data=training_stack.flights.inputs.data,
            training_roles=training_stack.flights.roles,
            kernel=kernel,
        )
        notebook = Notebook(self, "Notebook", foundation=foundation, kernel=kernel, role=role)
        access = OpenOwnNotebook(
            self,
            "OpenOwnNotebook",
            interface_endpoints=network_stack.interface_endpoints,
            settings=settings,
        )
        outputs: dict[str, str] = {}
        if settings.studio:
            studio = Studio(self, "Studio", foundation=foundation, role=role, settings=settings)
            outputs["StudioDomainId"] = studio.domain.attr_domain_id
            outputs["OpenOwnStudioPolicyArn"] = studio.access.managed_policy_arn
        instance_name = notebook.instance.attr_notebook_instance_name
        add_outputs(
            self,
            {
                "NotebookInstanceName": instance_name,
                "OpenOwnNotebookPolicyArn": access.managed_policy_arn,
                "OpenCommand": "aws sagemaker create-presigned-notebook-instance-url"
                f" --notebook-instance-name {instance_name}",
                **outputs,
            },
        )
