"""Translate, Comprehend and Polly: sizes, languages, voices and formats."""

from typing import Any

from local.services.rules.rule import API_READ, Rule, api
from local.services.task import Arguments

# fmt: off
COMPREHEND_LANGUAGES = {
    "ar", "hi", "ko", "zh-TW", "ja", "zh", "de", "pt", "en", "it", "fr", "es",
}
PII_LANGUAGES = {"en", "es"}
# Voices without the standard engine, of those that the settings know.
_NEURAL_ONLY = {"Hala", "Kajal", "Ruth", "Stephen", "Gregory", "Danielle", "Ola", "Ida", "Suvi"}
_RATES = {
    "mp3": {"8000", "16000", "22050", "24000", "44100", "48000"},
    "ogg_vorbis": {"8000", "16000", "22050", "24000", "44100", "48000"},
    "ogg_opus": {"48000"},
    "pcm": {"8000", "16000"},
}
# fmt: on
_LIMITS = api("comprehend/latest/dg", "guidelines-and-limits")
_POLLY = "polly/latest/dg"
_DETECT = ("Sentiment", "Entities", "KeyPhrases")


def _size(request: Arguments) -> int:
    return len(request["Text"].encode())


def _text(size: int, **changes: str) -> Arguments:
    return {"Text": "x" * size, **changes}


def _translation(size: int) -> Arguments:
    return _text(size, SourceLanguageCode="de", TargetLanguageCode="en")


def _job(*targets: str, **changes: Any) -> Arguments:
    return {
        "InputDataConfig": {"S3Uri": "s3://inbox/letters/", "ContentType": "text/plain"},
        "OutputDataConfig": {"S3Uri": "s3://outbox/letters/"},
        "DataAccessRoleArn": "arn:aws:iam::000000000000:role/translate",
        "SourceLanguageCode": "de",
        "TargetLanguageCodes": list(targets or ("en",)),
        "ClientToken": "token",
        **changes,
    }


def _speech(**changes: Any) -> Arguments:
    return {
        "Text": "Hello",
        "VoiceId": "Joanna",
        "Engine": "neural",
        "OutputFormat": "mp3",
        "OutputS3BucketName": "results",
        **changes,
    }


