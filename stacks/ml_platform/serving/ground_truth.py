"""Joins what was predicted with what became of the flights, day by day (DP-10).

    captures -----------+
    deployments --------+--> judge_predictions (Step Functions, Athena) --> metrics --> alarm
    lake: flights ------+                                              +--> table model_quality

It is what SageMaker's model quality monitor did, which is closed to new customers.
"""

from string import Template

from aws_cdk import Aws, Duration, Fn, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.lake_queries import allow_queries, allow_results, query_text
from stacks.ml_platform.serving.daily_judgement import judge_daily
from stacks.ml_platform.serving.endpoint import Endpoint
from stacks.ml_platform.serving.roll_back_alarms import CHALLENGER, CHAMPION
from stacks.ml_platform.settings import MlEndpointSettings
from stacks.ml_platform.storage import allow_from_outside
from stacks.ml_platform.training.training_data import LakeOutputs, TrainingData
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.monitoring import Alarm

_NAMESPACE = "MlPlatform"
_SERDE = "org.openx.data.jsonserde.JsonSerDe"
_SIDE = "struct<observedcontenttype:string,mode:string,data:string,encoding:string>"
# Table -> its columns; names in small letters, as Hive has them.
_CAPTURES = {
    "capturedata": f"struct<endpointinput:{_SIDE},endpointoutput:{_SIDE}>",
    "eventmetadata": "struct<eventid:string,inferenceid:string,inferencetime:string>",
    "eventversion": "string",
}
_DEPLOYMENTS = {
    "variant": "string",
    "version": "string",
    "package": "string",
    "report": "string",
    "since": "string",
}
_QUALITY = {
    "variant": "string",
    "version": "string",
    "report": "string",
    "predictions": "bigint",
    "flights": "bigint",
    "without_outcome": "bigint",
    "late_flights": "bigint",
    "roc_auc": "double",
    "roc_auc_limit": "double",
    "brier": "double",
    "calibration_error": "double",
    "cost": "double",
    "bin_flights": "array<bigint>",
    "bin_predicted": "array<double>",
    "bin_late": "array<double>",
}
# Partitions before it are invisible to queries; it lies before the first deployment.
_FIRST_YEAR = "2026"


