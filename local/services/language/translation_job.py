"""Translate's asynchronous jobs, run here: under the role that they are lent, as they are there.

What they write is what the real-time stand-in answers: the text, marked as not translated.
"""

from typing import Any

from local.runtime.emulator import ACCOUNT, Emulator
from local.services.language.language import language_of, translated
from local.services.sagemaker.jobs import parts
from local.services.task_error import TaskError

Arguments = dict[str, Any]


class TranslationJobs:
    """A job is done when it is started; it is seen at work once, as it would be there."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._jobs: dict[str, Arguments] = {}
        self._seen: set[str] = set()

    def start(self, request: Arguments) -> Arguments:
        """StartTextTranslationJob; a token that came before starts nothing."""
        job_id = request["ClientToken"]
        if job_id not in self._jobs:
            self._jobs[job_id] = self._run(job_id, request)
        return {"JobId": job_id, "JobStatus": "SUBMITTED"}

    def describe(self, request: Arguments) -> Arguments:
        """DescribeTextTranslationJob."""
        job_id = request["JobId"]
        if job_id not in self._jobs:
            raise TaskError("Translate.ResourceNotFoundException", f"no job {job_id}")
        status = {} if job_id in self._seen else {"JobStatus": "IN_PROGRESS"}
        self._seen.add(job_id)
        return {"TextTranslationJobProperties": {**self._jobs[job_id], **status}}

    def _run(self, job_id: str, request: Arguments) -> Arguments:
        s3 = self._emulator.client(
            "s3", self._emulator.assume(request["DataAccessRoleArn"], "translate")
        )
        (target,) = request["TargetLanguageCodes"]
        bucket, prefix = parts(request["InputDataConfig"]["S3Uri"])
        out_bucket, out_prefix = parts(request["OutputDataConfig"]["S3Uri"])
        out_prefix = f"{out_prefix}{ACCOUNT}-TranslateText-{job_id}/"
        counts = {"TranslatedDocumentsCount": 0, "DocumentsWithErrorsCount": 0}
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for key in [each["Key"] for page in pages for each in page.get("Contents", [])]:
            text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
            name = f"{out_prefix}{target}.{key.removeprefix(prefix)}"
            try:
                body = translated(text, language_of(text), target).encode()
            except TaskError:
                counts["DocumentsWithErrorsCount"] += 1
                continue
            s3.put_object(Bucket=out_bucket, Key=name, Body=body)
            counts["TranslatedDocumentsCount"] += 1
        failed = counts["DocumentsWithErrorsCount"]
        return {
            "JobStatus": "COMPLETED_WITH_ERROR" if failed else "COMPLETED",
            "JobDetails": counts,
            "OutputDataConfig": {"S3Uri": f"s3://{out_bucket}/{out_prefix}"},
        }
