"""One way or more through each workflow: what its variables hold when its tasks run.

References in braces name resources of the templates, as `tools.assembly` writes them.
"""

import json
from dataclasses import dataclass, field
from typing import Any

_EXECUTION = "arn:aws:states:us-east-1:000000000000:execution"


@dataclass(frozen=True)
class Sample:
    """Variables and input of a workflow's tasks, on one way through it."""

    variables: dict[str, Any]
    input: dict[str, Any] = field(default_factory=dict)
    """`$states.input` of every task on this way, those in Maps included."""
    passes: tuple[str, ...] = ()
    """States whose `Assign` is evaluated first, in this order, and adds to the variables."""
    tasks: tuple[str, ...] = ()
    """The tasks on this way; all, if empty."""
    needs: str = ""
    """The place of a resource without which nobody goes this way."""


def _failure(machine: str) -> dict[str, str]:
    execution = f"{_EXECUTION}:{{LanguageChain/{machine}/Workflow.Name}}:generated-name"
    return {
        "Step": "a step",
        "Error": "States.TaskFailed",
        "Cause": json.dumps({"ExecutionArn": execution, "Error": "an error", "Cause": "a cause"}),
    }


def _document(**source: str) -> dict[str, Any]:
    return {
        "document_id": "d1",
        "attempt": "1",
        "source": {"bucket": "{LanguageChain/Storage/Inbox}", "key": "letter.txt", **source},
        "date": "2026-11-28",
        "media_format": "mp3",
    }


_CHAIN = {
    "recording": False,
    "text": {},
    "speech": "none",
    "result": {"source_language": "de", "result_key": "results/d1.json"},
    "failure": _failure("Read"),
}
_READ = {
    "document": {},
    "work": "work/d1/",
    "text": {},
    "lost": [],
    "made_by": "en none",
    "sample": "a text",
    "reading": {},
    "language": "de",
    "translated": "work/d1/translated/d/",
    "step": "translating",
    "from": "work/d1/source/d/",
    "to": "work/d1/translated/d/",
    "chunks": 1,
    "parts": 1,
    "pieces": 1,
    "searches": ["0-0"],
    "left": [0],
}


def _part(step: str, number: int | str) -> dict[str, Any]:
    return {
        "step": step,
        "from": "work/d1/source/d/",
        "to": "work/d1/translated/d/",
        "number": number,
        "language": "de",
    }


_PART: dict[str, Any] = {
    "part": _part("translating", 0),
    "item": {"S": "turns/translating"},
    "milliseconds": 50,
    "text": "a text",
    "terminology": {},
    "answer": {"text": "a text"},
    "tries": 1,
}
_PACKAGE = "arn:aws:sagemaker:us-east-1:000000000000:model-package/flight-delay/1"
_OLD = {
    "exists": True,
    "config": "flight-delay-old",
    "model": "flight-delay-old",
    "package": "none",
}

