"""The workflow of one document: it listens, reads and speaks, and records how that ended."""

from dataclasses import dataclass

from aws_cdk import Duration
from constructs import Construct

from stacks.language_chain.intake import Documents
from stacks.language_chain.settings import LanguageChainSettings
from stacks.language_chain.storage import OF_DOCUMENTS, QUARANTINE, Storage
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.foundation import Foundation


@dataclass(frozen=True)
class NestedWorkflows:
    """The workflows that an execution of the chain starts and waits for."""

    listen: AslStateMachine
    read: AslStateMachine
    speak: AslStateMachine | None
    """None if the settings ask for no speech."""


class Chain(Construct):
    """`language_chain`, one execution per document (AI-04).

    Intake, status table, redrive and alarms know this execution only; the nested ones end with it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        storage: Storage,
        documents: Documents,
        nested: NestedWorkflows,
        listening_digest: str,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(LanguageChainSettings)
        self.state_machine = AslStateMachine(
            self,
            "Workflow",
            workflow="language_chain/language_chain",
            substitutions={
                "DocumentsTable": documents.table_name,
                "ListeningDigest": listening_digest,
                "ListenArn": nested.listen.state_machine_arn,
                "MostMebibytes": f"{settings.most_mebibytes}",
                "ReadArn": nested.read.state_machine_arn,
                "ResultsBucket": storage.outbox.bucket_name,
                "Speak": settings.speak,
                "SpeakArn": nested.speak.state_machine_arn if nested.speak else "none",
                "StatusDays": f"{settings.status_days}",
            },
            foundation=foundation,
            timeout=Duration.days(1),
            runbook="An execution failed, or ran for a day. Its document is quarantined, and its"
            " item in the documents table holds the reason. Fix the cause, then run the stack's"
            " RedriveCommand.",
        )
        workflows = (nested.listen, nested.read, nested.speak)
        self.state_machine.allow_nested_workflows(*filter(None, workflows))
        self._permit(foundation, storage, documents)

    def _permit(self, foundation: Foundation, storage: Storage, documents: Documents) -> None:
        role, (inbox, outbox) = self.state_machine.service_role, storage.both
        role.allow(
            "InspectUploads",
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
        role.allow("UpdateStatus", ["dynamodb:UpdateItem"], documents.table_arn)
        role.allow_key("UseTheKeyOfItsData", foundation.key, "s3", "dynamodb")
