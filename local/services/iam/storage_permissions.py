"""What S3, DynamoDB, SNS, CloudWatch and Lambda ask of the caller of a task.

Actions and resources are those of the Service Authorization Reference. A bucket, table or topic
under a customer-managed key asks its caller for the use of the key, through the service. Pages
below docs.aws.amazon.com, read 2026-11-28:
- AmazonS3/latest/userguide/UsingKMSEncryption.html: GenerateDataKey to write, Decrypt to read
- amazondynamodb/latest/developerguide/encryption.usagenotes.html: Decrypt, for reads and writes
- sns/latest/dg/sns-key-management.html: publishers need GenerateDataKey and Decrypt
"""

from local.services.iam.permission import (
    PARTITION,
    Account,
    Arguments,
    Permission,
    arn,
    use_of_key,
)


def bucket_arn(bucket: str) -> str:
    """The ARN of a bucket."""
    return f"arn:{PARTITION}:s3:::{bucket}"


def object_arn(bucket: str, key: str) -> str:
    """The ARN of an object."""
    return f"{bucket_arn(bucket)}/{key}"


def read_object(account: Account, bucket: str, key: str, version: str = "") -> list[Permission]:
    """Reading an object, and the key that it is under."""
    action = "s3:GetObjectVersion" if version else "s3:GetObject"
    return [
        Permission(action, object_arn(bucket, key)),
        *_bucket_key(account, bucket, "Decrypt"),
    ]


def write_object(account: Account, bucket: str, key: str) -> list[Permission]:
    """Writing an object, and the key that it is put under."""
    return [
        Permission("s3:PutObject", object_arn(bucket, key)),
        *_bucket_key(account, bucket, "GenerateDataKey"),
    ]


def list_objects(bucket: str, prefix: str) -> Permission:
    """Listing the objects below a prefix."""
    return Permission("s3:ListBucket", bucket_arn(bucket), {"s3:prefix": prefix})


def _bucket_key(account: Account, bucket: str, action: str) -> list[Permission]:
    # With a bucket key, which all buckets here have, the encryption context is the bucket.
    context = {"aws:s3:arn": bucket_arn(bucket)}
    return use_of_key(account.key_of(bucket_arn(bucket)), "s3", action, context=context)


def get_object(arguments: Arguments, account: Account) -> list[Permission]:
    """`s3:getObject`."""
    version = arguments.get("VersionId", "")
    return read_object(account, arguments["Bucket"], arguments["Key"], version)


def head_object(arguments: Arguments, account: Account) -> list[Permission]:
    """`s3:headObject`: the right to read the object; its key is not used."""
    return get_object(arguments, account)[:1]


def put_object(arguments: Arguments, account: Account) -> list[Permission]:
    """`s3:putObject`."""
    return write_object(account, arguments["Bucket"], arguments["Key"])


def copy_object(arguments: Arguments, account: Account) -> list[Permission]:
    """`s3:copyObject`: a read and a write."""
    bucket, _, key = arguments["CopySource"].removeprefix("/").partition("/")
    return [*read_object(account, bucket, key), *put_object(arguments, account)]


def list_objects_v2(arguments: Arguments, _account: Account) -> list[Permission]:
    """`s3:listObjectsV2`."""
    return [list_objects(arguments["Bucket"], arguments.get("Prefix", ""))]


def update_item(arguments: Arguments, account: Account) -> list[Permission]:
    """`dynamodb:updateItem`."""
    table = arn("dynamodb", f"table/{arguments['TableName']}")
    return [
        Permission("dynamodb:UpdateItem", table),
        *use_of_key(account.key_of(table), "dynamodb", "Decrypt"),
    ]


def publish(arguments: Arguments, account: Account) -> list[Permission]:
    """`sns:publish`."""
    topic = arguments["TopicArn"]
    return [
        Permission("sns:Publish", topic),
        *use_of_key(account.key_of(topic), "sns", "Decrypt", "GenerateDataKey"),
    ]


def put_metric_data(arguments: Arguments, _account: Account) -> list[Permission]:
    """`cloudwatch:putMetricData`: it has no resource, and tells policies the namespace."""
    namespace = {"cloudwatch:namespace": arguments["Namespace"]}
    return [Permission("cloudwatch:PutMetricData", "*", namespace)]


def invoke_function(arguments: Arguments, _account: Account) -> list[Permission]:
    """`lambda:invoke`."""
    return [Permission("lambda:InvokeFunction", arguments["FunctionName"])]
