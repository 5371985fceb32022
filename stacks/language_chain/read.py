"""Texts to results: split, translated, analysed and merged (AI-07, AI-08)."""

from aws_cdk import Duration
from constructs import Construct

from stacks.language_chain.part import Part
from stacks.language_chain.settings import LanguageChainSettings
from stacks.language_chain.storage import OF_DOCUMENTS, RESULTS, ROWS, WORK, Storage
from stacks.language_chain.word_lists import WordLists
from stacks.shared.asl_state_machine import AslStateMachine
from stacks.shared.foundation import Foundation
from stacks.shared.python_function import PythonFunction


class Read(Construct):
    """`read` and its two functions.

    The workflow calls Translate and Comprehend without code; a function stands only where limits,
    offsets or merging need some.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        storage: Storage,
        part: Part,
        words: WordLists,
    ) -> None:
        super().__init__(scope, construct_id)
        self._foundation, self._storage, self.parts = foundation, storage, part.state_machine
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
        self._permit_functions(speaks=settings.speak != "nothing")
        self.state_machine = AslStateMachine(
            self,
            "Workflow",
            workflow="language_chain/read",
            substitutions={
                "DistributeAbove": f"{settings.distribute_above}",
                "MergeFunctionArn": self.merge.function_arn,
                "PartArn": self.parts.state_machine_arn,
                "PartsAtATime": f"{settings.parts_at_a_time}",
                "SplitFunctionArn": self.split.function_arn,
                "TargetLanguage": settings.target_language,
                "TerminologyDigest": words.terminology_digest,
                "ToleratedPercent": f"{settings.parts_lost_at_most}",
            },
            foundation=foundation,
            timeout=Duration.days(1),
            runbook="A document could not be read. The execution of the chain that started this one"
            " quarantines it; this one's history shows which part failed.",
        )
        self.state_machine.allow_distributed_map()
        role = self.state_machine.service_role
        role.allow(
            "InvokeFunctions",
            ["lambda:InvokeFunction"],
            self.split.function_arn,
            self.merge.function_arn,
        )
        role.allow("ProcessParts", ["states:StartSyncExecution"], self.parts.state_machine_arn)
        role.allow(
            "DetectLanguages",
            ["comprehend:DetectDominantLanguage"],
            "*",
            wildcard_because="Comprehend has no resource for a text",
        )

    def _function(self, name: str, folder: str, variables: dict[str, str]) -> PythonFunction:
        return PythonFunction(
            self,
            name,
            folder=folder,
            foundation=self._foundation,
            timeout=Duration.minutes(5),
            runbook=f"The function of the step {name} failed. Its log says why; the workflow tries"
            " again, then quarantines the document.",
            variables={"RESULTS_BUCKET": self._storage.outbox.bucket_name, **variables},
        )

    def _permit_functions(self, *, speaks: bool) -> None:
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
        # What an earlier run has already made.
        split.allow_list("FindResults", outbox.bucket_arn, WORK)
        prefixes = [f"{RESULTS}*", f"{ROWS}*"]
        if speaks:
            prefixes.append(f"{WORK}*/speech.json")
        merge.allow(
            "WriteResults",
            ["s3:PutObject"],
            *map(outbox.arn_for_objects, prefixes),
            wildcard_because=OF_DOCUMENTS,
        )
