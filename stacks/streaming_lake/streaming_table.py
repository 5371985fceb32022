"""A streaming table, by `streaming_table=true`: Kinesis itself appends events to S3 Tables.

    producers -> on-demand stream -> channel -> table bucket -> Athena
                 (one event a record)  |   \\
                              schema in Glue's  dead-letter bucket: which records were
                              registry          refused and why, without their content

It stands beside the lake to be compared with it (IN-01): minutes to a row and nothing to run, but
no raw log, no merge, no correction. Facts: docs.aws.amazon.com/streams/latest/dev/
data-delivery.html and its pages on streaming tables, quotas, permissions and monitoring, read
2026-11-29. Not verified in an account.
"""

from aws_cdk import Aws, Duration, Names, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.shared.encrypted_log_group import EncryptedLogGroup
from stacks.shared.foundation import Foundation
from stacks.shared.secure_bucket import SecureBucket
from stacks.shared.statements import Statements
from stacks.streaming_lake.channel_role import ChannelRole
from stacks.streaming_lake.encrypted_table_bucket import EncryptedTableBucket
from stacks.streaming_lake.event_stream import EventStream
from stacks.streaming_lake.prefixes import ERRORS
from stacks.streaming_lake.registered_schema import registered_schema

_Channel = kinesis.CfnChannel
_TABLE = "flights_appended"


class StreamingTable(Construct):
    """A stream, its channel, and the table that the channel makes; each event is one record.

    A later change of anything but the freshness makes another channel, and another table.
    """

    freshness_seconds = 300
    """The channel commits at least this often; 300 is its minimum, 900 its maximum."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        access_logs: s3.IBucket,
        namespace: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._namespace = namespace
        # Channels read on-demand streams alone, and none under the key `aws/kinesis`.
        self.stream = EventStream(
            self,
            "Events",
            foundation=foundation,
            shards=None,
            own_key_because="a channel refuses a stream under that key",
        )
        # Retained everywhere: the channel makes the table, so the bucket is never empty when the
        # stack goes, and S3 deletes no bucket with tables. `make destroy` takes it down after that.
        self._bucket = EncryptedTableBucket(
            self, "Tables", foundation=foundation, removal_policy=RemovalPolicy.RETAIN
        )
        dead_letters = SecureBucket(
            self, "DeadLetters", foundation=foundation, access_logs=access_logs
        )
        registry = glue.CfnRegistry(
            self, "Registry", name=Names.unique_resource_name(self, separator="-")
        )
        schema = glue.CfnSchema(
            self,
            "Schema",
            name="flight_event",
            registry=glue.CfnSchema.RegistryProperty(arn=registry.attr_arn),
            data_format="JSON",
            # A channel never takes a second version: another schema is another channel.
            compatibility="DISABLED",
            schema_definition=registered_schema("flight_event"),
        )
        log_group = EncryptedLogGroup(self, "Logs", foundation=foundation)
        role = ChannelRole(
            self,
            "Role",
            foundation=foundation,
            stream=self.stream,
            table_bucket_arn=self._bucket.arn,
            dead_letters=dead_letters,
            schema_arns=[registry.attr_arn, schema.attr_arn],
        )
        role.allow_log_group(log_group)
        # CloudFormation demands a name.
        self._channel_name = Names.unique_resource_name(self, separator="-")
        self._channel = _Channel(
            self,
            "Channel",
            channel_name=self._channel_name,
            service_execution_role_arn=role.role_arn,
            stream_configuration_list=[
                _Channel.StreamConfigurationProperty(
                    stream_arn=self.stream.stream_arn,
                    record_configuration=_Channel.RecordConfigurationProperty(
                        record_format_type="JSON", gsr_schema_arn=schema.attr_arn
                    ),
                )
            ],
            s3_tables_destination_configuration=self._destination(dead_letters),
            encryption_configuration=_Channel.EncryptionConfigurationProperty(
                encryption_type="KMS", key_id=foundation.key.key_arn
            ),
            logging_configuration=_Channel.LoggingConfigurationProperty(
                cloud_watch_logs=_Channel.CloudWatchLogsConfigurationProperty(
                    enabled=True, log_group_name=log_group.log_group_name
                )
            ),
        )
        # The service tries its permissions on creation, so the policy must exist first.
        self._channel.node.add_dependency(role, self._bucket)

    def _destination(
        self, dead_letters: s3.IBucket
    ) -> kinesis.CfnChannel.S3TablesDestinationConfigurationProperty:
        return _Channel.S3TablesDestinationConfigurationProperty(
            data_freshness_in_seconds=self.freshness_seconds,
            dead_letter_queue_s3_configuration=_Channel.DeadLetterQueueS3ConfigurationProperty(
                bucket_arn=dead_letters.bucket_arn,
                expected_bucket_owner=Aws.ACCOUNT_ID,
                error_output_prefix=ERRORS,
            ),
            s3_tables_configuration_list=[
                _Channel.S3TableConfigurationProperty(
                    table_bucket_arn=self._bucket.attr_table_bucket_arn,
                    namespace=self._namespace,
                    table_name=_TABLE,
                    compression_type="ZSTD",
                    # By the hour of a timestamp: nothing else is offered.
                    partition_spec=_Channel.PartitionSpecProperty(
                        partition_fields=[
                            _Channel.PartitionFieldProperty(
                                transform="TIME_HOUR", source_name="scheduled_departure"
                            )
                        ]
                    ),
                )
            ],
        )

    @property
    def sql_name(self) -> str:
        """How a query names the table."""
        return self._bucket.sql_name(self._namespace, _TABLE)

    def metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        """A metric of the channel, over five minutes; an alarm needs all three dimensions."""
        return cloudwatch.Metric(
            namespace="AWS/Kinesis",
            metric_name=f"DeliveryToIceberg.{name}",
            dimensions_map={
                "ChannelName": self._channel_name,
                "ChannelId": self._channel.attr_channel_id,
                "StreamName": self.stream.stream_name,
            },
            statistic=statistic,
            period=Duration.minutes(5),
        )

    def allow_queries(self, policy: Statements) -> None:
        """Let somebody read the table with Athena."""
        policy.allow(
            "KnowTheTable",
            ["glue:GetDatabase", "glue:GetTable"],
            *self._bucket.glue_arns(self._namespace, _TABLE),
        )
        self._bucket.allow_queries(
            policy,
            f"{self._bucket.arn}/table/*",
            wildcard_because="the channel makes the table, whose id is known only then",
        )
