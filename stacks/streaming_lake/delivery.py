"""Data Firehose: from the stream to Parquet in the lake, and every record as received to the log.

Of the switches in the most complete public Firehose example, a few are off here, for a reason:

- dynamic partitioning, with its metadata query, retry duration and appended delimiter: events are
  partitioned by arrival, which needs none of it and costs nothing; the job partitions by event date
- record de-aggregation: our producer packs lines, not the Kinesis Producer Library's format
- compression of the delivered object: Parquet carries its own (IN-12; the two exclude each other)
- a second key for the backup: one key an architecture, and the raw bucket's policy is its own
- metrics for each shard: each costs by the month; keys spread evenly, so the stream's metrics tell
"""

from typing import Any

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.environments import Environment
from stacks.shared import gate
from stacks.shared.encrypted_log_group import EncryptedLogGroup
from stacks.streaming_lake.catalog import Catalog
from stacks.streaming_lake.delivery_role import DeliveryRole
from stacks.streaming_lake.settings import StreamingLakeSettings
from stacks.streaming_lake.storage import Storage

_Config = firehose.CfnDeliveryStream

# How the transform writes times: whole seconds, and arrival to the millisecond.
_TIMESTAMPS = ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"]


class Delivery(Construct):
    """The delivery stream (IN-09), its role and its logs; it scales by itself (IN-10).

    L1, because the L2's grants are wider than what Firehose calls (`s3:GetObject*`, `s3:List*`).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stream: kinesis.IStream,
        transform: lambda_.IFunction,
        storage: Storage,
        catalog: Catalog,
        key: kms.IKey,
        environment: Environment,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = environment.settings(StreamingLakeSettings)
        self._storage = storage
        self._catalog = catalog
        self._key = key
        self._log_group = EncryptedLogGroup(self, "Logs", key=key, environment=environment)
        self.role = DeliveryRole(
            self,
            "Role",
            stream=stream,
            transform=transform,
            storage=storage,
            catalog=catalog,
            key=key,
            log_group=self._log_group,
        )
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
        # Firehose tries its rights while it is created: they must be there first.
        self.delivery_stream.node.add_dependency(self.role)

    def _destination(self, transform: lambda_.IFunction) -> Any:
        settings = self._settings
        return _Config.ExtendedS3DestinationConfigurationProperty(
            bucket_arn=self._storage.lake.bucket_arn,
            role_arn=self.role.role_arn,
            # The hour of arrival, UTC. The date of the event is the job's business (ST-04).
            prefix="events/arrival_hour=!{timestamp:yyyy-MM-dd-HH}/",
            error_output_prefix="errors/!{firehose:error-output-type}/!{timestamp:yyyy-MM-dd-HH}/",
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
            # The immutable log (ST-09): what came in, before anybody's code has touched it.
            s3_backup_mode="Enabled",
            s3_backup_configuration=_Config.S3DestinationConfigurationProperty(
                bucket_arn=self._storage.raw.bucket_arn,
                role_arn=self.role.role_arn,
                prefix="flights/arrival_hour=!{timestamp:yyyy-MM-dd-HH}/",
                error_output_prefix="errors/!{firehose:error-output-type}/!{timestamp:yyyy-MM-dd-HH}/",
                buffering_hints=_Config.BufferingHintsProperty(
                    interval_in_seconds=settings.buffer_seconds,
                    size_in_m_bs=settings.buffer_mebibytes,
                ),
                # Nothing is converted here, so it is the object that is compressed (IN-12).
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
