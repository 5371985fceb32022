"""The adapter: an upload was told of, so note the document and start its workflow, once."""

import hashlib
import json
import os
import time
from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger

logger = Logger(service="receive_document")
_states, _dynamodb = boto3.client("stepfunctions"), boto3.client("dynamodb")
_DAY_SECONDS = 24 * 3600


def handler(event: dict[str, Any], _context: Any) -> dict[str, str]:
    """Start the workflow under a name made from bucket, key and version: a second time is none."""
    source = {
        "bucket": event["detail"]["bucket"]["name"],
        "key": event["detail"]["object"]["key"],
        "version_id": event["detail"]["object"].get("version-id", ""),
    }
    document_id = hashlib.sha256("/".join(source.values()).encode()).hexdigest()
    now = datetime.now(UTC)
    expires = int(time.time()) + int(os.environ["KEEP_DAYS"]) * _DAY_SECONDS
    try:
        _dynamodb.put_item(
            TableName=os.environ["DOCUMENTS_TABLE"],
            Item={
                "document_id": {"S": document_id},
                "status": {"S": "received"},
                **{name: {"S": value} for name, value in source.items() if value},
                "received_at": {"S": now.isoformat()},
                "expires_at": {"N": f"{expires}"},
            },
            ConditionExpression="attribute_not_exists(document_id)",
        )
    except _dynamodb.exceptions.ConditionalCheckFailedException:
        # Known already. Its workflow may still not have been started, if this function died then.
        logger.info("received again", extra={"document_id": document_id})
    given = {"document_id": document_id, "source": source, "date": f"{now:%Y-%m-%d}"}
    try:
        _states.start_execution(
            stateMachineArn=os.environ["STATE_MACHINE_ARN"],
            name=document_id,
            input=json.dumps(given),
        )
    except _states.exceptions.ExecutionAlreadyExists:
        logger.info("started already", extra={"document_id": document_id})
    return {"document_id": document_id}
