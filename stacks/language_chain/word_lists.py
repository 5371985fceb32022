"""The word lists of `models/language_chain/word_lists/` as resources (AI-05, AI-06, AI-07).

CloudFormation has types for them in four commercial Regions. Elsewhere a custom resource calls the
same APIs; it is what the template says if nobody says otherwise, since it works in all of them.
"""

import base64
from collections.abc import Mapping
from typing import Any

from aws_cdk import Names, Stack
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
    """The names under which the services know the lists; `none` is the name of one not wanted."""

    def __init__(self, scope: Construct, construct_id: str, *, foundation: Foundation) -> None:
        super().__init__(scope, construct_id)
        settings = foundation.environment.settings(LanguageChainSettings)
        # Letters and digits, twenty at most: what Polly takes, and the others do, too.
        self._name = Names.unique_resource_name(self, max_length=20)
        wanted = {
            "terminology": settings.terminology,
            "vocabulary": settings.vocabulary,
            "vocabulary_filter": settings.vocabulary_filter,
            "lexicon": settings.lexicon,
        }
        self.terminology, self.vocabulary, self.vocabulary_filter, self.lexicon = (
            self._name if each else NONE for each in wanted.values()
        )
        if not any(wanted.values()):
            return
        by_cloudformation = settings.word_lists_by == "cloudformation"
        kept = _ByCloudFormation(self) if by_cloudformation else _ByCalls(self, foundation)
        if settings.terminology:
            kept.terminology(self._name, (FOLDER / "terminology.csv").read_text())
        if settings.vocabulary:
            # In S3, as Transcribe wants a table; a list of phrases alone is on its way out.
            file = s3_assets.Asset(
                self, "VocabularyFile", path=str(source_file(FOLDER / "vocabulary.txt"))
            )
            kept.vocabulary(self._name, file)
        if settings.vocabulary_filter:
            words = (FOLDER / "unwanted_words.txt").read_text().split()
            kept.vocabulary_filter(self._name, words)
        if settings.lexicon:
            kept.lexicon(self._name, (FOLDER / "lexicon.pls").read_text())


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

    def vocabulary(self, name: str, file: s3_assets.Asset) -> None:
        transcribe.CfnVocabulary(
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
    """The same by AWS's APIs, from a function of the CDK."""

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
        given = {
            "Name": name,
            "MergeStrategy": "OVERWRITE",
            "TerminologyData": {"File": text, "Format": "CSV", "Directionality": "MULTI"},
        }
        importing = ("importTerminology", given)
        self._keep("Terminology", "translate", importing, importing, "Name")

    def vocabulary(self, name: str, file: s3_assets.Asset) -> None:
        given = {
            "VocabularyName": name,
            "LanguageCode": VOCABULARY_LANGUAGE,
            "VocabularyFileUri": file.s3_object_url,
        }
        self._role.allow(
            "ReadTheVocabulary", ["s3:GetObject"], file.bucket.arn_for_objects(file.s3_object_key)
        )
        self._keep(
            "Vocabulary",
            "transcribe",
            ("createVocabulary", given),
            ("updateVocabulary", given),
            "VocabularyName",
        )

    def vocabulary_filter(self, name: str, words: list[str]) -> None:
        given = {"VocabularyFilterName": name, "Words": words}
        self._keep(
            "VocabularyFilter",
            "transcribe",
            ("createVocabularyFilter", {**given, "LanguageCode": VOCABULARY_LANGUAGE}),
            ("updateVocabularyFilter", given),
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
        named: str,
    ) -> None:
        name, delete = create[1][named], f"delete{kind}"
        made = cr.PhysicalResourceId.of(f"{kind}-{name}")
        creating, *others = (
            f"{service}:{call[0].upper()}{call[1:]}" for call in (create[0], update[0], delete)
        )
        arn = Stack.of(self._scope).format_arn(
            service=service, resource=_RESOURCES[kind], resource_name=name
        )
        self._role.allow(f"Keep{kind}", sorted({*others}), arn)
        if creating not in others:
            self._role.allow(
                f"Create{kind}",
                [creating],
                "*",
                wildcard_because="what is not there yet is no resource that Transcribe could name",
            )
        resource = cr.AwsCustomResource(
            self._scope,
            kind,
            on_create=cr.AwsSdkCall(
                service=service, action=create[0], parameters=create[1], physical_resource_id=made
            ),
            on_update=cr.AwsSdkCall(
                service=service, action=update[0], parameters=update[1], physical_resource_id=made
            ),
            on_delete=cr.AwsSdkCall(service=service, action=delete, parameters={named: name}),
            role=self._role,
            log_group=self._logs,
            # The SDK that the Lambda runtime has: nothing is downloaded while deploying.
            install_latest_aws_sdk=False,
        )
        resource.node.add_dependency(self._role)