class GroundTruth(Construct):
    """Tables of captures, deployments and model quality, the daily workflow, and its alarm."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        endpoint: Endpoint,
        models: s3.IBucket,
        data: TrainingData,
        lake: LakeOutputs,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(MlEndpointSettings)
        self._endpoint, self._data, self._lake = endpoint, data, lake
        self._database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                # Queries name the database. Hive takes no capitals and no hyphen.
                name=Stack.of(self).stack_name.lower().replace("-", "_"),
                description="What was predicted, by which model, and how good it was",
            ),
        )
        self._database.apply_removal_policy(RemovalPolicy.DESTROY)
        self.database_name: str = Stack.of(self).stack_name.lower().replace("-", "_")
        self._tables = [
            self._captures(),
            self._table("Deployments", _DEPLOYMENTS, f"deployments/{endpoint.name}/"),
            self._quality(),
        ]
        self.state_machine = AslStateMachine(
            self,
            "Workflow",
            workflow="ml_platform/judge_predictions",
            substitutions={
                "Bucket": endpoint.bucket.bucket_name,
                "Database": self.database_name,
                "EndpointName": endpoint.name,
                "OutcomeDays": f"{settings.outcome_days}",
                "Query": _query(lake, settings),
                "TopicArn": foundation.topic.topic_arn,
                "WorkGroup": lake.work_group_name,
            },
            foundation=foundation,
            timeout=Duration.hours(1),
            runbook="A day's predictions were not judged. The history of the execution names the"
            ' step and its error. Judge the day again by the input {"day": "2026-11-27"}.',
        )
        self._permit(foundation, models)
        self._permit_query()
        judge_daily(
            self,
            self.state_machine,
            foundation=foundation,
            description="Judge the predictions whose outcomes are known by now",
            at="30 5",
        )
        self.alarm = Alarm(
            self,
            "Quality",
            cloudwatch.Metric(
                namespace=_NAMESPACE,
                metric_name="RocAucShortfall",
                dimensions_map={"EndpointName": endpoint.name, "VariantName": CHAMPION},
                statistic="Maximum",
                period=Duration.days(1),
            ),
            topic=foundation.topic,
            runbook="The champion orders flights worse than on 99 of 100 days of its evaluation."
            " The table model_quality has the days before: if they fell slowly, the world has"
            " changed: train again. If they fell at once, look at what callers send, then type"
            " make rollback.",
            above=0,
        )

    def _captures(self) -> glue.CfnTable:
        """By variant and hour of the request, at the places where SageMaker writes them."""
        location = f"s3://{self._endpoint.bucket.bucket_name}/capture/{self._endpoint.name}/"
        projection = {
            "projection.variant.type": "enum",
            "projection.variant.values": f"{CHAMPION},{CHALLENGER},shadow",
            "projection.hour.type": "date",
            "projection.hour.format": "yyyy/MM/dd/HH",
            "projection.hour.range": f"{_FIRST_YEAR}/01/01/00,NOW+1HOURS",
            "projection.hour.interval": "1",
            "projection.hour.interval.unit": "HOURS",
            "storage.location.template": f"{location}${{variant}}/${{hour}}",
        }
        prefix = f"capture/{self._endpoint.name}/"
        return self._table("Captures", _CAPTURES, prefix, ("variant", "hour"), projection)

    def _quality(self) -> glue.CfnTable:
        """By day: a row for each variant and version that answered on it."""
        prefix = f"quality/{self._endpoint.name}/"
        projection = {
            "projection.day.type": "date",
            "projection.day.format": "yyyy-MM-dd",
            "projection.day.range": f"{_FIRST_YEAR}-01-01,NOW",
            "storage.location.template": f"s3://{self._endpoint.bucket.bucket_name}/{prefix}"
            "day=${day}",
        }
        return self._table("ModelQuality", _QUALITY, prefix, ("day",), projection)

    def _table(
        self,
        construct_id: str,
        columns: dict[str, str],
        prefix: str,
        keys: tuple[str, ...] = (),
        projection: dict[str, str] | None = None,
    ) -> glue.CfnTable:
        """A table over JSON lines; L1, as the L2 knows no location template."""
        column = glue.CfnTable.ColumnProperty
        table = glue.CfnTable(
            self,
            construct_id,
            catalog_id=Aws.ACCOUNT_ID,
            database_name=self.database_name,
            table_input=glue.CfnTable.TableInputProperty(
                name="model_quality" if construct_id == "ModelQuality" else construct_id.lower(),
                table_type="EXTERNAL_TABLE",
                parameters={
                    "classification": "json",
                    **({"projection.enabled": "true", **projection} if projection else {}),
                },
                partition_keys=[column(name=key, type="string") for key in keys],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=[column(name=name, type=kind) for name, kind in columns.items()],
                    location=f"s3://{self._endpoint.bucket.bucket_name}/{prefix}",
                    input_format="org.apache.hadoop.mapred.TextInputFormat",
                    output_format="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(serialization_library=_SERDE),
                ),
            ),
        )
        table.add_resource_dependency(self._database)
        return table

    def _permit(self, foundation: PlatformFoundation, models: s3.IBucket) -> None:
        role, bucket = self.state_machine.service_role, self._endpoint.bucket
        allow_from_outside(role)
        name = self._endpoint.name
        role.allow(
            "ReadEvaluations",
            ["s3:GetObject"],
            models.arn_for_objects("evaluation/*/evaluation.json"),
            wildcard_because="reports are stored in folders named after executions",
        )
        role.allow(
            "KeepTheFigures",
            ["s3:PutObject"],
            bucket.arn_for_objects(f"quality/{name}/*/quality.json"),
            wildcard_because="each day has a folder of its own",
        )
        role.allow_metrics("PublishTheFigures", _NAMESPACE)
        role.allow("Tell", ["sns:Publish"], foundation.topic.topic_arn)
        role.allow_key("UseTheKeyOfItsData", foundation.key, "s3", "sns")

    def _permit_query(self) -> None:
        """What Athena asks of whoever queries captures, deployments and the lake's flights."""
        role, stack, lake = self.state_machine.service_role, Stack.of(self), self._lake
        bucket, of_lake = self._endpoint.bucket, self._data.bucket
        name = self._endpoint.name

        def of_glue(resource: str, resource_name: str | None = None) -> str:
            return stack.format_arn(service="glue", resource=resource, resource_name=resource_name)

        allow_queries(role, lake)
        role.allow(
            "KnowTheTables",
            ["glue:GetDatabase", "glue:GetPartition", "glue:GetPartitions", "glue:GetTable"],
            of_glue("catalog"),
            of_glue("database", self.database_name),
            of_glue("table", f"{self.database_name}/captures"),
            of_glue("table", f"{self.database_name}/deployments"),
            of_glue("database", lake.database_name),
            of_glue("table", f"{lake.database_name}/{lake.curated_table_name}"),
        )
        allow_results(role, self, lake, bucket, of_lake)
        role.allow_list(
            "FindPredictions", bucket.bucket_arn, f"capture/{name}/", f"deployments/{name}/"
        )
        role.allow_list("FindFlights", of_lake.bucket_arn, "curated/")
        role.allow(
            "ReadPredictionsAndFlights",
            ["s3:GetObject"],
            bucket.arn_for_objects(f"capture/{name}/*"),
            bucket.arn_for_objects(f"deployments/{name}/*"),
            of_lake.arn_for_objects("curated/*"),
            wildcard_because="SageMaker, executions and Spark name the files",
        )
        role.allow_key("UseTheLakesKey", self._data.key, "s3")


def _query(lake: LakeOutputs, settings: MlEndpointSettings) -> str:
    """`sql/ml_platform/model_quality.sql` in one line; each run replaces `<day>`."""
    query = query_text("ml_platform/model_quality.sql")
    if query.count("<day>") != 2:
        raise ValueError("model_quality.sql: <day> must be there twice")
    costs = Template(query).safe_substitute(
        MissedDelayCost=f"{settings.missed_delay_cost}",
        FalseAlarmCost=f"{settings.false_alarm_cost}",
    )
    return Fn.sub(costs, {"LakeDatabase": lake.database_name})
