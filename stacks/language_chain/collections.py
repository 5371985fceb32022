"""A whole folder of documents as one asynchronous job of Translate (AI-04, AI-07).

The chain analyses texts, takes recordings, notifies about each document, and starts on upload. A
collection is only translated, as a whole, with one notification; for thousands of documents it is
one execution, and Translate sets the pace. Up to a million texts, 20 MB each, 5 GB a job.

    aws s3 sync letters s3://<inbox>/collections/letters/
    aws stepfunctions start-execution --state-machine-arn <CollectionsArn> \
      --input '{"collection": "letters"}'
"""

from aws_cdk import Duration
from constructs import Construct

from stacks.language_chain.settings import LanguageChainSettings
from stacks.language_chain.storage import COLLECTIONS, OF_DOCUMENTS, Storage
from stacks.language_chain.word_lists import WordLists
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.foundation import Foundation
from stacks.shared.service_role import ServiceRole


class Collections(Construct):
    """`translate_collection`: starts the job, waits for it and notifies."""

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
        settings, (inbox, outbox) = (
            foundation.environment.settings(LanguageChainSettings),
            storage.both,
        )
        translate_role = ServiceRole(self, "TranslateRole", "translate", confused_deputy_guard=True)
        for bucket in (inbox, outbox):
            translate_role.allow_list(f"List{bucket.node.id}", bucket.bucket_arn, COLLECTIONS)
        translate_role.allow(
            "ReadDocuments",
            ["s3:GetObject"],
            inbox.arn_for_objects(f"{COLLECTIONS}*"),
            wildcard_because=OF_DOCUMENTS,
        )
        translate_role.allow(
            "WriteTranslations",
            ["s3:PutObject"],
            outbox.arn_for_objects(f"{COLLECTIONS}*"),
            wildcard_because=OF_DOCUMENTS,
        )
        translate_role.allow_key("UseTheKeyOfItsData", foundation.key, "s3")
        self.state_machine = AslStateMachine(
            self,
            "Workflow",
            workflow="language_chain/translate_collection",
            substitutions={
                "CollectionHours": f"{settings.collection_hours}",
                "DataAccessRoleArn": translate_role.role_arn,
                "InputBucket": inbox.bucket_name,
                "KeyArn": foundation.key.key_arn,
                "ResultsBucket": outbox.bucket_name,
                "TargetLanguage": settings.target_language,
                "Terminology": words.terminology,
                "TopicArn": foundation.topic.topic_arn,
            },
            foundation=foundation,
            timeout=Duration.days(7),
            runbook="A collection was not translated. Its execution's history names the error. Put"
            " that right, then start it again with the same input.",
        )
        self.state_machine.node.add_dependency(words)
        role = self.state_machine.service_role
        role.allow_list("FindDocuments", inbox.bucket_arn, COLLECTIONS)
        role.allow(
            "TranslateCollections",
            ["translate:DescribeTextTranslationJob", "translate:StartTextTranslationJob"],
            "*",
            wildcard_because="jobs are no resources",
        )
        role.allow(
            "DetectLanguages",
            # Translate calls Comprehend in its caller's name where the source language is `auto`.
            ["comprehend:DetectDominantLanguage"],
            "*",
            wildcard_because="Comprehend has no resource for a text",
        )
        role.allow_key("NotifyUnderTheKey", foundation.key, "sns")
        self.state_machine.allow_pass_role("LendTheRole", translate_role, to="translate")
        role.allow("Tell", ["sns:Publish"], foundation.topic.topic_arn)
