"""Transcribe: what a transcription job may ask for at once."""

from typing import Any

from local.services.rules.rule import API_READ, READ, Rule, api
from local.services.task import Arguments

_REFERENCE = "transcribe/latest/APIReference"
_START = ("transcribe:StartTranscriptionJob",)
_SETTINGS = api(_REFERENCE, "API_Settings")
_JOB = api(_REFERENCE, "API_StartTranscriptionJob")
_BAD = "BadRequestException"
_KEY = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def _job(**changes: Any) -> Arguments:
    return {
        "TranscriptionJobName": "job",
        "IdentifyLanguage": True,
        "Media": {"MediaFileUri": "s3://inbox/a.mp3"},
        "OutputBucketName": "results",
        "OutputKey": "work/1/transcript.json",
        **changes,
    }


def _settings(request: Arguments) -> Arguments:
    settings: Arguments = request.get("Settings", {})
    return settings


def _language_settings(request: Arguments) -> Arguments:
    settings: Arguments = request.get("LanguageIdSettings", {})
    return settings


def _languages_chosen(request: Arguments) -> int:
    kinds = ("LanguageCode", "IdentifyLanguage", "IdentifyMultipleLanguages")
    return sum(bool(request.get(kind)) for kind in kinds)


def _filter_or_method_alone(request: Arguments) -> bool:
    names = [_settings(request), *_language_settings(request).values()]
    has_filter = any("VocabularyFilterName" in item for item in names)
    return has_filter != ("VocabularyFilterMethod" in _settings(request))


_LISTS = {"en-US": {"VocabularyName": "words"}}
RULES = [
    Rule(
        id="one-way-of-language",
        operations=_START,
        says="A job names its language, or lets one or several be identified: one of the three.",
        breaks=lambda request, _: _languages_chosen(request) != 1,
        error=_BAD,
        message="You must include exactly one of LanguageCode, IdentifyLanguage or"
        " IdentifyMultipleLanguages.",
        source=_JOB,
        read=API_READ,
        refused=_job(LanguageCode="en-US"),
        accepted=_job(),
    ),
    Rule(
        id="language-options",
        operations=_START,
        says="Language settings come with two to five options, which hold each of their codes:"
        " otherwise another dialect may be identified, and the lists are not applied.",
        breaks=lambda request, _: (
            bool(_language_settings(request))
            and not set(_language_settings(request)) <= set(request.get("LanguageOptions", []))
        ),
        error=_BAD,
        message="If you include LanguageIdSettings, also include LanguageOptions with the same"
        " language codes.",
        source=_JOB,
        read=API_READ,
        refused=_job(LanguageIdSettings=_LISTS),
        accepted=_job(LanguageIdSettings=_LISTS, LanguageOptions=["en-US", "de-DE"]),
    ),
    Rule(
        id="language-option-count",
        operations=_START,
        says="At least two languages are given to choose from.",
        breaks=lambda request, _: len(request.get("LanguageOptions", ["", ""])) < 2,
        error=_BAD,
        message="LanguageOptions must contain at least two language codes.",
        source=api("transcribe/latest/dg", "lang-id-batch"),
        read=READ,
        refused=_job(LanguageOptions=["en-US"]),
        accepted=_job(LanguageOptions=["en-US", "de-DE"]),
    ),
    Rule(
        id="lists-of-identified-language",
        operations=_START,
        says="With an identified language, lists are named in LanguageIdSettings.",
        breaks=lambda request, _: (
            bool(request.get("IdentifyLanguage"))
            and bool({"VocabularyName", "VocabularyFilterName"} & set(_settings(request)))
        ),
        error=_BAD,
        message="Use LanguageIdSettings for a custom vocabulary or filter with IdentifyLanguage.",
        source=api("transcribe/latest/dg", "lang-id-batch"),
        read=READ,
        refused=_job(Settings={"VocabularyName": "words"}),
        accepted=_job(LanguageIdSettings=_LISTS, LanguageOptions=["en-US", "de-DE"]),
    ),
    Rule(
        id="filter-method",
        operations=_START,
        says="A vocabulary filter and the method of filtering are named together.",
        breaks=lambda request, _: _filter_or_method_alone(request),
        error=_BAD,
        message="You must specify VocabularyFilterName and VocabularyFilterMethod together.",
        source=_SETTINGS,
        read=API_READ,
        refused=_job(Settings={"VocabularyFilterMethod": "mask"}),
        accepted=_job(
            Settings={"VocabularyFilterMethod": "mask"},
            LanguageIdSettings={"en-US": {"VocabularyFilterName": "words"}},
            LanguageOptions=["en-US", "de-DE"],
        ),
    ),
    Rule(
        id="speaker-labels",
        operations=_START,
        says="Labels of speakers and their number are asked for together.",
        breaks=lambda request, _: (
            bool(_settings(request).get("ShowSpeakerLabels"))
            != ("MaxSpeakerLabels" in _settings(request))
        ),
        error=_BAD,
        message="If you specify MaxSpeakerLabels, you must set ShowSpeakerLabels to true, and"
        " the other way round.",
        source=_SETTINGS,
        read=API_READ,
        refused=_job(Settings={"MaxSpeakerLabels": 10}),
        accepted=_job(Settings={"ShowSpeakerLabels": True, "MaxSpeakerLabels": 10}),
    ),
    Rule(
        id="alternatives",
        operations=_START,
        says="Alternatives and their number are asked for together.",
        breaks=lambda request, _: (
            bool(_settings(request).get("ShowAlternatives"))
            != ("MaxAlternatives" in _settings(request))
        ),
        error=_BAD,
        message="If you include ShowAlternatives, you must also include MaxAlternatives.",
        source=_SETTINGS,
        read=API_READ,
        refused=_job(Settings={"ShowAlternatives": True}),
        accepted=_job(Settings={"ShowAlternatives": True, "MaxAlternatives": 2}),
    ),
    Rule(
        id="output-bucket",
        operations=_START,
        says="A key for the output, in S3 or of KMS, needs a bucket of one's own.",
        breaks=lambda request, _: (
            "OutputBucketName" not in request
            and bool({"OutputKey", "OutputEncryptionKMSKeyId"} & set(request))
        ),
        error=_BAD,
        message="If you specify OutputKey or OutputEncryptionKMSKeyId, you must also specify"
        " OutputBucketName.",
        source=_JOB,
        read=API_READ,
        refused={name: value for name, value in _job().items() if name != "OutputBucketName"},
        accepted=_job(OutputEncryptionKMSKeyId=_KEY),
    ),
    Rule(
        id="job-name",
        operations=_START,
        says="Names of jobs are unique within an account.",
        breaks=lambda request, state: (
            request["TranscriptionJobName"] in state.get("transcription_jobs", {})
        ),
        error="ConflictException",
        message="The requested job name already exists. Use a different job name.",
        source=_JOB,
        read=API_READ,
        refused=_job(),
        accepted=_job(TranscriptionJobName="another"),
        state={"transcription_jobs": {"job": {}}},
    ),
]
