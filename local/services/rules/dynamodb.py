"""DynamoDB: expressions, items and keys."""

import re
from typing import Any

from local.services.rules.rule import API_READ, READ, Rule, api
from local.services.task import Arguments

_DYNAMODB = "amazondynamodb/latest/developerguide"
# An implementation whose tests run against DynamoDB itself, too.
_DYNALITE = "https://github.com/architect/dynalite/blob/main/"
_LARGEST_ITEM = 400 * 1024
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


def _undefined(request: Arguments, pattern: re.Pattern[str], member: str) -> bool:
    """Whether an expression uses a placeholder that nobody defines."""
    return not set(pattern.findall(_expressions(request))) <= set(request.get(member, {}))


def _unused(request: Arguments, pattern: re.Pattern[str], member: str) -> bool:
    """Whether a placeholder is defined that no expression uses."""
    return not set(request.get(member, {})) <= set(pattern.findall(_expressions(request)))


def _item_size(value: Any) -> int:
    """The bytes of names and values, as DynamoDB counts them, nearly."""
    if isinstance(value, dict):
        return sum(len(name.encode()) + _item_size(item) for name, item in value.items())
    if isinstance(value, list):
        return sum(map(_item_size, value))
    return len(value if isinstance(value, bytes) else str(value).encode())


RULES = [
    Rule(
        id="names-defined",
        operations=("dynamodb:UpdateItem",),
        says="Each name that an expression uses is defined.",
        breaks=lambda request, _: _undefined(request, _NAME, "ExpressionAttributeNames"),
        error="ValidationException",
        message="Invalid UpdateExpression: An expression attribute name used in the document path"
        " is not defined",
        source=f"{_DYNALITE}db/updateParser.pegjs",
        read=READ,
        refused=_update(ExpressionAttributeNames={}),
        accepted=_update(),
    ),
    Rule(
        id="names-used",
        operations=("dynamodb:UpdateItem",),
        says="Each name that is defined is used in an expression.",
        breaks=lambda request, _: _unused(request, _NAME, "ExpressionAttributeNames"),
        error="ValidationException",
        message="Value provided in ExpressionAttributeNames unused in expressions",
        source=f"{_DYNALITE}validations/index.js",
        read=READ,
        refused=_update(ExpressionAttributeNames={"#status": "status", "#old": "old"}),
        accepted=_update(),
    ),
    Rule(
        id="values-defined",
        operations=("dynamodb:UpdateItem",),
        says="Each value that an expression uses is defined.",
        breaks=lambda request, _: _undefined(request, _VALUE, "ExpressionAttributeValues"),
        error="ValidationException",
        message="Invalid UpdateExpression: An expression attribute value used in expression is not"
        " defined",
        source=f"{_DYNALITE}db/updateParser.pegjs",
        read=READ,
        refused=_update(ExpressionAttributeValues={":other": {"S": "done"}}),
        accepted=_update(),
    ),
    Rule(
        id="values-used",
        operations=("dynamodb:UpdateItem",),
        says="Each value that is defined is used in an expression.",
        breaks=lambda request, _: _unused(request, _VALUE, "ExpressionAttributeValues"),
        error="ValidationException",
        message="Value provided in ExpressionAttributeValues unused in expressions",
        source=f"{_DYNALITE}validations/index.js",
        read=READ,
        refused=_update(
            ExpressionAttributeValues={":status": {"S": "done"}, ":old": {"S": "waiting"}}
        ),
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
        operations=("dynamodb:PutItem",),
        says="An item has at most 400 KB, names included.",
        breaks=lambda request, _: _item_size(request["Item"]) > _LARGEST_ITEM,
        error="ValidationException",
        message="Item size has exceeded the maximum allowed size",
        source=api(_DYNAMODB, "CheatSheet"),
        read=READ,
        refused={"TableName": "table", "Item": {"id": {"S": "x" * 409_700}}},
        accepted={"TableName": "table", "Item": {"id": {"S": "x" * 400_000}}},
    ),
    Rule(
        id="update-size",
        operations=("dynamodb:UpdateItem",),
        says="An update makes no item of more than 400 KB; its own values are counted here.",
        breaks=lambda request, _: (
            _item_size(request.get("ExpressionAttributeValues", {})) > _LARGEST_ITEM
        ),
        error="ValidationException",
        message="Item size to update has exceeded the maximum allowed size",
        source=f"{_DYNALITE}actions/updateItem.js",
        read=READ,
        refused=_update(ExpressionAttributeValues={":status": {"S": "x" * 409_700}}),
        accepted=_update(ExpressionAttributeValues={":status": {"S": "x" * 400_000}}),
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