_SPEAK = ("polly:StartSpeechSynthesisTask",)
_BOTH = (*_SPEAK, "polly:SynthesizeSpeech")
RULES = [
    Rule(
        id="translate-size",
        operations=("translate:TranslateText",),
        says="A text in real time has at most 10,000 bytes in UTF-8.",
        breaks=lambda request, _: _size(request) > 10_000,
        error="TextSizeLimitExceededException",
        message="Input text size exceeds limit. Max length of request text allowed is 10000 bytes",
        source=api("translate/latest/dg", "what-is-limits"),
        read=API_READ,
        refused={**_translation(1), "Text": "ü" * 5_001},
        accepted={**_translation(1), "Text": "ü" * 5_000},
    ),
    Rule(
        id="job-languages",
        operations=("translate:StartTextTranslationJob",),
        says="A job translates into at most ten languages.",
        breaks=lambda request, _: len(request["TargetLanguageCodes"]) > 10,
        error="InvalidParameterValueException",
        message="A translation job takes at most 10 target languages.",
        source=api("translate/latest/APIReference", "API_StartTextTranslationJob"),
        read=API_READ,
        refused=_job(*("en", "fr", "es", "it", "pt", "nl", "pl", "cs", "sk", "sv", "da")),
        accepted=_job("en", "fr"),
    ),
    Rule(
        id="job-terminologies",
        operations=("translate:StartTextTranslationJob",),
        says="A job takes one terminology.",
        breaks=lambda request, _: len(request.get("TerminologyNames", [])) > 1,
        error="InvalidParameterValueException",
        message="TerminologyNames accepts only one custom terminology resource.",
        source=api("translate/latest/APIReference", "API_StartTextTranslationJob"),
        read=API_READ,
        refused=_job(TerminologyNames=["words", "names"]),
        accepted=_job(TerminologyNames=["words"]),
    ),
    Rule(
        id="sentiment-size",
        operations=("comprehend:DetectSentiment",),
        says="A text whose sentiment is asked for has at most 5 KB in UTF-8.",
        breaks=lambda request, _: _size(request) > 5_000,
        error="TextSizeLimitExceededException",
        message="Input text size exceeds limit. Max length of request text allowed is 5000 bytes",
        source=_LIMITS,
        read=API_READ,
        refused=_text(5_001, LanguageCode="en"),
        accepted=_text(5_000, LanguageCode="en"),
    ),
    Rule(
        id="text-size",
        operations=tuple(
            f"comprehend:Detect{kind}"
            for kind in ("Entities", "KeyPhrases", "PiiEntities", "DominantLanguage")
        ),
        says="A text in real time has at most 100 KB in UTF-8.",
        breaks=lambda request, _: _size(request) > 100_000,
        error="TextSizeLimitExceededException",
        message="Input text size exceeds limit. Max length of request text allowed is 100000 bytes",
        source=_LIMITS,
        read=API_READ,
        refused=_text(100_001, LanguageCode="en"),
        accepted=_text(100_000, LanguageCode="en"),
    ),
    Rule(
        id="pii-language",
        operations=("comprehend:DetectPiiEntities",),
        says="Personal data are found in English and Spanish.",
        breaks=lambda request, _: request["LanguageCode"] not in PII_LANGUAGES,
        error="UnsupportedLanguageException",
        message="The language of the input text is not supported: use en or es.",
        source=api("comprehend/latest/dg", "how-pii"),
        read=API_READ,
        refused=_text(5, LanguageCode="de"),
        accepted=_text(5, LanguageCode="es"),
    ),
    Rule(
        id="speech-task-size",
        operations=_SPEAK,
        says="A synthesis task takes at most 100,000 billed characters.",
        breaks=lambda request, _: (
            request.get("TextType", "text") == "text" and len(request["Text"]) > 100_000
        ),
        error="TextLengthExceededException",
        message="Maximum text length has been exceeded",
        source=api(_POLLY, "limits"),
        read=API_READ,
        refused=_speech(Text="x" * 100_001),
        accepted=_speech(Text="x" * 100_000),
    ),
    Rule(
        id="speech-task-characters",
        operations=_SPEAK,
        says="A synthesis task takes at most 200,000 characters, tags of SSML included.",
        breaks=lambda request, _: len(request["Text"]) > 200_000,
        error="TextLengthExceededException",
        message="Maximum text length has been exceeded",
        source=api(_POLLY, "limits"),
        read=API_READ,
        refused=_speech(TextType="ssml", Text="x" * 200_001),
        accepted=_speech(TextType="ssml", Text="x" * 200_000),
    ),
    Rule(
        id="speech-size",
        operations=("polly:SynthesizeSpeech",),
        says="Speech in real time takes at most 3,000 billed characters.",
        breaks=lambda request, _: (
            request.get("TextType", "text") == "text" and len(request["Text"]) > 3_000
        ),
        error="TextLengthExceededException",
        message="Maximum text length has been exceeded",
        source=api(_POLLY, "limits"),
        read=API_READ,
        refused={"Text": "x" * 3_001, "VoiceId": "Joanna", "OutputFormat": "mp3"},
        accepted={"Text": "x" * 3_000, "VoiceId": "Joanna", "OutputFormat": "mp3"},
    ),
    Rule(
        id="voice-engine",
        operations=_BOTH,
        says="Some voices have no standard engine.",
        breaks=lambda request, _: (
            request.get("Engine", "standard") == "standard" and request["VoiceId"] in _NEURAL_ONLY
        ),
        error="EngineNotSupportedException",
        message="This voice does not support the selected engine: standard",
        source=api(_POLLY, "available-voices"),
        read=API_READ,
        refused=_speech(VoiceId="Kajal", Engine="standard"),
        accepted=_speech(VoiceId="Kajal"),
    ),
    Rule(
        id="sample-rate",
        operations=_BOTH,
        says="Each format has its sample rates.",
        breaks=lambda request, _: (
            "SampleRate" in request
            and request["SampleRate"] not in _RATES.get(request["OutputFormat"], {"8000"})
        ),
        error="InvalidSampleRateException",
        message="The specified sample rate is not valid.",
        source=api("polly/latest/dg", "API_StartSpeechSynthesisTask"),
        read=API_READ,
        refused=_speech(OutputFormat="pcm", SampleRate="24000"),
        accepted=_speech(OutputFormat="pcm", SampleRate="16000"),
    ),
    Rule(
        id="speech-marks",
        operations=_BOTH,
        says="Speech marks come as JSON, and JSON holds nothing else.",
        breaks=lambda request, _: (
            bool(request.get("SpeechMarkTypes")) != (request["OutputFormat"] == "json")
        ),
        error="MarksNotSupportedForFormatException",
        message="Speech marks are not supported for the OutputFormat selected.",
        source=api("polly/latest/dg", "API_StartSpeechSynthesisTask"),
        read=API_READ,
        refused=_speech(SpeechMarkTypes=["word"]),
        accepted=_speech(SpeechMarkTypes=["word"], OutputFormat="json"),
    ),
    Rule(
        id="ssml-marks",
        operations=_BOTH,
        says="A plain text has no SSML marks.",
        breaks=lambda request, _: (
            "ssml" in request.get("SpeechMarkTypes", [])
            and request.get("TextType", "text") == "text"
        ),
        error="SsmlMarksNotSupportedForTextTypeException",
        message="SSML speech marks are not supported for plain text-type input.",
        source=api("polly/latest/dg", "API_StartSpeechSynthesisTask"),
        read=API_READ,
        refused=_speech(SpeechMarkTypes=["ssml"], OutputFormat="json"),
        accepted=_speech(SpeechMarkTypes=["ssml"], OutputFormat="json", TextType="ssml"),
    ),
]
