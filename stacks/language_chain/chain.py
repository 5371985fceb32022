"""The workflow: hear, read, translate, analyse, merge, speak; its functions and its rights."""

from aws_cdk import Duration, Stack
from constructs import Construct

from stacks.language_chain.intake import Documents
from stacks.language_chain.part import Part
from stacks.language_chain.settings import VOICES, LanguageChainSettings
from stacks.language_chain.storage import (
    OF_DOCUMENTS,
    QUARANTINE,
    RESULTS,
    ROWS,
    SPEECH,
    WORK,
    Storage,
)
from stacks.language_chain.word_lists import VOCABULARY_LANGUAGE, WordLists
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.foundation import Foundation
from stacks.shared.python_function import PythonFunction


class Chain(Construct):
    """`language_chain`, one execution a document (AI-04).

    What the services are asked needs no code, so the workflows call them themselves; a function
    stands where limits, offsets or merging need some.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        storage: Storage,
        documents: Documents,
        part: Part,
        words: WordLists,
    ) -> None:
        super().__init__(scope, construct_id)
        self._storage, self._foundation = storage, foundation
        settings = foundation.environment.settings(LanguageChainSettings)
        self.split = self._function(
            "Split",
            "language_chain/split_document",
            {
                "FORMATS": ",".join(settings.formats),
                "JSON_LINES_FIELD": settings.json_lines_field,
            },
        )
        self.merge = self._function(
            "Merge",
            "language_chain/merge_results",
            {"REDACT": f"{settings.redact}".lower(), "SPEAK": settings.speak},
        )
        self._let_the_functions_read_and_write()
        self.state_machine = AslStateMachine(
            self,
            "Workflow",
            workflow="language_chain/language_chain",
            blanks={
                "DistributeAbove": f"{settings.distribute_above}",
                "DocumentsTable": documents.table_name,
                "KeyArn": foundation.key.key_arn,
                "Lexicon": words.lexicon,
                "MergeFunctionArn": self.merge.function_arn,
                "MostMebibytes": f"{settings.most_mebibytes}",
                "PartArn": part.state_machine.state_machine_arn,
                "PartsAtATime": f"{settings.parts_at_a_time}",
                "ResultsBucket": storage.outbox.bucket_name,
                "Speak": settings.speak,
                "SplitFunctionArn": self.split.function_arn,
                "TargetLanguage": settings.target_language,
                "ToleratedPercent": f"{settings.tolerated_percent}",
                "TopicArn": foundation.topic.topic_arn,
                "TranscriptionHours": f"{settings.transcription_hours}",
                "Vocabulary": words.vocabulary,
                "VocabularyFilter": words.vocabulary_filter,
                "VocabularyLanguage": VOCABULARY_LANGUAGE,
                "Voice": VOICES[settings.target_language],
            },
            foundation=foundation,
            timeout=Duration.days(1),
        )
        self.state_machine.node.add_dependency(words)
        self.state_machine.allow_distributed_map()
        role = self.state_machine.service_role
        role.allow("NoteTheStatus", ["dynamodb:UpdateItem"], documents.table_arn)
        role.allow(
            "CallItsFunctions",
            ["lambda:InvokeFunction"],
            self.split.function_arn,
            self.merge.function_arn,
        )
        role.allow(
            "DoTheParts", ["states:StartSyncExecution"], part.state_machine.state_machine_arn
        )
        self._let_it_read_and_write()
        role.allow(
            "TellTheLanguage",
            ["comprehend:DetectDominantLanguage"],
            "*",
            wildcard_because="text is no resource that a policy could name",
        )
        self._let_it_hear()
        if settings.speak != "nothing":
            self._let_it_speak()
        role.allow("Tell", ["sns:Publish"], foundation.topic.topic_arn)

    def _let_it_read_and_write(self) -> None:
        role, inbox, outbox = self.state_machine.service_role, *self._storage.both
        role.allow(
            "LookAtUploads",
            ["s3:GetObject", "s3:GetObjectVersion"],
            inbox.arn_for_objects("*"),
            wildcard_because=OF_DOCUMENTS,
        )
        role.allow(
            "WriteQuarantine",
            ["s3:PutObject"],
            outbox.arn_for_objects(f"{QUARANTINE}*"),
            wildcard_because=OF_DOCUMENTS,
        )
        role.allow_key("UseTheKeyOfItsData", self._foundation.key, "s3", "dynamodb")

    def _let_it_hear(self) -> None:
        """Transcribe reads the recording and writes the transcript by the caller's rights."""
        role = self.state_machine.service_role
        role.allow(
            "Transcribe",
            ["transcribe:StartTranscriptionJob"],
            "*",
            conditions={
                "StringEquals": {
                    "transcribe:OutputBucketName": self._storage.outbox.bucket_name,
                    "transcribe:OutputEncryptionKMSKeyId": self._foundation.key.key_arn,
                }
            },
            wildcard_because="a job has no ARN before it is started; where it writes is narrowed",
        )
        jobs = Stack.of(self).format_arn(
            service="transcribe", resource="transcription-job", resource_name="*"
        )
        role.allow(
            "WaitForTranscripts",
            ["transcribe:GetTranscriptionJob"],
            jobs,
            wildcard_because="jobs are named after documents",
        )
        role.allow(
            "KeepTranscripts",
            ["s3:PutObject"],
            self._storage.outbox.arn_for_objects(f"{WORK}*/transcript.json"),
            wildcard_because=OF_DOCUMENTS,
        )

    def _let_it_speak(self) -> None:
        """Polly writes the recording by the caller's rights."""
        role, outbox = self.state_machine.service_role, self._storage.outbox
        role.allow(
            "Speak",
            ["polly:GetSpeechSynthesisTask", "polly:StartSpeechSynthesisTask"],
            "*",
            wildcard_because="a synthesis task is no resource",
        )
        role.allow(
            "ReadWhatToSay",
            ["s3:GetObject"],
            outbox.arn_for_objects(f"{WORK}*/speech.json"),
            wildcard_because=OF_DOCUMENTS,
        )
        role.allow(
            "KeepSpeech",
            ["s3:PutObject"],
            outbox.arn_for_objects(f"{SPEECH}*"),
            wildcard_because=OF_DOCUMENTS,
        )

    def _function(self, name: str, folder: str, variables: dict[str, str]) -> PythonFunction:
        return PythonFunction(
            self,
            name,
            folder=folder,
            foundation=self._foundation,
            timeout=Duration.minutes(5),
            variables={"RESULTS_BUCKET": self._storage.outbox.bucket_name, **variables},
        )

    def _let_the_functions_read_and_write(self) -> None:
        inbox, outbox = self._storage.both
        split, merge = self.split.service_role, self.merge.service_role
        split.allow(
            "ReadTheDocument",
            ["s3:GetObject", "s3:GetObjectVersion"],
            inbox.arn_for_objects("*"),
            wildcard_because=OF_DOCUMENTS,
        )
        for role in (split, merge):
            role.allow(
                "ReadParts",
                ["s3:GetObject"],
                outbox.arn_for_objects(f"{WORK}*"),
                wildcard_because=OF_DOCUMENTS,
            )
            role.allow_key("UseTheKeyOfItsData", self._foundation.key, "s3")
        split.allow(
            "WriteParts",
            ["s3:PutObject"],
            outbox.arn_for_objects(f"{WORK}*"),
            wildcard_because=OF_DOCUMENTS,
        )
        results = [f"{RESULTS}*", f"{ROWS}*"]
        if self._foundation.environment.settings(LanguageChainSettings).speak != "nothing":
            results.append(f"{WORK}*/speech.json")
        merge.allow(
            "WriteResults",
            ["s3:PutObject"],
            *map(outbox.arn_for_objects, results),
            wildcard_because=OF_DOCUMENTS,
        )
