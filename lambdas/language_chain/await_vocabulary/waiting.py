"""When a vocabulary may be used, and when it may be deleted."""

from typing import TYPE_CHECKING

from botocore.exceptions import WaiterError

if TYPE_CHECKING:
    from mypy_boto3_transcribe import TranscribeServiceClient


class VocabularyError(Exception):
    """Transcribe cannot build the vocabulary; the message says why, and what to do."""


def wait_until_ready(transcribe: "TranscribeServiceClient", name: str, attempts: int) -> None:
    """Wait while Transcribe builds the vocabulary, at most `attempts` times ten seconds.

    Jobs that name a vocabulary that is not READY are refused
    (https://docs.aws.amazon.com/transcribe/latest/APIReference/API_GetVocabulary.html, read
    2026-11-29). Raises VocabularyError if Transcribe cannot build it, botocore's WaiterError if
    the time is over.
    """
    waiter = transcribe.get_waiter("vocabulary_ready")
    try:
        waiter.wait(VocabularyName=name, WaiterConfig={"Delay": 10, "MaxAttempts": attempts})
    except WaiterError as error:
        if error.last_response.get("VocabularyState") != "FAILED":
            raise
        reason = error.last_response.get("FailureReason", "it names no reason")
        raise VocabularyError(
            f"Transcribe cannot build the vocabulary {name}: {reason}. Correct"
            " models/language_chain/word_lists/vocabulary.txt and deploy again."
        ) from error


def wait_until_settled(transcribe: "TranscribeServiceClient", name: str, attempts: int) -> None:
    """Wait until the vocabulary is built, cannot be built, or does not exist."""
    try:
        wait_until_ready(transcribe, name, attempts)
    except VocabularyError:
        return
    except WaiterError as error:
        if error.last_response.get("Error", {}).get("Code") != "NotFoundException":
            raise
