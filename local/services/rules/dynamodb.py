"""DynamoDB: expressions, items and keys."""

import re
from typing import Any

from local.services.rules.rule import API_READ, Rule, api
from local.services.task import Arguments

_DYNAMODB = "amazondynamodb/latest/developerguide"
_NAME = re.compile(r"#\w+")
_VALUE = re.compile(r":\w+")


def _update(**changes: Any) -> Arguments:
    return {
        "TableName": "table",
        "Key": {"id": {"S": "1"}},
        "UpdateExpression": "SET #status = :status",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {":status": {"S": "done"}},
        **changes,
    }


def _expressions(request: Arguments) -> str:
    return " ".join(str(text) for name, text in request.items() if name.endswith("Expression"))


def _placeholders(request: Arguments, pattern: re.Pattern[str], member: str) -> bool:
    """Whether placeholders are used and not defined, or defined and not used."""
    return set(pattern.findall(_expressions(request))) != set(request.get(member, {}))


def _item_size(value: Any) -> int:
    """The bytes of names and values, as DynamoDB counts them, nearly."""
    if isinstance(value, dict):
        return sum(len(name.encode()) + _item_size(item) for name, item in value.items())
    if isinstance(value, list):
        return sum(map(_item_size, value))
    return len(value if isinstance(value, bytes) else str(value).encode())


RULES = [
    Rule(
        id="expression-names",
        operations=("dynamodb:UpdateItem",),
        says="Each name that an expression uses is defined, and each defined one is used.",
        breaks=lambda request, _: _placeholders(request, _NAME, "ExpressionAttributeNames"),
        error="ValidationException",
        message="An expression attribute name used in the document path is not defined, or a"
        " defined one is unused in expressions",
        source=api(_DYNAMODB, "Expressions.ExpressionAttributeNames"),
        refused=_update(ExpressionAttributeNames={"#status": "status", "#old": "old"}),
        accepted=_update(),
    ),
    Rule(
        id="expression-values",
        operations=("dynamodb:UpdateItem",),
        says="Each value that an expression uses is defined, and each defined one is used.",
        breaks=lambda request, _: _placeholders(request, _VALUE, "ExpressionAttributeValues"),
        error="ValidationException",
        message="An expression attribute value used in expression is not defined, or a defined one"
        " is unused in expressions",
        source=api(_DYNAMODB, "Expressions.ExpressionAttributeValues"),
        refused=_update(ExpressionAttributeValues={":other": {"S": "done"}}),
        accepted=_update(),
    ),
    Rule(
        id="expression-size",
        operations=("dynamodb:UpdateItem", "dynamodb:Query", "dynamodb:PutItem"),
        says="An expression has at most 4 KB.",
        breaks=lambda request, _: any(
            len(str(text).encode()) > 4096
            for name, text in request.items()
            if name.endswith("Expression")
        ),
        error="ValidationException",
        message="Invalid UpdateExpression: Expression size has exceeded the maximum allowed size",
        source=api(_DYNAMODB, "ServiceQuotas"),
        read=API_READ,
        refused=_update(UpdateExpression="SET #status = :status" + " " * 4096),
        accepted=_update(),
    ),
    Rule(
        id="item-size",
        operations=("dynamodb:PutItem", "dynamodb:UpdateItem"),
        says="An item has at most 400 KB, names included.",
        breaks=lambda request, _: (
            _item_size({**request.get("Item", {}), **request.get("ExpressionAttributeValues", {})})
            > 400 * 1024
        ),
        error="ValidationException",
        message="Item size has exceeded the maximum allowed size",
        source=api(_DYNAMODB, "ServiceQuotas"),
        refused={"TableName": "table", "Item": {"id": {"S": "x" * 409_700}}},
        accepted={"TableName": "table", "Item": {"id": {"S": "x" * 400_000}}},
    ),
    Rule(
        id="empty-key",
        operations=("dynamodb:UpdateItem", "dynamodb:GetItem", "dynamodb:DeleteItem"),
        says="A key is not empty.",
        breaks=lambda request, _: any(value.get("S") == "" for value in request["Key"].values()),
        error="ValidationException",
        message="One or more parameter values are not valid. The AttributeValue for a key attribute"
        " cannot contain an empty string value.",
        source=api(_DYNAMODB, "HowItWorks.NamingRulesDataTypes"),
        read=API_READ,
        refused=_update(Key={"id": {"S": ""}}),
        accepted=_update(),
    ),
]
