"""What Comprehend, Translate, Transcribe and Polly ask of the caller of a task.

Comprehend's real-time calls, TranslateText and the synthesis tasks have no resource without a
custom endpoint, terminology or lexicon (Service Authorization Reference). Sources of what is not
there stand at the functions; read 2026-11-28.
"""

from collections.abc import Callable

from local.services.iam.permission import (
    Account,
    Arguments,
    Permission,
    arn,
    pass_role,
    use_of_key,
)
from local.services.iam.storage_permissions import bucket_arn, object_arn, read_object
from local.services.s3.uri import split_uri

# The object that Transcribe writes beside a job's output before it takes the job.
WRITE_CHECK = ".write_access_check_file.temp"
_DETECT_LANGUAGE = Permission("comprehend:DetectDominantLanguage")


def without_resource(action: str) -> Callable[[Arguments, Account], list[Permission]]:
    """A call that needs one action, for which there is no resource."""
    return lambda _arguments, _account: [Permission(action)]


def translate_text(arguments: Arguments, _account: Account) -> list[Permission]:
    """`translate:translateText`; `auto` makes Translate call Comprehend under the caller's rights.

    docs.aws.amazon.com/translate/latest/APIReference/API_TranslateText.html, SourceLanguageCode.
    """
    return [
        Permission("translate:TranslateText"),
        *_detection(arguments["SourceLanguageCode"]),
        *(
            Permission("translate:TranslateText", arn("translate", f"terminology/{name}"))
            for name in arguments.get("TerminologyNames", [])
        ),
    ]


def _detection(source_language: str) -> list[Permission]:
    return [_DETECT_LANGUAGE] if source_language == "auto" else []


def start_translation_job(arguments: Arguments, _account: Account) -> list[Permission]:
    """`translate:startTextTranslationJob`.

    That `auto` asks the caller for Comprehend is documented for Translate as a whole: AWS's policy
    TranslateFullAccess carries the action. It was not verified for the batch API.
    """
    return [
        Permission("translate:StartTextTranslationJob"),
        pass_role(arguments["DataAccessRoleArn"], "translate"),
        *_detection(arguments["SourceLanguageCode"]),
    ]


def start_transcription_job(arguments: Arguments, account: Account) -> list[Permission]:
    """`transcribe:startTranscriptionJob`: Transcribe reads and writes under the caller's rights.

    Before it takes a job it writes WRITE_CHECK into the folder of OutputKey, under the same rights:
    reported by users who named single objects in a policy (pj0616/media-transcription,
    aws-talk-samples' Transcription readme); AWS's own example grants the whole bucket.
    """
    output, key = arguments["OutputBucketName"], arguments["OutputKey"]
    encryption_key = arguments.get("OutputEncryptionKMSKeyId", "")
    media_bucket, media_key = split_uri(arguments["Media"]["MediaFileUri"])
    folder = key.rpartition("/")[0]
    context = {
        "transcribe:OutputBucketName": output,
        "transcribe:OutputKey": key,
        "transcribe:OutputEncryptionKMSKeyId": encryption_key,
    }
    return [
        Permission("transcribe:StartTranscriptionJob", "*", context),
        *read_object(account, media_bucket, media_key),
        Permission("s3:PutObject", object_arn(output, f"{folder}/{WRITE_CHECK}")),
        Permission("s3:PutObject", object_arn(output, key)),
        *use_of_key(
            encryption_key,
            "s3",
            "GenerateDataKey",
            context={"aws:s3:arn": bucket_arn(output)},
        ),
    ]


def get_transcription_job(arguments: Arguments, _account: Account) -> list[Permission]:
    """`transcribe:getTranscriptionJob`."""
    name = arguments["TranscriptionJobName"]
    return [
        Permission("transcribe:GetTranscriptionJob", arn("transcribe", f"transcription-job/{name}"))
    ]


def start_speech_task(arguments: Arguments, account: Account) -> list[Permission]:
    """`polly:startSpeechSynthesisTask`: Polly writes under the caller's rights.

    docs.aws.amazon.com/polly/latest/dg/asynchronous-iam.html: the caller needs s3:PutObject.
    """
    bucket = arguments["OutputS3BucketName"]
    key = f"{arguments['OutputS3KeyPrefix']}.a-task.{arguments['OutputFormat']}"
    context = {"aws:s3:arn": bucket_arn(bucket)}
    return [
        Permission("polly:StartSpeechSynthesisTask"),
        Permission("s3:PutObject", object_arn(bucket, key)),
        *use_of_key(account.key_of(bucket_arn(bucket)), "s3", "GenerateDataKey", context=context),
        *(
            Permission("polly:StartSpeechSynthesisTask", arn("polly", f"lexicon/{name}"))
            for name in arguments.get("LexiconNames", [])
        ),
    ]
