"""What comes in, and what comes out: two buckets under the architecture's key."""

from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.environments import Environment
from stacks.language_chain.settings import LanguageChainSettings
from stacks.shared.access_log_bucket import AccessLogBucket
from stacks.shared.secure_bucket import SecureBucket

WORK, RESULTS, ROWS, QUARANTINE = "work/", "results/", "rows/", "quarantine/"
SPEECH, COLLECTIONS = "speech/", "collections/"
# What is kept for a document is named after it.
OF_DOCUMENTS = "keys are made from documents, which nobody knows before they come"


class Storage(Construct):
    """`inbox` tells EventBridge of each upload; `outbox` holds what comes of it."""

    def __init__(
        self, scope: Construct, construct_id: str, *, key: kms.IKey, environment: Environment
    ) -> None:
        super().__init__(scope, construct_id)
        keep = environment.keep_data
        logs = AccessLogBucket(self, "AccessLogs", keep_data=keep)
        self.inbox = SecureBucket(self, "Inbox", key=key, access_logs=logs, keep_data=keep)
        # L1: the L2's switch brings a function with a managed policy to do what this line does.
        bucket = cast(s3.CfnBucket, self.inbox.node.default_child)
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                event_bridge_enabled=True
            )
        )
        settings = environment.settings(LanguageChainSettings)
        self.outbox = SecureBucket(
            self,
            "Outbox",
            key=key,
            access_logs=logs,
            keep_data=keep,
            lifecycle_rules=[
                s3.LifecycleRule(prefix=prefix, expiration=Duration.days(settings.work_days))
                for prefix in (WORK, "athena-results/")
            ],
        )

    @property
    def both(self) -> tuple[s3.IBucket, s3.IBucket]:
        """The inbox and the outbox."""
        return self.inbox, self.outbox
