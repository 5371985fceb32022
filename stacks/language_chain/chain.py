"""The workflow: read, translate, analyse, merge, note; its functions and its rights (AI-04)."""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from environments import Environment
from stacks.language_chain.intake import Documents
from stacks.language_chain.storage import QUARANTINE, RESULTS, ROWS, WORK, Storage
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.python_function import PythonFunction

_OF_DOCUMENTS = "keys are made from documents, which nobody knows before they come"


class Chain(Construct):
    """`language_chain`, one execution a document.

    What Translate and Comprehend are asked needs no code, so the workflow calls them itself; a
    function stands where limits, offsets or merging need some.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        storage: Storage,
        documents: Documents,
        topic: sns.ITopic,
        key: kms.IKey,
        environment: Environment,
    ) -> None:
        super().__init__(scope, construct_id)
        self._storage, self._key, self._environment = storage, key, environment
        settings = environment.language_chain
        self.split = self._function("Split", "split_document", {})
        self.merge = self._function(
            "Merge", "merge_results", {"REDACT": f"{settings.redact}".lower()}
        )
        self._let_the_functions_read_and_write()
        self.state_machine = AslStateMachine(
            self,
            "Workflow",
            workflow="language_chain",
            blanks={
                "Concurrency": f"{settings.parts_at_a_time}",
                "DocumentsTable": documents.table_name,
                "MergeFunctionArn": self.merge.function_arn,
                "ResultsBucket": storage.outbox.bucket_name,
                "SplitFunctionArn": self.split.function_arn,
                "TargetLanguage": settings.target_language,
                "TopicArn": topic.topic_arn,
            },
            key=key,
            environment=environment,
            timeout=Duration.days(1),
        )
        role = self.state_machine.service_role
        role.may("NoteTheStatus", ["dynamodb:UpdateItem"], documents.table_arn)
        role.may(
            "CallItsFunctions",
            ["lambda:InvokeFunction"],
            self.split.function_arn,
            self.merge.function_arn,
        )
        outbox = storage.outbox
        role.may(
            "ReadParts",
            ["s3:GetObject"],
            outbox.arn_for_objects(f"{WORK}*"),
            wildcard_because=_OF_DOCUMENTS,
        )
        role.may(
            "WritePartsAndQuarantine",
            ["s3:PutObject"],
            outbox.arn_for_objects(f"{WORK}*"),
            outbox.arn_for_objects(f"{QUARANTINE}*"),
            wildcard_because=_OF_DOCUMENTS,
        )
        role.may_use_key("UseTheKeyOfItsData", key, "s3", "dynamodb")
        role.may(
            "Translate",
            ["translate:TranslateText"],
            "*",
            wildcard_because="text is no resource, and no terminology is used",
        )
        role.may(
            "Analyse",
            [
                "comprehend:DetectDominantLanguage",
                "comprehend:DetectEntities",
                "comprehend:DetectKeyPhrases",
                "comprehend:DetectPiiEntities",
                "comprehend:DetectSentiment",
            ],
            "*",
            wildcard_because="text is no resource, and no endpoint of our own is used",
        )
        role.may("Tell", ["sns:Publish"], topic.topic_arn)

    def _function(self, name: str, folder: str, variables: dict[str, str]) -> PythonFunction:
        return PythonFunction(
            self,
            name,
            folder=folder,
            key=self._key,
            environment=self._environment,
            timeout=Duration.minutes(5),
            variables={"RESULTS_BUCKET": self._storage.outbox.bucket_name, **variables},
        )

    def _let_the_functions_read_and_write(self) -> None:
        inbox, outbox = self._storage.inbox, self._storage.outbox
        split, merge = self.split.service_role, self.merge.service_role
        split.may(
            "ReadTheDocument",
            ["s3:GetObject", "s3:GetObjectVersion"],
            inbox.arn_for_objects("*"),
            wildcard_because=_OF_DOCUMENTS,
        )
        for role in (split, merge):
            role.may(
                "ReadParts",
                ["s3:GetObject"],
                outbox.arn_for_objects(f"{WORK}*"),
                wildcard_because=_OF_DOCUMENTS,
            )
            role.may_use_key("UseTheKeyOfItsData", self._key, "s3")
        split.may(
            "WriteParts",
            ["s3:PutObject"],
            outbox.arn_for_objects(f"{WORK}*"),
            wildcard_because=_OF_DOCUMENTS,
        )
        merge.may(
            "WriteResults",
            ["s3:PutObject"],
            outbox.arn_for_objects(f"{RESULTS}*"),
            outbox.arn_for_objects(f"{ROWS}*"),
            wildcard_because=_OF_DOCUMENTS,
        )
