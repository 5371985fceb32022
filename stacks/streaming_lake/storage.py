"""The buckets: an immutable raw log, and the lake that can be rebuilt from it (ST-09)."""

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.shared.access_log_bucket import AccessLogBucket
from stacks.shared.foundation import Foundation
from stacks.shared.secure_bucket import SecureBucket
from stacks.streaming_lake.prefixes import CURATED, EVENTS, REPLAYED
from stacks.streaming_lake.settings import StreamingLakeSettings

# The raw log moves through the storage classes of the notes' table as it is read less (ST-05,
# ST-06). One Zone-IA is not used: the log is the only copy. Intelligent-Tiering suits unknown
# access patterns, so the curated flights use it.
_AGEING = [
    (s3.StorageClass.INFREQUENT_ACCESS, 30),  # milliseconds to read, half the price
    (s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, 90),  # still milliseconds, read once a quarter
    (s3.StorageClass.GLACIER, 180),  # minutes to hours
    (s3.StorageClass.DEEP_ARCHIVE, 365),  # twelve hours, a twentieth of the price
]


class Storage(Construct):
    """The raw log, the lake, and the bucket for the access logs of both."""

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(StreamingLakeSettings)
        self.access_logs = AccessLogBucket(
            self, "AccessLogs", keep_data=foundation.environment.keep_data
        )

        locked = settings.object_lock_days
        lock = getattr(s3.ObjectLockRetention, settings.object_lock_mode)
        self.raw = SecureBucket(
            self,
            "Raw",
            foundation=foundation,
            access_logs=self.access_logs,
            # Replaces the notes' S3 Glacier Vault Lock, which is closed to new customers (ST-12).
            object_lock_enabled=bool(locked),
            object_lock_default_retention=lock(Duration.days(locked)) if locked else None,
            lifecycle_rules=[
                s3.LifecycleRule(
                    transitions=[
                        s3.Transition(storage_class=tier, transition_after=Duration.days(days))
                        for tier, days in _AGEING
                    ]
                )
            ],
        )

        self.lake = SecureBucket(
            self,
            "Lake",
            foundation=foundation,
            access_logs=self.access_logs,
            lifecycle_rules=[
                s3.LifecycleRule(
                    prefix=CURATED,
                    transitions=[
                        s3.Transition(
                            storage_class=s3.StorageClass.INTELLIGENT_TIERING,
                            transition_after=Duration.days(0),
                        )
                    ],
                ),
                # The curated table has them by then, and the raw log for good: the job's listings
                # of these prefixes stay short.
                *(
                    s3.LifecycleRule(prefix=prefix, expiration=Duration.days(settings.event_days))
                    for prefix in (EVENTS, REPLAYED)
                ),
            ],
        )
