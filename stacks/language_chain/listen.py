"""Recordings to text, by Amazon Transcribe (AI-06)."""

from aws_cdk import Duration, Stack
from constructs import Construct

from stacks.language_chain.settings import LanguageChainSettings
from stacks.language_chain.storage import OF_DOCUMENTS, WORK, Storage
from stacks.language_chain.word_lists import VOCABULARY_LANGUAGE, WordLists
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.foundation import Foundation


class Listen(Construct):
    """`listen`: starts a transcription job and waits for it."""

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
        settings = foundation.environment.settings(LanguageChainSettings)
        self.state_machine = AslStateMachine(
            self,
            "Workflow",
            workflow="language_chain/listen",
            substitutions={
                "KeyArn": foundation.key.key_arn,
                "ResultsBucket": storage.outbox.bucket_name,
                "TranscriptionHours": f"{settings.transcription_hours}",
                "Vocabulary": words.vocabulary,
                "VocabularyFilter": words.vocabulary_filter,
                "RecordingLanguages": ",".join(settings.recording_languages),
                "VocabularyLanguage": VOCABULARY_LANGUAGE,
            },
            foundation=foundation,
            timeout=Duration.hours(21),
            runbook="A recording was not transcribed. The execution of the chain that started this"
            " one quarantines it; this one's history names the error.",
        )
        self.state_machine.node.add_dependency(words)
        self._permit(foundation, storage)

    def _permit(self, foundation: Foundation, storage: Storage) -> None:
        """Transcribe reads the recording and writes the transcript with this role's permissions."""
        role, (inbox, outbox) = self.state_machine.service_role, storage.both
        role.allow(
            "StartTranscriptions",
            ["transcribe:StartTranscriptionJob"],
            "*",
            conditions={
                "StringEquals": {
                    "transcribe:OutputBucketName": outbox.bucket_name,
                    "transcribe:OutputEncryptionKMSKeyId": foundation.key.key_arn,
                }
            },
            wildcard_because="a job has no ARN before it is started; its output is restricted",
        )
        role.allow(
            "WaitForTranscriptions",
            ["transcribe:GetTranscriptionJob"],
            Stack.of(self).format_arn(
                service="transcribe", resource="transcription-job", resource_name="*"
            ),
            wildcard_because="jobs are named after documents",
        )
        role.allow(
            "ReadRecordings",
            ["s3:GetObject"],
            inbox.arn_for_objects("*"),
            wildcard_because=OF_DOCUMENTS,
        )
        role.allow(
            "WriteTranscripts",
            ["s3:PutObject"],
            outbox.arn_for_objects(f"{WORK}*/transcript/*.json"),
            # Transcribe writes this object beside the output before it takes a job.
            outbox.arn_for_objects(f"{WORK}*/.write_access_check_file.temp"),
            wildcard_because=OF_DOCUMENTS,
        )
        role.allow(
            "LookForTranscripts",
            ["s3:GetObject"],
            outbox.arn_for_objects(f"{WORK}*/transcript/*.json"),
            wildcard_because=OF_DOCUMENTS,
        )
        role.allow_key("UseTheKeyOfItsData", foundation.key, "s3")
