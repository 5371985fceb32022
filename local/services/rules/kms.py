"""KMS: deletion of keys, and data keys."""

from local.services.rules.rule import API_READ, Rule, api

_KEY = "arn:aws:kms:us-east-1:000000000000:key/1"

RULES = [
    Rule(
        id="key-deletion",
        operations=("kms:ScheduleKeyDeletion",),
        says="A key waits 7 to 30 days for its deletion.",
        breaks=lambda request, _: not 7 <= request.get("PendingWindowInDays", 30) <= 30,
        error="ValidationException",
        message="PendingWindowInDays must be between 7 and 30.",
        source=api("kms/latest/APIReference", "API_ScheduleKeyDeletion"),
        read=API_READ,
        refused={"KeyId": _KEY, "PendingWindowInDays": 3},
        accepted={"KeyId": _KEY, "PendingWindowInDays": 7},
    ),
    Rule(
        id="data-key-size",
        operations=("kms:GenerateDataKey",),
        says="A data key has a specification or a length, one of the two.",
        breaks=lambda request, _: ("KeySpec" in request) == ("NumberOfBytes" in request),
        error="ValidationException",
        message="Please specify either number of bytes or key spec.",
        source=api("kms/latest/APIReference", "API_GenerateDataKey"),
        read=API_READ,
        refused={"KeyId": _KEY},
        accepted={"KeyId": _KEY, "KeySpec": "AES_256"},
    ),
]
