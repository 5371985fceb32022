"""ministack's CloudFormation drops much of a bucket's properties, and deletes full buckets.

S3 gets lifecycle, Object Lock and tags as its API takes them. S3 deletes no bucket that holds a
version or a delete marker (S3 API reference, DeleteBucket, read 2026-11-28).
Lifecycle rules are held and answered; no rule expires or moves an object here.
"""

from typing import Any

import botocore.session
from botocore.serialize import create_serializer
from ministack.services import s3
from ministack.services.cloudformation import provisioners

from local.services.s3 import etags, events

_Properties = dict[str, Any]


def close() -> None:
    """Hand on what a template says of a bucket, and refuse to delete one that holds objects."""
    events.close()
    etags.close()
    provisioners._S3_BUCKET_CONFIGURATIONS += (
        ("LifecycleConfiguration", _lifecycle, _put_lifecycle, s3._delete_bucket_lifecycle),
        ("Tags", _tags, _put_tags, s3._delete_bucket_tagging),
        ("ObjectLockConfiguration", _object_lock, _put_object_lock, _keep_object_lock),
    )
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create, delete = handlers["create"], handlers["delete"]

    def create_bucket(logical_id: str, properties: _Properties, stack: str) -> Any:
        if properties.get("ObjectLockEnabled"):  # which turns versioning on
            properties = {**properties, "VersioningConfiguration": {"Status": "Enabled"}}
        return create(logical_id, properties, stack)

    def delete_bucket(name: str, properties: _Properties) -> None:
        if name in s3._buckets:
            _require_success(s3._delete_bucket(name))
        delete(name, properties)

    handlers.update(create=create_bucket, delete=delete_bucket)


def _lifecycle(configuration: _Properties) -> bytes:
    rules = [_lifecycle_rule(rule) for rule in configuration["Rules"]]
    return _body("PutBucketLifecycleConfiguration", LifecycleConfiguration={"Rules": rules})


def _lifecycle_rule(rule: _Properties) -> _Properties:
    """A rule of a template as the API takes it."""
    conditions = {
        "Prefix": rule.get("Prefix"),
        "ObjectSizeGreaterThan": rule.get("ObjectSizeGreaterThan"),
        "ObjectSizeLessThan": rule.get("ObjectSizeLessThan"),
        "Tags": rule.get("TagFilters"),
    }
    conditions = {name: value for name, value in conditions.items() if value}
    expiration = {
        "Days": rule.get("ExpirationInDays"),
        "Date": rule.get("ExpirationDate"),
        "ExpiredObjectDeleteMarker": rule.get("ExpiredObjectDeleteMarker"),
    }
    api_rule = {
        "ID": rule.get("Id"),
        "Status": rule["Status"],
        "Filter": {"And": conditions} if len(conditions) > 1 else conditions or {"Prefix": ""},
        "Expiration": {name: value for name, value in expiration.items() if value},
        "Transitions": [_transition(transition) for transition in rule.get("Transitions", [])],
        "NoncurrentVersionExpiration": rule.get("NoncurrentVersionExpiration"),
        "NoncurrentVersionTransitions": [
            {"StorageClass": item["StorageClass"], "NoncurrentDays": item["TransitionInDays"]}
            for item in rule.get("NoncurrentVersionTransitions", [])
        ],
        "AbortIncompleteMultipartUpload": rule.get("AbortIncompleteMultipartUpload"),
    }
    return {name: value for name, value in api_rule.items() if value}


def _transition(transition: _Properties) -> _Properties:
    days = {"Days": transition.get("TransitionInDays"), "Date": transition.get("TransitionDate")}
    dates = {name: value for name, value in days.items() if value is not None}
    return {"StorageClass": transition["StorageClass"], **dates}


def _object_lock(configuration: _Properties) -> bytes:
    return _body("PutObjectLockConfiguration", ObjectLockConfiguration=configuration)


def _tags(tags: list[_Properties]) -> bytes:
    return _body("PutBucketTagging", Tagging={"TagSet": tags})


def _body(operation: str, **members: Any) -> bytes:
    """The body of an S3 request, by botocore's own model."""
    model = botocore.session.get_session().get_service_model("s3").operation_model(operation)
    serializer = create_serializer(model.service_model.metadata["protocol"])
    body: bytes = serializer.serialize_to_request({"Bucket": "bucket", **members}, model)["body"]
    return body


def _put_lifecycle(name: str, body: bytes) -> None:
    _require_success(s3._put_bucket_lifecycle(name, body))


def _put_tags(name: str, body: bytes) -> None:
    _require_success(s3._put_bucket_tagging(name, body))


def _put_object_lock(name: str, body: bytes) -> None:
    _require_success(s3._put_object_lock_configuration(name, body))


def _keep_object_lock(name: str) -> None:
    raise ValueError(f"Object Lock cannot be disabled: {name}")


def _require_success(response: tuple[int, Any, bytes]) -> None:
    status, _, body = response
    if status >= 400:
        raise ValueError(body.decode())
