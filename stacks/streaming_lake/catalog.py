"""The Glue database, whose tables have the columns of the JSON Schemas."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.shared.foundation import Foundation
from stacks.shared.glue_columns import glue_columns
from stacks.streaming_lake.iceberg_table import IcebergTable
from stacks.streaming_lake.prefixes import CURATED, EVENTS, WEATHER
from stacks.streaming_lake.settings import StreamingLakeSettings
from stacks.streaming_lake.table_bucket import TableBucket

CURATED_FLIGHTS = "flights_curated"

# Partition projection: Athena computes partitions from these rules, so nothing registers new hours.
# Hours before `min` are invisible to queries; `min` lies before the first deployment.
_ARRIVAL_HOURS = glue.PartitionProjectionConfiguration.date(
    format="yyyy-MM-dd-HH",
    min="2026-01-01-00",
    max="NOW+1HOURS",
    step=glue.DateProjectionStep(interval=1, interval_unit=glue.DateIntervalUnit.HOURS),
)
_MONTHS = glue.PartitionProjectionConfiguration.date(
    format="yyyy-MM",
    min="2013-01",
    max="NOW",
    step=glue.DateProjectionStep(interval=1, interval_unit=glue.DateIntervalUnit.MONTHS),
)


class Catalog(Construct):
    """The database, its three tables, and how Glue encrypts what it writes (ET-01, ET-06).

    - `events`: as delivered, by the hour of arrival; may hold an event twice
    - `curated`: each flight once, an Iceberg table by the day it was scheduled to leave
    - `weather`: hourly, by month, loaded in batches (IN-02)
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, foundation: Foundation, lake: s3.IBucket
    ) -> None:
        super().__init__(scope, construct_id)
        self._lake, key = lake, foundation.key
        # Hive folds names to lower case and takes no hyphen.
        self.name = Stack.of(self).stack_name.lower().replace("-", "_")
        self.database = glue.Database(
            self,
            "Database",
            # Queries name the database, so its name is part of the contract.
            database_name=self.name,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.events = self._table("Events", "flight_event", "flights_events", EVENTS)
        self.curated = self._curated(foundation)
        self.weather = self._table("Weather", "hourly_weather", "weather_hourly", WEATHER)
        self.security = glue.SecurityConfiguration(
            self,
            "Security",
            cloud_watch_encryption=glue.CloudWatchEncryption.kms(key),
            job_bookmarks_encryption=glue.JobBookmarksEncryption.client_side_kms(key),
            s3_encryption=glue.S3Encryption.kms(key),
            # Its name is fixed, so a retained one would block the next deployment.
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _curated(self, foundation: Foundation) -> IcebergTable | TableBucket:
        key_columns = [
            column for column in glue_columns("curated_flight") if column.name in _EVENT_KEY
        ]
        settings = foundation.environment.settings(StreamingLakeSettings)
        if settings.table_format == "s3_tables":
            return TableBucket(
                self,
                "Curated",
                foundation=foundation,
                namespace=self.name,
                name=CURATED_FLIGHTS,
                key_columns=key_columns,
            )
        return IcebergTable(
            self,
            "Curated",
            database=self.database,
            name=CURATED_FLIGHTS,
            bucket=self._lake,
            prefix=CURATED,
            key_columns=key_columns,
        )

    def arns(self, *tables: glue.S3Table) -> list[str]:
        """What a Glue call on `tables` must be allowed on: catalogue and database, too."""
        catalog = Stack.of(self).format_arn(service="glue", resource="catalog")
        return [catalog, self.database.database_arn, *(table.table_arn for table in tables)]

    def _table(self, construct_id: str, schema: str, name: str, prefix: str) -> glue.S3Table:
        columns = glue_columns(schema)
        keys, projection = _PARTITIONS[name]
        if name == "flights_events":
            columns.append(_ARRIVED_AT)
        return glue.S3Table(
            self,
            construct_id,
            database=self.database,
            table_name=name,
            storage=glue.S3TableStorage.from_bucket(self._lake),
            s3_prefix=prefix,
            data_format=glue.DataFormat.PARQUET,
            columns=columns,
            partition_keys=[glue.Column(name=key, type=glue.Schema.STRING) for key in keys],
            partition_projection=projection,
        )


_ARRIVED_AT = glue.Column(
    name="arrived_at",
    type=glue.Schema.TIMESTAMP,
    comment="When the stream took the event in, UTC, to the millisecond.",
)
_EVENT_KEY = ("event_id", "scheduled_departure")
_PARTITIONS: dict[str, tuple[list[str], dict[str, glue.PartitionProjectionConfiguration]]] = {
    "flights_events": (["arrival_hour"], {"arrival_hour": _ARRIVAL_HOURS}),
    "weather_hourly": (["month"], {"month": _MONTHS}),
}
