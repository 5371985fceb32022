"""The buckets: an inbox for uploads and an outbox for results."""

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.language_chain.settings import LanguageChainSettings
from stacks.shared.access_log_bucket import AccessLogBucket
from stacks.shared.foundation import Foundation
from stacks.shared.secure_bucket import SecureBucket

WORK, RESULTS, ROWS, QUARANTINE = "work/", "results/", "rows/", "quarantine/"
SPEECH, COLLECTIONS = "speech/", "collections/"
# Why permissions on objects end in a wildcard.
OF_DOCUMENTS = "object keys derive from document ids, which are not known at deployment"


class Storage(Construct):
    """The inbox, which sends uploads to EventBridge, and the outbox, which holds all results."""

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        environment = foundation.environment
        settings = environment.settings(LanguageChainSettings)
        logs = AccessLogBucket(self, "AccessLogs", keep_data=environment.keep_data)
        self.inbox = SecureBucket(
            self, "Inbox", foundation=foundation, access_logs=logs, event_bridge=True
        )
        self.outbox = SecureBucket(
            self,
            "Outbox",
            foundation=foundation,
            access_logs=logs,
            lifecycle_rules=[
                s3.LifecycleRule(
                    prefix=prefix,
                    expiration=Duration.days(settings.work_days),
                    # Personal data among them: a day after the promised ones, the bytes are gone.
                    noncurrent_version_expiration=Duration.days(1),
                )
                for prefix in (WORK, "athena-results/")
            ],
        )

    @property
    def both(self) -> tuple[s3.IBucket, s3.IBucket]:
        """The inbox and the outbox."""
        return self.inbox, self.outbox
