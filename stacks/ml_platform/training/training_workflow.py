"""The workflow that trains, evaluates and registers, its permissions, and its triggers."""

from aws_cdk import Aws, Duration, Fn, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.ml_platform.container_images import ContainerImages
from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.lake_queries import allow_queries, query_text
from stacks.ml_platform.scheduled_start import start_on_schedule
from stacks.ml_platform.settings import MlTrainingSettings
from stacks.ml_platform.storage import allow_from_outside
from stacks.ml_platform.training.job_guardrails import guard_rails
from stacks.ml_platform.training.registration import allow_registration
from stacks.ml_platform.training.training_data import LakeOutputs
from stacks.ml_platform.training.training_inputs import TrainingInputs
from stacks.ml_platform.training.training_roles import TrainingRoles
from stacks.shared import gate
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.dead_letter_queue import DeadLetterQueue
from stacks.shared.event_rule import EventRule, RuleTarget
from stacks.shared.service_role import ServiceRole

_OWN_JOBS = "jobs are named after the execution"


class TrainingWorkflow(Construct):
    """`train_model`, started by schedule, by the lake's curation, or by hand (TR-01, DP-12)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        bucket: s3.IBucket,
        inputs: TrainingInputs,
        roles: TrainingRoles,
        registry: sagemaker.CfnModelPackageGroup,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(MlTrainingSettings)
        model, data, code, preparation = inputs.model, inputs.data, inputs.code, inputs.preparation
        lake, images = data.lake, ContainerImages.of(self)
        network, key = foundation.network, foundation.key
        self._data, self._roles, self._registry = data, roles, registry
        self._key, self._topic, self._bucket = key, foundation.topic, bucket
        self._inputs = inputs
        self.state_machine = AslStateMachine(
            self,
            "Workflow",
            workflow="ml_platform/train_model",
            substitutions={
                "ApprovalStatus": settings.approval,
                "Bucket": bucket.bucket_name,
                "CodeFile": code.s3_object_key,
                "CodeUri": code.s3_object_url,
                "CuratedTable": lake.curated_table_name if lake else "none",
                "Database": lake.database_name if lake else "none",
                "EvaluationRoleArn": roles.evaluation.role_arn,
                "ExportQuery": _export_query(lake) if lake else "none",
                "ImageUri": images.xgboost,
                "InstanceType": settings.instance_type,
                "KeyArn": key.key_arn,
                "MaxRuntimeSeconds": f"{settings.max_runtime_minutes * 60}",
                "MaxSpotWaitSeconds": f"{settings.max_spot_wait_minutes * 60}",
                "Model": model.as_text(settings),
                "ModelPackageGroupName": registry.model_package_group_name,
                "ParallelTuningJobs": f"{settings.parallel_tuning_jobs}",
                "PrepareImageUri": images.scikit_learn,
                "PrepareUri": preparation.s3_object_url if preparation else "none",
                "Region": Aws.REGION,
                "RunPrefix": model.run_prefix or "none",
                "SecurityGroupId": network.job_security_group.security_group_id,
                "Spot": f"{settings.spot}".lower(),
                "SubnetIds": Fn.join(",", network.subnet_ids),
                "TopicArn": foundation.topic.topic_arn,
                # With a lake, each run exports a new set; without, it takes the newest one here.
                "TrainingData": "none" if lake else f"s3://{bucket.bucket_name}/{data.prefix}",
                "TrainingRoleArn": roles.training.role_arn,
                "Tune": f"{settings.tune}".lower(),
                "TuningJobs": f"{settings.tuning_jobs}",
                "VolumeGibibytes": f"{settings.volume_gibibytes}",
                "WorkGroup": lake.work_group_name if lake else "none",
            },
            foundation=foundation,
            timeout=Duration.days(3),
            runbook="No model came of a training. The mail about it names the step and its error,"
            " the execution's history has all of them. Put that right, then train again.",
        )
        self._permit(lake)
        undelivered = DeadLetterQueue(self, "Undelivered", foundation=foundation)
        if settings.schedule:
            start_on_schedule(
                self,
                self.state_machine,
                settings.schedule,
                key=key,
                undelivered=undelivered,
                description="Train again (DP-12)",
            )
        if lake and settings.after_curation:
            self._after_curation(lake, undelivered)

    def _permit(self, lake: LakeOutputs | None) -> None:
        machine, role, data = self.state_machine, self.state_machine.service_role, self._data
        run = self._inputs.model.run_prefix
        allow_from_outside(role)
        role.allow_list("LookAtTheSet", data.bucket.bucket_arn, data.prefix)
        role.allow(
            "RunItsJobs",
            [
                f"sagemaker:{verb}{kind}Job"
                for kind in ("Training", "HyperParameterTuning", "Processing")
                for verb in ("Create", "Describe", "Stop")
            ]
            + ["sagemaker:AddTags", "sagemaker:ListTags"],
            *(
                Stack.of(self).format_arn(
                    service="sagemaker", resource=kind, resource_name=f"{run}*"
                )
                for kind in ("training-job", "hyper-parameter-tuning-job", "processing-job")
            ),
            wildcard_because=_OWN_JOBS,
        )
        machine.allow_sync(
            "SageMakerTrainingJobs", "SageMakerTuningJobs", "SageMakerProcessingJobs"
        )
        machine.allow_pass_role("LendTheJobRoles", self._roles.training, self._roles.evaluation)
        role.allow(
            "ReadTheReport",
            ["s3:GetObject"],
            self._bucket.arn_for_objects(f"evaluation/{run}*/evaluation.json"),
            wildcard_because="reports are stored in folders named after executions",
        )
        allow_registration(role, bucket=self._bucket, inputs=self._inputs, registry=self._registry)
        role.allow("Tell", ["sns:Publish"], self._topic.topic_arn)
        role.allow_key("UseTheKeyOfItsData", self._key, "s3", "sns")
        for statement in guard_rails():
            role.add_to_policy(statement)
        if lake:
            self._permit_export(role, lake)
        else:
            never = (
                "without the lake, the training set is in the bucket, and the workflow never takes"
                " this way"
            )
            queries = ("StartQueryExecution", "GetQueryResults")
            gate.acknowledge(
                machine, {f"TASK_NOT_ALLOWED[athena:{query}]": never for query in queries}
            )

    def _permit_export(self, role: ServiceRole, lake: LakeOutputs) -> None:
        stack, bucket = Stack.of(self), self._data.bucket
        results = s3.Bucket.from_bucket_name(self, "Results", lake.results_bucket_name)
        allow_queries(role, lake)
        database = lake.database_name
        tables = (lake.curated_table_name, lake.weather_table_name)
        role.allow(
            "KnowTheTables",
            ["glue:GetDatabase", "glue:GetPartition", "glue:GetPartitions", "glue:GetTable"],
            stack.format_arn(service="glue", resource="catalog"),
            stack.format_arn(service="glue", resource="database", resource_name=database),
            *(
                stack.format_arn(
                    service="glue", resource="table", resource_name=f"{database}/{table}"
                )
                for table in tables
            ),
        )
        role.allow(
            "LookAtTheLake",
            ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
            bucket.bucket_arn,
            results.bucket_arn,
        )
        role.allow_list("FindFlightsAndWeather", bucket.bucket_arn, "curated/", "weather/")
        role.allow_list("FindResults", results.bucket_arn, "athena-results/")
        role.allow(
            "ReadFlightsAndWeather",
            ["s3:GetObject"],
            bucket.arn_for_objects("curated/*"),
            bucket.arn_for_objects("weather/*"),
            wildcard_because="Spark and whoever loads the weather name the files",
        )
        role.allow(
            "WriteTheSet",
            [
                "s3:GetObject",
                "s3:PutObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ],
            bucket.arn_for_objects("training/*"),
            results.arn_for_objects("athena-results/*"),
            wildcard_because="Athena names its files, below these prefixes",
        )
        role.allow_key("UseTheLakesKey", self._data.key, "s3")

    def _after_curation(self, lake: LakeOutputs, undelivered: DeadLetterQueue) -> None:
        starter = ServiceRole(self, "CuratedRole", "events", confused_deputy_guard=True)
        starter.allow("Train", ["states:StartExecution"], self.state_machine.state_machine_arn)
        EventRule(
            self,
            "Curated",
            description="The lake was curated: train on the new rows",
            pattern={
                "source": ["aws.glue"],
                "detail-type": ["Glue Job State Change"],
                "detail": {"jobName": [lake.curate_job_name], "state": ["SUCCEEDED"]},
            },
            target=RuleTarget(
                "Train",
                self.state_machine.state_machine_arn,
                undelivered,
                role=starter,
                input="{}",
            ),
        )


def _export_query(lake: LakeOutputs) -> str:
    """The lake's query for the training set, of one version of the table.

    Each call replaces `<set>` in its location, and `<snapshot>`.
    """
    query = query_text("streaming_lake/training_set.sql")
    for part, replacement in _OF_ONE_VERSION.items():
        if query.count(part) != 1:
            raise ValueError(f"training_set.sql: {part!r} must be there once")
        query = query.replace(part, replacement)
    return Fn.sub(query, {"LakeBucket": lake.bucket_name})


_OF_ONE_VERSION = {
    "/training/first/": "/training/<set>/",
    "FROM flights_curated ": "FROM flights_curated FOR VERSION AS OF <snapshot> ",
}
