"""Forecasts as a table, and how good they were once demand is known (AI-10, DP-10).

    transform/<model>/forecasts --> table forecasts -+
    transform/<model>/history ----> table histories -+--> judge_forecasts (Step Functions, Athena)
                                                              each day --> metrics --> alarms

The histories that a forecast is made of tell later what an earlier one should have said. Executions
name the folders of forecasts, which no projection of partitions can compute: a forecast carries its
cut-off instead.
"""

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.ml_platform.foundation import PlatformFoundation
from stacks.ml_platform.lake_queries import allow_queries, allow_results, query_text
from stacks.ml_platform.model import Model
from stacks.ml_platform.serving.daily_judgement import judge_daily
from stacks.ml_platform.storage import allow_from_outside
from stacks.ml_platform.training.training_data import LakeOutputs, TrainingData
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.monitoring import Alarm

_NAMESPACE, _WINDOW_DAYS = "MlPlatform", 28
# Of 100,000 draws of four of the 18 weeks that the training split forecasts, each by a model of the
# days before, 0.006 % lost more than "a week ago", and 1 % had more than this outside of the band.
_MOST_LOSS, _MOST_OUTSIDE = 1.0, 0.3
_FORECASTS = {
    "time": "string",
    "q10": "double",
    "q50": "double",
    "q90": "double",
    "cut_off": "string",
}
_HISTORIES = {
    "demand_gigawatts": "double",
    "time": "string",
    "workday": "int",
    "temperature_celsius": "double",
}


class ForecastTables(Construct):
    """A database of one model: `forecasts`, and the `histories` that they are made of."""

    def __init__(
        self, scope: Construct, construct_id: str, *, model: Model, bucket: s3.IBucket
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket, self.model = bucket, model
        stack, folder = Stack.of(self).stack_name, model.name
        # Queries name the database. Hive takes no capitals and no hyphen.
        self.database_name: str = f"{stack}_{folder}".lower().replace("-", "_")
        self._database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.database_name, description=f"Forecasts of {folder}, and its histories"
            ),
        )
        self._database.apply_removal_policy(RemovalPolicy.DESTROY)
        self.prefixes = {"forecasts": model.batch.folder, "histories": model.batch.source or ""}
        self._table("Forecasts", _FORECASTS)
        self._table("Histories", _HISTORIES)

    def _table(self, construct_id: str, columns: dict[str, str]) -> None:
        """A table over CSV without header, whatever folders its files lie in."""
        name = construct_id.lower()
        table = glue.CfnTable(
            self,
            construct_id,
            catalog_id=Aws.ACCOUNT_ID,
            database_name=self.database_name,
            table_input=glue.CfnTable.TableInputProperty(
                name=name,
                table_type="EXTERNAL_TABLE",
                parameters={"classification": "csv"},
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=[
                        glue.CfnTable.ColumnProperty(name=column, type=kind)
                        for column, kind in columns.items()
                    ],
                    location=self.bucket.s3_url_for_object(self.prefixes[name]),
                    input_format="org.apache.hadoop.mapred.TextInputFormat",
                    output_format="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library="org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                        parameters={"field.delim": ","},
                    ),
                ),
            ),
        )
        table.add_resource_dependency(self._database)


class ForecastQuality(Construct):
    """The daily workflow `judge_forecasts` and its alarms; it queries in the lake's work group."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: PlatformFoundation,
        tables: ForecastTables,
        data: TrainingData,
        lake: LakeOutputs,
    ) -> None:
        """`data` is the lake's."""
        super().__init__(scope, construct_id)
        self._tables, self._data, self._lake = tables, data, lake
        self.state_machine = AslStateMachine(
            self,
            "Workflow",
            workflow="ml_platform/judge_forecasts",
            substitutions={
                "Database": tables.database_name,
                "ModelName": tables.model.name,
                "Query": query_text(f"ml_platform/{tables.model.batch.judged_by}.sql"),
                "TopicArn": foundation.topic.topic_arn,
                "WindowDays": f"{_WINDOW_DAYS}",
                "WorkGroup": lake.work_group_name,
            },
            foundation=foundation,
            timeout=Duration.hours(1),
            runbook="Forecasts were not judged. The history of the execution names the step and its"
            ' error. Judge them again by the input {"day": "2026-11-27"}, the day after the last.',
        )
        self._permit(foundation)
        judge_daily(
            self,
            self.state_machine,
            foundation=foundation,
            description="Judge the forecasts whose demand is known by now",
            at="45 5",
        )
        self.loss_alarm = self._alarm(
            "Loss",
            "LossOverAWeekAgo",
            _MOST_LOSS,
            foundation,
            "Over four weeks the forecasts missed demand by more than demand a week before did."
            " Look whether the newest histories are right, then train again on newer demand.",
        )
        self.band_alarm = self._alarm(
            "Band",
            "OutsideTheBand",
            _MOST_OUTSIDE,
            foundation,
            "Over four weeks more than 30 % of demand lay outside of the band, which should hold"
            " 80 %. Weeks unlike those before, such as holidays, pass. If it stays, train again.",
        )

    def _alarm(
        self,
        construct_id: str,
        metric_name: str,
        above: float,
        foundation: PlatformFoundation,
        runbook: str,
    ) -> Alarm:
        metric = cloudwatch.Metric(
            namespace=_NAMESPACE,
            metric_name=metric_name,
            dimensions_map={"ModelName": self._tables.model.name},
            statistic="Maximum",
            period=Duration.days(1),
        )
        return Alarm(
            self, construct_id, metric, topic=foundation.topic, runbook=runbook, above=above
        )

    def _permit(self, foundation: PlatformFoundation) -> None:
        """What Athena asks of whoever queries both tables, and what publishing needs."""
        role, stack, tables = self.state_machine.service_role, Stack.of(self), self._tables
        bucket, database = tables.bucket, tables.database_name

        def of_glue(resource: str, resource_name: str | None = None) -> str:
            return stack.format_arn(service="glue", resource=resource, resource_name=resource_name)

        allow_from_outside(role)
        allow_queries(role, self._lake)
        role.allow(
            "KnowTheTables",
            ["glue:GetDatabase", "glue:GetPartition", "glue:GetPartitions", "glue:GetTable"],
            of_glue("catalog"),
            of_glue("database", database),
            *(of_glue("table", f"{database}/{name}") for name in tables.prefixes),
        )
        role.allow_list("FindForecasts", bucket.bucket_arn, *tables.prefixes.values())
        role.allow(
            "ReadForecasts",
            ["s3:GetObject"],
            *(bucket.arn_for_objects(f"{prefix}*") for prefix in tables.prefixes.values()),
            wildcard_because="executions and whoever meters demand name the files",
        )
        allow_results(role, self, self._lake, bucket)
        # Results are encrypted with it.
        role.allow_key("UseTheLakesKey", self._data.key, "s3")
        role.allow_metrics("PublishTheFigures", _NAMESPACE)
        role.allow("Tell", ["sns:Publish"], foundation.topic.topic_arn)
        role.allow_key("UseTheKeyOfItsData", foundation.key, "s3", "sns")
