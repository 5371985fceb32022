"""Texts to speech, by Amazon Polly (AI-05)."""

from aws_cdk import Duration
from constructs import Construct

from stacks.language_chain.settings import VOICE_LANGUAGES, VOICES, LanguageChainSettings
from stacks.language_chain.storage import OF_DOCUMENTS, SPEECH, WORK, Storage
from stacks.language_chain.word_lists import WordLists
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.foundation import Foundation


class Speak(Construct):
    """`speak`: starts a synthesis task and waits for it."""

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
            workflow="language_chain/speak",
            substitutions={
                "Lexicon": words.lexicon,
                "ResultsBucket": storage.outbox.bucket_name,
                "Voice": VOICES[settings.target_language],
                "VoiceLanguage": VOICE_LANGUAGES.get(settings.target_language, "none"),
            },
            foundation=foundation,
            timeout=Duration.hours(2),
            runbook="A document was not spoken. The execution of the chain that started this one"
            " quarantines it; this one's history names the error.",
        )
        self.state_machine.node.add_dependency(words)
        role, outbox = self.state_machine.service_role, storage.outbox
        role.allow(
            "SynthesiseSpeech",
            ["polly:GetSpeechSynthesisTask", "polly:StartSpeechSynthesisTask"],
            "*",
            wildcard_because="Polly has no resource for a synthesis task",
        )
        role.allow(
            "ReadTexts",
            ["s3:GetObject"],
            outbox.arn_for_objects(f"{WORK}*/speech.json"),
            wildcard_because=OF_DOCUMENTS,
        )
        # Polly writes the recording with this role's permissions.
        role.allow(
            "WriteSpeech",
            ["s3:PutObject"],
            outbox.arn_for_objects(f"{SPEECH}*"),
            wildcard_because=OF_DOCUMENTS,
        )
        role.allow_key("UseTheKeyOfItsData", foundation.key, "s3")