SAMPLES: dict[str, list[Sample]] = {
    "language_chain/language_chain": [
        Sample(_CHAIN, _document(version_id="v1"), ("Prepare",)),
        Sample(_CHAIN, _document(version_id=""), ("Prepare",), ("Inspect the upload",)),
        *(
            Sample(
                {**_CHAIN, "failure": _failure(machine)},
                _document(version_id="v1"),
                ("Prepare",),
                ("Find the failed step",),
                f"LanguageChain/{machine}/Workflow",
            )
            for machine in ("Listen", "Speak")
        ),
    ],
    "language_chain/language_part": [Sample(_PART, _part("translating", 0))],
    "language_chain/listen": [
        Sample(
            {},
            {
                "job": "d1-1",
                "media": "s3://{LanguageChain/Storage/Inbox}/speech.mp3",
                "format": "mp3",
                "transcript": "work/d1/transcript/none.json",
            },
            ("Choose the word lists", "Apply the word lists", "Describe the job"),
        )
    ],
    "language_chain/read": [Sample(_READ, _part("translating", 0))],
    "language_chain/speak": [
        Sample(
            {"lexicon": {}, "task_id": "t"}, {"text": "work/d1/speech.json"}, (), ("Read the text",)
        ),
        Sample(
            {"lexicon": {}, "task_id": "t"},
            {
                "Text": "a text",
                "VoiceId": "Joanna",
                "OutputFormat": "mp3",
                "OutputS3BucketName": "{LanguageChain/Storage/Outbox}",
                "OutputS3KeyPrefix": "speech/d1",
            },
            (),
            ("Speak", "Check the speech"),
        ),
    ],
    "language_chain/translate_collection": [
        Sample(
            {
                "collection": "collections/letters/",
                "content_type": "text/plain",
                "job_name": "letters",
                "job_id": "j",
                "job": {
                    "JobDetails": {"TranslatedDocumentsCount": 1},
                    "OutputDataConfig": {"S3Uri": "s3://bucket/"},
                },
                "failure": _failure("Read"),
            },
            passes=("Describe the job",),
        )
    ],
    "ml_platform/train_model": [
        Sample(
            {
                "set": "s3://{set_bucket}/training/{set}",
                "snapshot": "3776207205136740581",
                "query": "{work_group}",
                "tags": [],
                "origin": {},
                "trained": {
                    "job": "a-run-0-0",
                    "model": "s3://{MlTraining/Bucket}/models/a-run-0-0/output/model.tar.gz",
                },
                "report": {"rows": 1, "score": 0.7, "baseline": 0.6},
                "figures": "roc_auc 0.7",
                "sentence": "a sentence",
                "attempt": "0-0",
                "empty": [],
                "package": _PACKAGE,
                "failure": _failure("Read"),
            },
            {"split": "train"},
            ("Prepare", "Describe the jobs", "Describe the containers", "Describe the card"),
        )
    ],
    "ml_platform/deploy_model": [
        Sample(
            {
                "old": _OLD,
                "second": {"model": _OLD["model"], "package": "none"},
                "approval": "Approved",
                "statistics": "{MlTraining/Bucket}/evaluation/a-run/statistics.json",
                "report": "{MlTraining/Bucket}/evaluation/a-run/",
                "attempt": "0-0",
                "version": 1,
                "challenger": False,
                "shadow": False,
                "right": {"probabilities": [0.5], "tolerance": 0.0001},
                "answers": [0.5],
                "fleet": {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1},
                "alarms": [
                    {"AlarmName": "{MlEndpoint/RollBack/Errors}"},
                    {"AlarmName": "{MlEndpoint/RollBack/Latency}"},
                ],
                "routing": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 300},
                "step_size": {},
                "failure": _failure("Read"),
            },
            {"model_package_arn": _PACKAGE, "variant": "champion", "model": "flight-delay-old"},
            (
                "Prepare",
                "Describe the model",
                "Describe the variants",
                "Choose the variants",
                "Describe the steps",
                "Keep the fleet",
            ),
        )
    ],
    "ml_platform/judge_predictions": [
        Sample(
            {
                "day": "2026-11-29",
                "query_id": "{work_group}",
                "record": {
                    "variant": "champion",
                    "report": "{MlTraining/Bucket}/evaluation/a-run/",
                    "flights": 500,
                    "without_outcome": 0,
                },
                "limit": 0.6,
                "models": [{"variant": "champion"}],
                "failure": _failure("Read"),
            },
            passes=("Prepare", "Describe the metrics"),
        )
    ],
    "ml_platform/judge_forecasts": [
        Sample(
            {
                "day": "2014-12-24",
                "query_id": "{work_group}",
                "figures": {"half_hours": 1, "wql": 0.1, "wql_a_week_ago": 0.2, "coverage": 0.8},
                "failure": _failure("Read"),
            },
            passes=("Prepare", "Find the first day"),
        )
    ],
    "ml_platform/transform_batch": [
        Sample(
            {
                "source": f"s3://{bucket}/{prefix}",
                "package": _PACKAGE,
                "attempt": "0-0",
                "failure": _failure("Read"),
            },
            {"flights": f"s3://{bucket}/{prefix}"},
            ("Prepare",),
            needs=needs,
        )
        for bucket, prefix, needs in (
            ("{MlEndpoint/Bucket}", "transform/in/", ""),
            ("{set_bucket}", "training/{set}split=test/", "MlTraining/Bucket"),
        )
    ],
}

# The same workflows for the platform's second model: in its own places, and never from the lake.
_FLIGHTS_TRAINED = SAMPLES["ml_platform/train_model"][0]
_FORECAST = "s3://{MlEndpoint/Bucket}/transform/energy-demand/history/"
_DEMAND_PACKAGE = _PACKAGE.replace("flight-delay", "energy-demand")
SAMPLES |= {
    "ml_platform/train_model at EnergyDemand/Training/Workflow": [
        Sample(
            {
                **_FLIGHTS_TRAINED.variables,
                "set": "s3://{MlTraining/Bucket}/energy-demand/training/",
                "query": "none",
                "trained": {
                    "job": "energy-demand-a-run-0-0",
                    "model": "s3://{MlTraining/Bucket}/models/energy-demand-a-run-0-0/output"
                    "/model.tar.gz",
                },
                "package": _DEMAND_PACKAGE,
            },
            _FLIGHTS_TRAINED.input,
            _FLIGHTS_TRAINED.passes,
        )
    ],
    "ml_platform/transform_batch at EnergyDemand/Batch/Workflow": [
        Sample(
            {
                "source": _FORECAST,
                "package": _DEMAND_PACKAGE,
                "attempt": "0-0",
                "failure": _failure("Read"),
            },
            {},
            ("Prepare",),
        )
    ],
}
