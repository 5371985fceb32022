"""The word lists of `models/language_chain/word_lists/` as resources (AI-05, AI-06, AI-07).

CloudFormation has types for them in four commercial Regions. A custom resource, the default, calls
the same APIs in every Region.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from aws_cdk import CustomResource, Duration, Names, Stack
from aws_cdk import aws_polly as polly
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_transcribe as transcribe
from aws_cdk import aws_translate as translate
from aws_cdk import custom_resources as cr
from constructs import Construct

from repository import ROOT
from stacks.language_chain.settings import LanguageChainSettings
from stacks.shared.bundle import source_file
from stacks.shared.encrypted_log_group import EncryptedLogGroup
from stacks.shared.foundation import Foundation
from stacks.shared.python_function import PythonFunction
from stacks.shared.service_role import ServiceRole

FOLDER = ROOT / "models" / "language_chain" / "word_lists"
VOCABULARY_LANGUAGE = "en-US"
NONE = "none"
_RESOURCES = {
    "Lexicon": "lexicon",
    "Terminology": "terminology",
    "Vocabulary": "vocabulary",
    "VocabularyFilter": "vocabulary-filter",
}


class WordLists(Construct):
    """The names of the lists in the services; `none` for a list that is not enabled."""

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(LanguageChainSettings)
        # At most 20 letters and digits: Polly's limit, which the others accept.
        self._name = Names.unique_resource_name(self, max_length=20)
        enabled = {
            "terminology": settings.terminology,
            "vocabulary": settings.vocabulary,
            "vocabulary_filter": settings.vocabulary_filter,
            "lexicon": settings.lexicon,
        }
        self.terminology, self.vocabulary, self.vocabulary_filter, self.lexicon = (
            self._name if enabled_list else NONE for enabled_list in enabled.values()
        )
        self.terminology_digest = _digest(["terminology.csv"] if settings.terminology else [])
        self.listening_digest = _digest(
            [
                *(["vocabulary.txt"] if settings.vocabulary else []),
                *(["unwanted_words.txt"] if settings.vocabulary_filter else []),
            ]
        )
        if not any(enabled.values()):
            return
        by_cloudformation = settings.word_lists_by == "cloudformation"
        word_lists = _ByCloudFormation(self) if by_cloudformation else _ByCalls(self, foundation)
        if settings.terminology:
            word_lists.terminology(self._name, (FOLDER / "terminology.csv").read_text())
        if settings.vocabulary:
            # As a table in S3: Transcribe's phrase lists are deprecated.
            file = s3_assets.Asset(
                self, "VocabularyFile", path=str(source_file(FOLDER / "vocabulary.txt"))
            )
            self._wait_for(word_lists.vocabulary(self._name, file), file, foundation)
        if settings.vocabulary_filter:
            words = (FOLDER / "unwanted_words.txt").read_text().split()
            word_lists.vocabulary_filter(self._name, words)
        if settings.lexicon:
            word_lists.lexicon(self._name, (FOLDER / "lexicon.pls").read_text())

    def _wait_for(
        self, vocabulary: Construct, file: s3_assets.Asset, foundation: Foundation
    ) -> None:
        """End the deployment when the vocabulary is ready, or fail it with Transcribe's reason.

        Transcribe builds a vocabulary for minutes after it accepted one, and refuses jobs that
        name it meanwhile.
        """
        function = PythonFunction(
            self,
            "AwaitVocabulary",
            foundation=foundation,
            folder="language_chain/await_vocabulary",
            timeout=Duration.minutes(15),  # Lambda's maximum
            runbook="Transcribe has not made the vocabulary ready, so CloudFormation rolls back."
            " The function's log says why.",
            variables={"VOCABULARY_NAME": self._name},
        )
        function.service_role.allow(
            "WatchTheVocabulary",
            ["transcribe:GetVocabulary"],
            word_list_arn(self, "transcribe", "Vocabulary", self._name),
        )
        ready = CustomResource(
            self,
            "VocabularyReady",
            resource_type="Custom::VocabularyReady",
            service_token=function.function_arn,
            # A changed file is another vocabulary to wait for.
            properties={"VocabularyFileUri": file.s3_object_url},
        )
        ready.node.add_dependency(vocabulary, function)


def _digest(files: list[str]) -> str:
    """Of enabled lists, so that results made by an earlier version are not used; or `none`."""
    digest = hashlib.sha256()
    for name in files:
        digest.update(hashlib.sha256((FOLDER / name).read_bytes()).digest())
    return digest.hexdigest()[:12] if files else NONE


def word_list_arn(scope: Construct, service: str, kind: str, name: str) -> str:
    """The ARN of a word list, as IAM is asked about it."""
    return Stack.of(scope).format_arn(
        service=service, resource=_RESOURCES[kind], resource_name=name
    )


class _ByCloudFormation:
    def __init__(self, scope: Construct) -> None:
        self._scope = scope

    def terminology(self, name: str, text: str) -> None:
        translate.CfnTerminology(
            self._scope,
            "Terminology",
            name=name,
            merge_strategy="OVERWRITE",
            terminology_data=translate.CfnTerminology.TerminologyDataProperty(
                file=base64.b64encode(text.encode()).decode(), format="CSV", directionality="MULTI"
            ),
        )

    def vocabulary(self, name: str, file: s3_assets.Asset) -> Construct:
        return transcribe.CfnVocabulary(
            self._scope,
            "Vocabulary",
            vocabulary_name=name,
            language_code=VOCABULARY_LANGUAGE,
            vocabulary_file_uri=file.s3_object_url,
        )

    def vocabulary_filter(self, name: str, words: list[str]) -> None:
        transcribe.CfnVocabularyFilter(
            self._scope,
            "VocabularyFilter",
            vocabulary_filter_name=name,
            language_code=VOCABULARY_LANGUAGE,
            words=words,
        )

    def lexicon(self, name: str, text: str) -> None:
        polly.CfnLexicon(self._scope, "Lexicon", name=name, content=text)


class _ByCalls:
    """The same by calls of the APIs, from the CDK's function for custom resources."""

    def __init__(self, scope: Construct, foundation: Foundation) -> None:
        self._scope = scope
        self._logs = EncryptedLogGroup(scope, "Logs", foundation=foundation)
        self._role = ServiceRole(scope, "Role", "lambda", confused_deputy_guard=False)
        self._role.allow(
            "WriteItsLogs",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            self._logs.log_group_arn,
        )

    def terminology(self, name: str, text: str) -> None:
        parameters = {
            "Name": name,
            "MergeStrategy": "OVERWRITE",
            "TerminologyData": {"File": text, "Format": "CSV", "Directionality": "MULTI"},
        }
        importing = ("importTerminology", parameters)
        self._keep("Terminology", "translate", importing, importing, "Name")

    def vocabulary(self, name: str, file: s3_assets.Asset) -> Construct:
        parameters = {
            "VocabularyName": name,
            "LanguageCode": VOCABULARY_LANGUAGE,
            "VocabularyFileUri": file.s3_object_url,
        }
        self._role.allow(
            "ReadTheVocabulary", ["s3:GetObject"], file.bucket.arn_for_objects(file.s3_object_key)
        )
        return self._keep(
            "Vocabulary",
            "transcribe",
            ("createVocabulary", parameters),
            ("updateVocabulary", parameters),
            "VocabularyName",
        )

    def vocabulary_filter(self, name: str, words: list[str]) -> None:
        parameters = {"VocabularyFilterName": name, "Words": words}
        self._keep(
            "VocabularyFilter",
            "transcribe",
            ("createVocabularyFilter", {**parameters, "LanguageCode": VOCABULARY_LANGUAGE}),
            ("updateVocabularyFilter", parameters),
            "VocabularyFilterName",
        )

    def lexicon(self, name: str, text: str) -> None:
        putting = ("putLexicon", {"Name": name, "Content": text})
        self._keep("Lexicon", "polly", putting, putting, "Name")

    def _keep(
        self,
        kind: str,
        service: str,
        create: tuple[str, Mapping[str, Any]],
        update: tuple[str, Mapping[str, Any]],
        name_parameter: str,
    ) -> Construct:
        name, delete = create[1][name_parameter], f"delete{kind}"
        physical_id = cr.PhysicalResourceId.of(f"{kind}-{name}")
        creating, *managing = (
            f"{service}:{call[0].upper()}{call[1:]}" for call in (create[0], update[0], delete)
        )
        arn = word_list_arn(self._scope, service, kind, name)
        # Translate's own ARN of a terminology ends in its version, `LATEST`; the Service
        # Authorization Reference names it without.
        arns = [arn, f"{arn}/LATEST"] if kind == "Terminology" else [arn]
        self._role.allow(f"Keep{kind}", sorted({*managing}), *arns)
        if creating not in managing:
            self._role.allow(
                f"Create{kind}",
                [creating],
                "*",
                wildcard_because="Transcribe's create calls have no resource",
            )
        resource = cr.AwsCustomResource(
            self._scope,
            kind,
            on_create=cr.AwsSdkCall(
                service=service,
                action=create[0],
                parameters=create[1],
                physical_resource_id=physical_id,
            ),
            on_update=cr.AwsSdkCall(
                service=service,
                action=update[0],
                parameters=update[1],
                physical_resource_id=physical_id,
            ),
            on_delete=cr.AwsSdkCall(
                service=service,
                action=delete,
                parameters={name_parameter: name},
                # CloudFormation also deletes what it failed to create, and people delete lists by
                # hand: either would leave the stack in ROLLBACK_FAILED or DELETE_FAILED.
                ignore_error_codes_matching="NotFoundException",
            ),
            role=self._role,
            log_group=self._logs,
            # The SDK of the Lambda runtime: nothing is downloaded during a deployment.
            install_latest_aws_sdk=False,
        )
        resource.node.add_dependency(self._role)
        return resource
