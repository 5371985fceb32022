"""Records every upload once, queues it, and starts its workflow once.

    inbox --EventBridge--> queue --> admit (Lambda) --> documents (DynamoDB), executions
    an execution has ended, every five minutes, redrive --> the same queue
    every hour: uploads in the inbox that no event announced --> the same queue

Ten thousand uploads at once become ten thousand waiting items: at most `documents_at_once`
executions read texts and `recordings_at_once` listen to recordings, and each one that ends admits
the next. Which of both an upload is, its first bytes say.
"""

import json
from dataclasses import replace
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.language_chain.settings import LanguageChainSettings
from stacks.language_chain.storage import COLLECTIONS, OF_DOCUMENTS, QUARANTINE, Storage
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.dead_letter_queue import DeadLetterQueue, admit_rule
from stacks.shared.event_rule import EventRule, RuleTarget
from stacks.shared.foundation import Foundation
from stacks.shared.python_function import PythonFunction

NAMESPACE = "LanguageChain"
# Messages of the function that no event of AWS has: `detail-type` says what is to be done.
LOOK_FOR_UPLOADS, REDRIVE = (
    json.dumps({"detail-type": detail_type}) for detail_type in ("Look for uploads", "Redrive")
)
_BY_STATUS = "by_status"
_TIMEOUT = Duration.minutes(5)
_UNDELIVERED = (
    "Messages failed five times. Fix what the intake function's log reports, then move them from"
    " the dead-letter queue back to the queue."
)


class Documents(dynamodb.Table):
    """The status of every document: received, running, done, or failed with a reason (ET-10)."""

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        keep = foundation.environment.keep_data
        super().__init__(
            scope,
            construct_id,
            partition_key=_text("document_id"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=foundation.key,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=keep,
            removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
        )
        # For the oldest waiting and the failed documents, without a scan of the table.
        self.add_global_secondary_index(
            index_name=_BY_STATUS, partition_key=_text("status"), sort_key=_text("received_at")
        )
        # For people who look for a document by its object key.
        self.add_global_secondary_index(
            index_name="by_key", partition_key=_text("key"), sort_key=_text("received_at")
        )


class Intake(Construct):
    """Admits a limited number of documents at a time, the oldest first."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        storage: Storage,
        documents: Documents,
        chain: AslStateMachine,
    ) -> None:
        super().__init__(scope, construct_id)
        key = foundation.key
        settings = foundation.environment.settings(LanguageChainSettings)
        self.function = PythonFunction(
            self,
            "Admit",
            folder="language_chain/admit_documents",
            foundation=foundation,
            timeout=_TIMEOUT,
            runbook="The intake function fails; its log says why. Messages stay in the queue and"
            " are retried.",
            variables={
                "COLLECTIONS_PREFIX": COLLECTIONS,
                "DOCUMENTS_AT_ONCE": f"{settings.documents_at_once}",
                "DOCUMENTS_TABLE": documents.table_name,
                "INBOX_BUCKET": storage.inbox.bucket_name,
                "KEEP_DAYS": f"{settings.status_days}",
                "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
                "POWERTOOLS_SERVICE_NAME": Stack.of(self).stack_name,
                "RECORDINGS_AT_ONCE": f"{settings.recordings_at_once}",
                "RESULTS_BUCKET": storage.outbox.bucket_name,
                "STATE_MACHINE_ARN": chain.state_machine_arn,
            },
        )
        self.undelivered = DeadLetterQueue(
            self, "Undelivered", foundation=foundation, of_a_queue=True, runbook=_UNDELIVERED
        )
        self.queue = sqs.Queue(
            self,
            "Messages",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            # AWS recommends six times the function's timeout.
            visibility_timeout=Duration.seconds(6 * _TIMEOUT.to_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.undelivered, max_receive_count=5),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self._permit(storage, documents, chain, key)
        lambda_.CfnEventSourceMapping(
            self,
            "Read",
            event_source_arn=self.queue.queue_arn,
            function_name=self.function.function_arn,
            batch_size=10,
            function_response_types=["ReportBatchItemFailures"],
            # Lambda's minimum; more would let intake starve the workflow's own functions.
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(
                maximum_concurrency=2
            ),
        ).node.add_dependency(self.function.service_role)
        self._tell_of(chain, storage)

    def _permit(
        self, storage: Storage, documents: Documents, chain: AslStateMachine, key: kms.IKey
    ) -> None:
        role = self.function.service_role
        role.allow(
            "ReadMessages",
            ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            self.queue.queue_arn,
        )
        role.allow(
            "KeepTheLedger",
            [
                "dynamodb:BatchGetItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
            ],
            documents.table_arn,
        )
        role.allow(
            "LookIntoUploads",
            ["s3:GetObject", "s3:GetObjectVersion"],
            storage.inbox.arn_for_objects("*"),
            wildcard_because=OF_DOCUMENTS,
        )
        role.allow(
            "ListUploads",
            # With ListBucket, S3 says of a deleted upload that it is missing, and not "denied".
            ["s3:ListBucket", "s3:ListBucketVersions"],
            storage.inbox.bucket_arn,
        )
        role.allow("FindByStatus", ["dynamodb:Query"], f"{documents.table_arn}/index/{_BY_STATUS}")
        role.allow("StartWorkflows", ["states:StartExecution"], chain.state_machine_arn)
        role.allow(
            "LookAtThem",
            ["states:DescribeExecution"],
            chain.executions_arn,
            wildcard_because="executions are named after documents",
        )
        role.allow(
            "KeepTheQuarantine",
            ["s3:DeleteObject", "s3:PutObject"],
            storage.outbox.arn_for_objects(f"{QUARANTINE}*"),
            wildcard_because=OF_DOCUMENTS,
        )
        role.allow_key("UseTheKeyOfItsData", key, "dynamodb", "s3", "sqs", "states")

    def _tell_of(self, chain: AslStateMachine, storage: Storage) -> None:
        uploaded = {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {
                "bucket": {"name": [storage.inbox.bucket_name]},
                # Collections have a workflow of their own.
                "object": {"key": [{"anything-but": {"prefix": COLLECTIONS}}]},
            },
        }
        ended = {
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {
                "stateMachineArn": [chain.state_machine_arn],
                "status": ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"],
            },
        }
        rules: dict[str, dict[str, Any]] = {
            "Uploaded": {"description": "A document was uploaded", "pattern": uploaded},
            "Ended": {
                "description": "An execution ended: admit the next document",
                "pattern": ended,
            },
            "Sweep": {
                "description": "Find stuck documents, and publish metrics",
                "schedule": "rate(5 minutes)",
            },
            # To list a million objects costs 0.5 cents: 4 USD a month, and 43 with the sweep.
            "LookForUploads": {
                "description": "Find uploads that no event announced",
                "schedule": "rate(1 hour)",
            },
        }
        inputs = {"LookForUploads": LOOK_FOR_UPLOADS}
        target = RuleTarget(
            "Messages",
            self.queue.queue_arn,
            self.undelivered,
            # EventBridge's maximum: an upload that is not announced waits for the hourly search.
            attempts=185,
            max_age_hours=24,
        )
        for name, options in rules.items():
            with_input = replace(target, input=inputs.get(name))
            admit_rule(self.queue, EventRule(self, name, target=with_input, **options))


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
