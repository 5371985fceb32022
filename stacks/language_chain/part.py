"""One part of a document: translated (AI-07), or analysed (AI-08).

An Express workflow, called synchronously: a part costs a twentieth of what the same states would
cost in the calling workflow.
"""

from aws_cdk import Duration
from constructs import Construct

from stacks.language_chain.settings import LanguageChainSettings
from stacks.language_chain.storage import OF_DOCUMENTS, WORK, Storage
from stacks.language_chain.word_lists import WordLists
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.foundation import Foundation


class Part(Construct):
    """`language_part`: a text from S3 to Translate or Comprehend, and the answer back to S3."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        storage: Storage,
        words: WordLists,
    ) -> None:
        super().__init__(scope, construct_id)
        self.state_machine = AslStateMachine(
            self,
            "Workflow",
            workflow="language_chain/language_part",
            substitutions={
                "ResultsBucket": storage.outbox.bucket_name,
                "TargetLanguage": foundation.environment.settings(
                    LanguageChainSettings
                ).target_language,
                "Terminology": words.terminology,
            },
            foundation=foundation,
            timeout=Duration.minutes(5),
            runbook="Comprehend or Translate rejected a part of a document until its retries ran"
            " out; the execution of the part shows which. Lower documents_at_once, or request a"
            " higher quota and raise calls_a_second.",
            express=True,
        )
        self.state_machine.node.add_dependency(words)
        role = self.state_machine.service_role
        role.allow(
            "ReadAndWriteParts",
            ["s3:GetObject", "s3:PutObject"],
            storage.outbox.arn_for_objects(f"{WORK}*"),
            wildcard_because=OF_DOCUMENTS,
        )
        role.allow_key("UseTheKeyOfItsData", foundation.key, "s3")
        role.allow(
            "Translate",
            ["translate:TranslateText"],
            "*",
            wildcard_because="Translate has no resource for a text",
        )
        role.allow(
            "Analyse",
            [
                "comprehend:DetectEntities",
                "comprehend:DetectKeyPhrases",
                "comprehend:DetectPiiEntities",
                "comprehend:DetectSentiment",
            ],
            "*",
            wildcard_because="Comprehend has no resource for a text without a custom endpoint",
        )
