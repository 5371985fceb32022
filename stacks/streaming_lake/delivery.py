"""Data Firehose: events as Parquet into the lake, and every record as received into the raw log.

These features of Firehose are not used, for a reason:

- dynamic partitioning: events are partitioned by arrival time, which needs no query and costs
  nothing; the curation job partitions by event date
- the processor for record de-aggregation: it takes apart lines of JSON that one record holds, which
  the transform does; what the Kinesis Producer Library aggregated, Firehose always takes apart
- compression of the delivered object: Parquet compresses itself (IN-12; they exclude each other)
- a second key for the backup: one key per architecture; the raw bucket has a policy of its own
- shard-level metrics: each costs per month; partition keys are even, so stream metrics suffice
"""

from typing import Any

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.shared import gate
from stacks.shared.encrypted_log_group import EncryptedLogGroup
from stacks.shared.foundation import Foundation
from stacks.streaming_lake.catalog import Catalog
from stacks.streaming_lake.delivery_role import DeliveryRole
from stacks.streaming_lake.prefixes import ERRORS, EVENTS, RAW_FLIGHTS
from stacks.streaming_lake.settings import StreamingLakeSettings
from stacks.streaming_lake.storage import Storage

_Config = firehose.CfnDeliveryStream

# Formats in which the transform writes times: seconds, and milliseconds for the arrival.
_TIMESTAMPS = ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"]


_ARRIVAL_HOUR = "arrival_hour=!{timestamp:yyyy-MM-dd-HH}/"
_ERROR_PREFIX = ERRORS + "!{firehose:error-output-type}/!{timestamp:yyyy-MM-dd-HH}/"


class Delivery(Construct):
    """The delivery stream (IN-09), its role and its logs; it scales automatically (IN-10).

    L1, because the L2's grants are wider than what Firehose calls (`s3:GetObject*`, `s3:List*`).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        stream: kinesis.IStream,
        transform: lambda_.IFunction,
        storage: Storage,
        catalog: Catalog,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = foundation.environment.settings(StreamingLakeSettings)
        self._storage, self._catalog, self._key = storage, catalog, foundation.key
        self._log_group = EncryptedLogGroup(self, "Logs", foundation=foundation)
        self.role = DeliveryRole(
            self,
            "Role",
            foundation=foundation,
            stream=stream,
            transform=transform,
            storage=storage,
            catalog=catalog,
        )
        self.role.allow_log_group(self._log_group)
        self.delivery_stream = _Config(
            self,
            "Lake",
            delivery_stream_type="KinesisStreamAsSource",
            kinesis_stream_source_configuration=_Config.KinesisStreamSourceConfigurationProperty(
                kinesis_stream_arn=stream.stream_arn, role_arn=self.role.role_arn
            ),
            extended_s3_destination_configuration=self._destination(transform),
        )
        gate.acknowledge(
            self.delivery_stream,
            {
                "AwsSolutions::AwsSolutions-KDF1": "the source is a stream, which is encrypted"
                " itself; Firehose's own encryption is for records put to it directly"
            },
        )
        # Firehose tests its permissions on creation, so the policy must exist first.
        self.delivery_stream.node.add_dependency(self.role)

    def _destination(self, transform: lambda_.IFunction) -> Any:
        settings = self._settings
        return _Config.ExtendedS3DestinationConfigurationProperty(
            bucket_arn=self._storage.lake.bucket_arn,
            role_arn=self.role.role_arn,
            # The hour of arrival, UTC; the curation job partitions by event date (ST-04).
            prefix=EVENTS + _ARRIVAL_HOUR,
            error_output_prefix=_ERROR_PREFIX,
            custom_time_zone="UTC",
            buffering_hints=_Config.BufferingHintsProperty(
                interval_in_seconds=settings.buffer_seconds,
                size_in_m_bs=settings.buffer_mebibytes,
            ),
            compression_format="UNCOMPRESSED",
            encryption_configuration=self._encryption(),
            cloud_watch_logging_options=self._logging("Delivery"),
            processing_configuration=self._processing(transform),
            data_format_conversion_configuration=self._conversion(),
            # The immutable raw log (ST-09): records as received, before any code ran.
            s3_backup_mode="Enabled",
            s3_backup_configuration=_Config.S3DestinationConfigurationProperty(
                bucket_arn=self._storage.raw.bucket_arn,
                role_arn=self.role.role_arn,
                prefix=RAW_FLIGHTS + _ARRIVAL_HOUR,
                error_output_prefix=_ERROR_PREFIX,
                buffering_hints=_Config.BufferingHintsProperty(
                    interval_in_seconds=settings.buffer_seconds,
                    size_in_m_bs=settings.buffer_mebibytes,
                ),
                # Nothing is converted here, so Firehose compresses the object (IN-12).
                compression_format="GZIP",
                encryption_configuration=self._encryption(),
                cloud_watch_logging_options=self._logging("Backup"),
            ),
        )

    def _processing(self, transform: lambda_.IFunction) -> Any:
        parameters = {
            "LambdaArn": transform.function_arn,
            "BufferSizeInMBs": f"{self._settings.transform_buffer_mebibytes:g}",
            "BufferIntervalInSeconds": f"{self._settings.transform_buffer_seconds}",
            "NumberOfRetries": "3",
        }
        return _Config.ProcessingConfigurationProperty(
            enabled=True,
            processors=[
                _Config.ProcessorProperty(
                    type="Lambda",
                    parameters=[
                        _Config.ProcessorParameterProperty(
                            parameter_name=name, parameter_value=value
                        )
                        for name, value in parameters.items()
                    ],
                )
            ],
        )

    def _conversion(self) -> Any:
        """JSON to Parquet by the columns of the events table (IN-11; CSV cannot be converted)."""
        return _Config.DataFormatConversionConfigurationProperty(
            enabled=True,
            input_format_configuration=_Config.InputFormatConfigurationProperty(
                deserializer=_Config.DeserializerProperty(
                    hive_json_ser_de=_Config.HiveJsonSerDeProperty(timestamp_formats=_TIMESTAMPS)
                )
            ),
            output_format_configuration=_Config.OutputFormatConfigurationProperty(
                serializer=_Config.SerializerProperty(
                    parquet_ser_de=_Config.ParquetSerDeProperty(compression="SNAPPY")
                )
            ),
            schema_configuration=_Config.SchemaConfigurationProperty(
                catalog_id=Aws.ACCOUNT_ID,
                database_name=self._catalog.database.database_name,
                table_name=self._catalog.events.table_name,
                region=Aws.REGION,
                role_arn=self.role.role_arn,
                version_id="LATEST",
            ),
        )

    def _encryption(self) -> Any:
        return _Config.EncryptionConfigurationProperty(
            kms_encryption_config=_Config.KMSEncryptionConfigProperty(
                awskms_key_arn=self._key.key_arn
            )
        )

    def _logging(self, name: str) -> Any:
        stream = logs.LogStream(
            self, f"{name}Log", log_group=self._log_group, removal_policy=RemovalPolicy.DESTROY
        )
        return _Config.CloudWatchLoggingOptionsProperty(
            enabled=True,
            log_group_name=self._log_group.log_group_name,
            log_stream_name=stream.log_stream_name,
        )
