"""LanguageChain: documents and recordings in any language to one text and what it contains.

    upload --> inbox --EventBridge--> queue --> admit (Lambda) --> documents (DynamoDB): received
                                                  |
                                                  v one execution each, `documents_at_once` of
                                                    texts and `recordings_at_once` of recordings
    language_chain (Step Functions)
      --> listen: a recording is transcribed (Transcribe)
      --> read: split (Lambda) --> detect the language (Comprehend) --> translate each chunk
            --> join and split (Lambda) --> judge each piece, search each 100 KB of pieces
            --> merge (Lambda) --> outbox/results, outbox/rows --> Athena
      --> speak: the text is read aloud (Polly) --> outbox/speech
      failures --> documents: failed, with the reason; outbox/quarantine; a notification

    language_part (Step Functions, Express), for each of these parts: it takes its turn (DynamoDB),
      so that calls a second stay within the quotas, then asks Translate or Comprehend; a function
      (Lambda) searches, whose answers exceed a state

    translate_collection (Step Functions, by setting): a folder as one asynchronous job

From the notes: AI-04 the chain, and how it waits for what takes longer than a function may; AI-05
Polly with a lexicon, AI-06 Transcribe with a vocabulary, AI-07 Translate with a terminology, in
real time and as a batch; AI-08 Comprehend; ET-15 errors and retries stand outside the code; SE-01
each role may what it does; SE-05 everything under one key.
"""

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from stacks.environments import Environment
from stacks.language_chain.chain import Chain, NestedWorkflows
from stacks.language_chain.collections import Collections
from stacks.language_chain.intake import LOOK_FOR_UPLOADS, REDRIVE, Documents, Intake
from stacks.language_chain.listen import Listen
from stacks.language_chain.monitoring import ChainMonitoring
from stacks.language_chain.part import Part
from stacks.language_chain.read import Read
from stacks.language_chain.results import Results
from stacks.language_chain.settings import LanguageChainSettings
from stacks.language_chain.speak import Speak
from stacks.language_chain.storage import Storage
from stacks.language_chain.word_lists import WordLists
from stacks.shared.foundation import Foundation
from stacks.shared.outputs import add_outputs
from stacks.shared.region_rules import need_region_with


class LanguageChain(Stack):
    """Takes documents and recordings; returns text, findings, rows and speech."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, **options: Any
    ) -> None:
        super().__init__(scope, construct_id, **options)
        settings = environment.settings(LanguageChainSettings)
        foundation = Foundation.in_stack(
            self,
            environment,
            key_description="Everything the language chain keeps",
            budget_usd=settings.budget_usd,
        )
        storage = Storage(self, "Storage", foundation=foundation)
        documents = Documents(self, "Documents", foundation=foundation)
        words = WordLists(self, "Words", foundation=foundation)
        part = Part(
            self, "Part", foundation=foundation, storage=storage, words=words, documents=documents
        )
        listen = Listen(self, "Listen", foundation=foundation, storage=storage, words=words)
        read = Read(self, "Read", foundation=foundation, storage=storage, part=part, words=words)
        speak = None
        if settings.speak != "nothing":
            speak = Speak(self, "Speak", foundation=foundation, storage=storage, words=words)
        chain = Chain(
            self,
            "Chain",
            foundation=foundation,
            storage=storage,
            documents=documents,
            nested=NestedWorkflows(
                listen.state_machine, read.state_machine, speak.state_machine if speak else None
            ),
            listening_digest=words.listening_digest,
        )
        intake = Intake(
            self,
            "Intake",
            foundation=foundation,
            storage=storage,
            documents=documents,
            chain=chain.state_machine,
        )
        speech = ("polly_neural",) if speak else ()
        need_region_with(self, ["comprehend", "translate", *speech])
        send_message = f"aws sqs send-message --queue-url {intake.queue.queue_url} --message-body"
        results = Results(self, "Results", foundation=foundation, outbox=storage.outbox)
        outputs = {
            "InputBucketName": storage.inbox.bucket_name,
            "ResultsBucketName": storage.outbox.bucket_name,
            "StateMachineArn": chain.state_machine.state_machine_arn,
            "DocumentsTableName": documents.table_name,
            "MessagesQueueUrl": intake.queue.queue_url,
            "RedriveCommand": f"{send_message} '{REDRIVE}'",
            "LookForUploadsCommand": f"{send_message} '{LOOK_FOR_UPLOADS}'",
            "DatabaseName": results.database.database_name,
            "WorkGroupName": self.stack_name,
        }
        if settings.collections:
            collections = Collections(
                self, "Collections", foundation=foundation, storage=storage, words=words
            )
            outputs["CollectionsArn"] = collections.state_machine.state_machine_arn
        ChainMonitoring(
            self,
            "Operation",
            foundation=foundation,
            intake=intake,
            chain=chain,
            read=read,
            part=part,
        )
        add_outputs(self, outputs)
