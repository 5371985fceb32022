"""Translate's asynchronous jobs: run at once, under the role that the request passes.

They write what `text_translation` answers. A document in a language that Translate lacks counts as
failed. Formats other than plain text, sizes and the number of documents are not checked.
"""

from local.runtime.emulator import ACCOUNT, Emulator
from local.services.comprehend.languages import dominant_language
from local.services.s3.objects import list_keys
from local.services.s3.uri import split_uri
from local.services.task import Arguments, Table, TaskError
from local.services.translate.text_translation import translate

LENIENT = [
    (
        "Only plain text is translated; sizes and numbers of documents are not looked at.",
        "The workflow reads the job's state and counts alone.",
    ),
]


class TranslationJobs:
    """The jobs, by id. Each is done when it starts, and is IN_PROGRESS once when described."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._jobs: dict[str, Arguments] = {}
        self._described: set[str] = set()

    def table(self) -> Table:
        """The stand-ins of the asynchronous integrations."""
        return {
            "translate:startTextTranslationJob": self._start,
            "translate:describeTextTranslationJob": self._describe,
        }

    def _start(self, request: Arguments) -> Arguments:
        """Run a job; a client token that was used before starts none."""
        job_id = request["ClientToken"]
        if job_id not in self._jobs:
            self._jobs[job_id] = self._run(job_id, request)
        return {"JobId": job_id, "JobStatus": "SUBMITTED"}

    def _describe(self, request: Arguments) -> Arguments:
        job_id = request["JobId"]
        if job_id not in self._jobs:
            raise TaskError("Translate.ResourceNotFoundException", f"no job {job_id}")
        status = {} if job_id in self._described else {"JobStatus": "IN_PROGRESS"}
        self._described.add(job_id)
        return {"TextTranslationJobProperties": {**self._jobs[job_id], **status}}

    def _run(self, job_id: str, request: Arguments) -> Arguments:
        role = self._emulator.assume(request["DataAccessRoleArn"], "translate")
        s3 = self._emulator.client("s3", role)
        (language,) = request["TargetLanguageCodes"]
        bucket, prefix = split_uri(request["InputDataConfig"]["S3Uri"])
        output_bucket, output_prefix = split_uri(request["OutputDataConfig"]["S3Uri"])
        folder = f"{output_prefix}{ACCOUNT}-TranslateText-{job_id}/"
        translated, failed = 0, 0
        for key in list_keys(s3, bucket, prefix):
            text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
            try:
                body = translate(text, dominant_language(text), language).text.encode()
            except TaskError:
                failed += 1
                continue
            output_key = f"{folder}{language}.{key.removeprefix(prefix)}"
            s3.put_object(Bucket=output_bucket, Key=output_key, Body=body)
            translated += 1
        return {
            "JobStatus": "COMPLETED_WITH_ERROR" if failed else "COMPLETED",
            "JobDetails": {
                "TranslatedDocumentsCount": translated,
                "DocumentsWithErrorsCount": failed,
            },
            "OutputDataConfig": {"S3Uri": f"s3://{output_bucket}/{folder}"},
        }
