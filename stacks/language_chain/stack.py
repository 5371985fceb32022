"""LanguageChain: a document in any language becomes one text, and what is in it.

    upload --> inbox --EventBridge--> receive --> documents (DynamoDB): received
                                         |
                                         v one execution a document, named after it
    language_chain (Step Functions)
      split (Lambda) --> which language? (Comprehend) --> translate each chunk (Translate)
        --> join and split (Lambda) --> sentiment, entities, key phrases, PII (Comprehend)
        --> merge (Lambda) --> outbox/results, outbox/rows --> Athena
      whatever fails --> documents: failed, and why; outbox/quarantine; a notice

From the notes: AI-04 the chain, by a workflow and not by functions that call each other; AI-07 and
AI-08 Translate and Comprehend; ET-15 errors and retries stand outside the code; SE-01 each role may
what it does; SE-05 everything under one key.
"""

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from environments import Environment
from stacks.language_chain.chain import Chain
from stacks.language_chain.intake import Documents, Intake
from stacks.language_chain.operation import Operation
from stacks.language_chain.results import Results
from stacks.language_chain.storage import Storage
from stacks.shared.alarm_topic import AlarmTopic
from stacks.shared.architecture_key import ArchitectureKey
from stacks.shared.monthly_budget import MonthlyBudget


class LanguageChain(Stack):
    """Takes documents in, and gives back text, findings and rows."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, **options: Any
    ) -> None:
        super().__init__(scope, construct_id, **options)
        settings = environment.language_chain
        key = ArchitectureKey(
            self,
            "Key",
            description="Everything the language chain keeps",
            keep_data=environment.keep_data,
        )
        topic = AlarmTopic(self, "Alarms", key=key, environment=environment)
        if settings.budget_usd:
            MonthlyBudget(self, "Budget", usd=settings.budget_usd, topic=topic)
        storage = Storage(self, "Storage", key=key, environment=environment)
        documents = Documents(self, "Documents", key=key, environment=environment)
        chain = Chain(
            self,
            "Chain",
            storage=storage,
            documents=documents,
            topic=topic,
            key=key,
            environment=environment,
        )
        intake = Intake(
            self,
            "Intake",
            inbox=storage.inbox,
            documents=documents,
            chain=chain.state_machine,
            key=key,
            environment=environment,
        )
        Operation(
            self,
            "Operation",
            chain=chain.state_machine,
            undelivered=intake.undelivered,
            topic=topic,
        )
        results = Results(
            self,
            "Results",
            name=self.stack_name,
            outbox=storage.outbox,
            key=key,
            limit_mebibytes=settings.query_limit_mebibytes,
        )
        outputs = {
            "InputBucketName": storage.inbox.bucket_name,
            "ResultsBucketName": storage.outbox.bucket_name,
            "StateMachineArn": chain.state_machine.state_machine_arn,
            "DocumentsTableName": documents.table_name,
            "DatabaseName": results.database.database_name,
            "WorkGroupName": self.stack_name,
        }
        for output, value in outputs.items():
            CfnOutput(self, output, value=value)
