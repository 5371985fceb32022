"""S3: sizes, counts and copies."""

from local.services.rules.rule import API_READ, READ, Rule, api

_S3 = "AmazonS3/latest/userguide"


RULES = [
    Rule(
        id="key-length",
        operations=("s3:PutObject", "s3:GetObject", "s3:HeadObject", "s3:CopyObject"),
        says="A key has at most 1,024 bytes in UTF-8.",
        breaks=lambda request, _: len(request["Key"].encode()) > 1024,
        error="KeyTooLongError",
        message="Your key is too long",
        source=api(_S3, "object-keys"),
        read=READ,
        refused={"Bucket": "bucket", "Key": "ü" * 513, "Body": ""},
        accepted={"Bucket": "bucket", "Key": "ü" * 512, "Body": ""},
    ),
    Rule(
        id="metadata-size",
        operations=("s3:PutObject", "s3:CopyObject"),
        says="The metadata of an object that users define have at most 2 KB.",
        breaks=lambda request, _: (
            sum(
                len(f"{name}{value}".encode())
                for name, value in request.get("Metadata", {}).items()
            )
            > 2048
        ),
        error="MetadataTooLarge",
        message="Your metadata headers exceed the maximum allowed metadata size",
        source=api(_S3, "UsingMetadata"),
        read=API_READ,
        refused={"Bucket": "bucket", "Key": "k", "Metadata": {"note": "x" * 2048}},
        accepted={"Bucket": "bucket", "Key": "k", "Metadata": {"note": "x" * 2000}},
    ),
    Rule(
        id="delete-count",
        operations=("s3:DeleteObjects",),
        says="At most 1,000 objects are deleted at once.",
        breaks=lambda request, _: len(request["Delete"]["Objects"]) > 1000,
        error="MalformedXML",
        message="The XML you provided was not well-formed or did not validate against our published"
        " schema",
        source=api("AmazonS3/latest/API", "API_DeleteObjects"),
        read=API_READ,
        refused={"Bucket": "bucket", "Delete": {"Objects": [{"Key": "k"}] * 1001}},
        accepted={"Bucket": "bucket", "Delete": {"Objects": [{"Key": "k"}] * 1000}},
    ),
]
