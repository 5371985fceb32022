"""Write an object of S3 unless it is there already."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PutObjectRequestTypeDef

_ALREADY_THERE = "PreconditionFailed"
# Another invocation writes the same object at this moment: S3 asks for another attempt (its
# documentation of If-None-Match).
_BEING_WRITTEN = "ConditionalRequestConflict"


def put_new(s3: "S3Client", request: "PutObjectRequestTypeDef") -> bool:
    """Whether the object was written: False if there is one of its key.

    Raises ClientError and BotoCoreError.
    """
    conditional: PutObjectRequestTypeDef = {**request, "IfNoneMatch": "*"}
    for last in (False, True):
        try:
            s3.put_object(**conditional)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == _ALREADY_THERE:
                return False
            if code != _BEING_WRITTEN or last:
                raise
        else:
            return True
    raise AssertionError("the second attempt returns or raises")
