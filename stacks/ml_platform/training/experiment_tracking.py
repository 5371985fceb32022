"""Each training run's parameters, figures and plots, in a managed MLflow app (TR-01)."""

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.storage import allow_from_outside
from stacks.ml_platform.training.trained_model import TrainedModel
from stacks.shared.dead_letter_queue import DeadLetterQueue
from stacks.shared.event_rule import EventRule, RuleTarget
from stacks.shared.python_function import PythonFunction
from stacks.shared.service_role import ServiceRole

_FOLDER = "mlflow/"
_OWN_FILES = "MLflow names the folders of its experiments and runs, below this prefix"


class ExperimentTracking(Construct):
    """Workflow has ended -> function -> MLflow app, whose artefacts are in the platform's bucket.

    Training jobs are isolated from the network and cannot call the app: a function writes what
    they, the evaluation and the workflow have left.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        bucket: s3.IBucket,
        models: Sequence[TrainedModel],
    ) -> None:
        super().__init__(scope, construct_id)
        experiments = {
            trained.workflow.state_machine.state_machine_arn: trained.model.name
            for trained in models
        }
        self.app = sagemaker.CfnMlflowApp(
            self,
            "App",
            # Required; the ARN holds an id that SageMaker generates.
            name=Stack.of(self).stack_name,
            artifact_store_uri=bucket.s3_url_for_object(_FOLDER.rstrip("/")),
            role_arn=self._app_role(foundation, bucket).role_arn,
            # The gate of the training workflow decides what is registered.
            model_registration_mode="AutoModelRegistrationDisabled",
        )
        function = PythonFunction(
            self,
            "Record",
            folder="ml_platform/record_experiment",
            foundation=foundation,
            timeout=Duration.minutes(1),
            runbook="A training run is not in MLflow. The function's log says why; send it the"
            " event again from the queue of dead letters.",
            variables={
                "TRACKING_URI": self.app.attr_arn,
                "EXPERIMENTS": Stack.of(self).to_json_string(experiments),
                "BUCKET_NAME": bucket.bucket_name,
            },
        )
        self._permit(function.service_role, foundation, bucket)
        function.service_role.allow(
            "LookAtTheRun",
            ["states:DescribeExecution"],
            *(trained.workflow.state_machine.executions_arn for trained in models),
            wildcard_because="executions are named by whoever starts them",
        )
        undelivered = DeadLetterQueue(self, "Undelivered", foundation=foundation)
        rule = EventRule(
            self,
            "Trained",
            description="A training run has ended with a verdict: keep it in MLflow",
            pattern={
                "source": ["aws.states"],
                "detail-type": ["Step Functions Execution Status Change"],
                "detail": {
                    "stateMachineArn": [*experiments],
                    "status": ["SUCCEEDED"],
                },
            },
            target=RuleTarget("Record", function.function_arn, undelivered),
        )
        function.admit_rule(self, "MayRecord", rule)

    def _app_role(self, foundation: PlatformFoundation, bucket: s3.IBucket) -> ServiceRole:
        """How the app reaches its artefacts: docs.aws.amazon.com/sagemaker/latest/dg/
        mlflow-app-setup-prerequisites-iam.html, without what registers models."""
        role = ServiceRole(self, "AppRole", "sagemaker", confused_deputy_guard=True)
        allow_from_outside(role)
        role.allow_list("FindArtefacts", bucket.bucket_arn, _FOLDER)
        role.allow(
            "KeepArtefacts",
            ["s3:GetObject", "s3:PutObject"],
            bucket.arn_for_objects(f"{_FOLDER}*"),
            wildcard_because=_OWN_FILES,
        )
        role.allow_key("UseTheKey", foundation.key, "s3")
        return role

    def _permit(
        self, role: ServiceRole, foundation: PlatformFoundation, bucket: s3.IBucket
    ) -> None:
        allow_from_outside(role)
        role.allow_list("FindTheReport", bucket.bucket_arn, "evaluation/")
        role.allow(
            "ReadTheReport",
            ["s3:GetObject"],
            bucket.arn_for_objects("evaluation/*"),
            wildcard_because="reports are stored in folders named after executions",
        )
        # MLflow's client writes artefacts itself.
        role.allow(
            "KeepArtefacts",
            ["s3:PutObject"],
            bucket.arn_for_objects(f"{_FOLDER}*"),
            wildcard_because=_OWN_FILES,
        )
        role.allow_key("UseTheKey", foundation.key, "s3", "states")
        role.allow(
            "KnowTheJob",
            ["sagemaker:DescribeTrainingJob"],
            Stack.of(self).format_arn(
                service="sagemaker", resource="training-job", resource_name="*"
            ),
            wildcard_because="jobs are named after executions",
        )
        role.allow("CallTheApp", ["sagemaker:CallMlflowAppApi"], self.app.attr_arn)
