"""One part of a document: translated (AI-07), or analysed (AI-08), at its turn.

An Express workflow, called synchronously: a part costs a twentieth of what the same states would
cost in the calling workflow. All parts of all documents take turns, so that calls stay within the
account's quotas; when the next one may be made is an item of the status table for each step.
"""

from aws_cdk import Duration
from constructs import Construct

from stacks.language_chain.intake import Documents
from stacks.language_chain.settings import PERSONAL_DATA_LANGUAGES, LanguageChainSettings
from stacks.language_chain.storage import OF_DOCUMENTS, WORK, Storage
from stacks.language_chain.word_lists import WordLists
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.foundation import Foundation
from stacks.shared.python_function import PythonFunction


class Part(Construct):
    """`language_part` and its function: texts from S3 to the services, and the answers back."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        storage: Storage,
        words: WordLists,
        documents: Documents,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(LanguageChainSettings)
        self.search = self._search(foundation, storage, settings)
        self.state_machine = AslStateMachine(
            self,
            "Workflow",
            workflow="language_chain/language_part",
            substitutions={
                "DocumentsTable": documents.table_name,
                "ResultsBucket": storage.outbox.bucket_name,
                "SearchFunctionArn": self.search.function_arn,
                "SearchRate": f"{settings.search_calls_a_second}",
                "SentimentRate": f"{settings.sentiment_calls_a_second}",
                "TargetLanguage": settings.target_language,
                "Terminology": words.terminology,
                "TranslateRate": f"{settings.translate_calls_a_second}",
            },
            foundation=foundation,
            timeout=Duration.minutes(5),
            runbook="Comprehend or Translate rejected a part of a document; the log of the part"
            " shows which, and why. If it was throttled eight times, the account has less than the"
            " setting of that API's calls a second says: lower it, or request a higher quota.",
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
        role.allow_key("UseTheKeyOfItsData", foundation.key, "s3", "dynamodb")
        role.allow(
            "Translate",
            ["translate:TranslateText"],
            "*",
            wildcard_because="Translate has no resource for a text",
        )
        role.allow(
            "JudgeTheMood",
            ["comprehend:DetectSentiment"],
            "*",
            wildcard_because="Comprehend has no resource for a text without a custom endpoint",
        )
        role.allow("SearchPieces", ["lambda:InvokeFunction"], self.search.function_arn)
        role.allow("TakeTurns", ["dynamodb:UpdateItem"], documents.table_arn)

    def _search(
        self, foundation: Foundation, storage: Storage, settings: LanguageChainSettings
    ) -> PythonFunction:
        """The function that finds entities, key phrases and personal data in 100 KB at once."""
        personal_data = settings.target_language in PERSONAL_DATA_LANGUAGES
        function = PythonFunction(
            self,
            "Search",
            folder="language_chain/search_pieces",
            foundation=foundation,
            timeout=Duration.minutes(2),
            runbook="The function that searches a document's pieces failed. Its log says why; the"
            " document fails if that are more parts than `tolerated_percent`.",
            variables={
                "LANGUAGE": settings.target_language,
                "PERSONAL_DATA": f"{personal_data}".lower(),
                "RESULTS_BUCKET": storage.outbox.bucket_name,
            },
        )
        function.service_role.allow(
            "ReadPiecesAndWriteFindings",
            ["s3:GetObject", "s3:PutObject"],
            storage.outbox.arn_for_objects(f"{WORK}*"),
            wildcard_because=OF_DOCUMENTS,
        )
        function.service_role.allow_key("UseTheKeyOfItsData", foundation.key, "s3")
        function.service_role.allow(
            "Analyse",
            [
                "comprehend:DetectEntities",
                "comprehend:DetectKeyPhrases",
                *(["comprehend:DetectPiiEntities"] if personal_data else []),
            ],
            "*",
            wildcard_because="Comprehend has no resource for a text without a custom endpoint",
        )
        return function
