"""The two halves of the lake: an immutable log, and what can be made from it again (ST-09)."""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.environments import Environment
from stacks.shared.access_log_bucket import AccessLogBucket
from stacks.shared.secure_bucket import SecureBucket
from stacks.streaming_lake.settings import StreamingLakeSettings

# The notes' table of storage classes as the path of a record that is read ever less (ST-05, ST-06).
# One Zone-IA is left out: the log is the only copy, and one zone can burn down. Intelligent-Tiering
# is for data whose use nobody can foresee, so the curated flights get it.
_AGEING = [
    (s3.StorageClass.INFREQUENT_ACCESS, 30),  # milliseconds to read, half the price
    (s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, 90),  # still milliseconds, read once a quarter
    (s3.StorageClass.GLACIER, 180),  # minutes to hours
    (s3.StorageClass.DEEP_ARCHIVE, 365),  # twelve hours, a twentieth of the price
]


class Storage(Construct):
    """The raw log, the lake, and the bucket that records who touched them.

    Prefixes of the lake (ST-04, ST-13): `events/` as delivered, `curated/`, `weather/` (loaded in
    batches), `rejected/`, `errors/`, `state/`, `training/`, `athena-results/`.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, key: kms.IKey, environment: Environment
    ) -> None:
        super().__init__(scope, construct_id)
        keep_data = environment.keep_data
        settings = environment.settings(StreamingLakeSettings)

        self.access_logs = AccessLogBucket(self, "AccessLogs", keep_data=keep_data)

        locked = settings.object_lock_days
        self.raw = SecureBucket(
            self,
            "Raw",
            key=key,
            access_logs=self.access_logs,
            keep_data=keep_data,
            # Replaces the notes' Glacier vault lock, which new customers cannot get (ST-12).
            object_lock_enabled=bool(locked),
            object_lock_default_retention=s3.ObjectLockRetention.compliance(Duration.days(locked))
            if locked
            else None,
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
            key=key,
            access_logs=self.access_logs,
            keep_data=keep_data,
            lifecycle_rules=[
                s3.LifecycleRule(
                    prefix="curated/",
                    transitions=[
                        s3.Transition(
                            storage_class=s3.StorageClass.INTELLIGENT_TIERING,
                            transition_after=Duration.days(0),
                        )
                    ],
                ),
                s3.LifecycleRule(
                    prefix="athena-results/",
                    expiration=Duration.days(settings.query_result_days),
                ),
            ],
        )
