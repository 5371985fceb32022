"""LanguageChain: a document or a recording in any language becomes one text, and what is in it.

    upload --> inbox --EventBridge--> queue --> admit --> documents (DynamoDB): received
                                                  |
                                                  v so many at a time, one execution a document
    language_chain (Step Functions)
      a recording: Transcribe, looked at again and again
      split (Lambda) --> which language? (Comprehend) --> translate each chunk
        --> join and split (Lambda) --> analyse each piece
        --> merge (Lambda) --> outbox/results, outbox/rows --> Athena
        --> Polly, if it is to be spoken --> outbox/speech
      whatever fails --> documents: failed, and why; outbox/quarantine; a notice
        |
        v each chunk, each piece
    language_part (Step Functions, Express): Translate, or Comprehend's four questions

    translate_collection (Step Functions, by setting): a folder as one asynchronous job

From the notes: AI-04 the chain, and how it waits for what takes longer than a function may; AI-05
Polly with a lexicon, AI-06 Transcribe with a vocabulary, AI-07 Translate with a terminology, in
real time and as a batch; AI-08 Comprehend; ET-15 errors and retries stand outside the code; SE-01
each role may what it does; SE-05 everything under one key.
"""

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from stacks.environments import Environment
from stacks.language_chain.chain import Chain
from stacks.language_chain.collections import Collections
from stacks.language_chain.intake import Documents, Intake
from stacks.language_chain.monitoring import Operation
from stacks.language_chain.part import Part
from stacks.language_chain.results import Results
from stacks.language_chain.settings import LanguageChainSettings
from stacks.language_chain.storage import Storage
from stacks.language_chain.word_lists import WordLists
from stacks.shared.alarm_topic import AlarmTopic
from stacks.shared.architecture_key import ArchitectureKey
from stacks.shared.monthly_budget import MonthlyBudget


class LanguageChain(Stack):
    """Takes documents in, and gives back text, findings, rows and speech."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, **options: Any
    ) -> None:
        super().__init__(scope, construct_id, **options)
        settings, name = environment.settings(LanguageChainSettings), self.stack_name
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
        words = WordLists(self, "Words", key=key, environment=environment)
        part = Part(self, "Part", storage=storage, words=words, key=key, environment=environment)
        chain = Chain(
            self,
            "Chain",
            storage=storage,
            documents=documents,
            part=part,
            words=words,
            topic=topic,
            key=key,
            environment=environment,
        )
        intake = Intake(
            self,
            "Intake",
            name=name,
            storage=storage,
            documents=documents,
            chain=chain.state_machine,
            key=key,
            environment=environment,
        )
        results = Results(
            self,
            "Results",
            name=name,
            outbox=storage.outbox,
            key=key,
            limit_mebibytes=settings.query_limit_mebibytes,
        )
        outputs = {
            "InputBucketName": storage.inbox.bucket_name,
            "ResultsBucketName": storage.outbox.bucket_name,
            "StateMachineArn": chain.state_machine.state_machine_arn,
            "DocumentsTableName": documents.table_name,
            "MessagesQueueUrl": intake.queue.queue_url,
            "RedriveCommand": f"aws sqs send-message --queue-url {intake.queue.queue_url}"
            """ --message-body '{"detail-type": "Redrive"}'""",
            "DatabaseName": results.database.database_name,
            "WorkGroupName": name,
        }
        if settings.collections:
            collections = Collections(
                self,
                "Collections",
                storage=storage,
                words=words,
                topic=topic,
                key=key,
                environment=environment,
            )
            outputs["CollectionsArn"] = collections.state_machine.state_machine_arn
        Operation(
            self,
            "Operation",
            name=name,
            intake=intake,
            chain=chain,
            part=part,
            topic=topic,
            environment=environment,
        )
        for output, value in outputs.items():
            CfnOutput(self, output, value=value)
