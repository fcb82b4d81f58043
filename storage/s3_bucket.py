"""The bucket itself: seen, or made where it is missing and may be made."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from storage.s3_errors import NO_BUCKET, RAISED, error_code

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NO_CONSTRAINT = frozenset({"us-east-1", "aws-global"})
_DAYS_TO_ABORT = 1


def look_at_bucket(client: "S3Client", name: str, prefix: str) -> None:
    """Ask for one key under the prefix.

    Unlike a HEAD the answer says what is wrong, and unlike one it is allowed to who may see the prefix alone.

    Raises:
        ClientError: the store refused.
        ResponseParserError: the answer was no listing. botocore reads a web page as an empty one.
    """
    listing = client.list_objects_v2(Bucket=name, Prefix=f"{prefix}/" if prefix else "", MaxKeys=1)
    if not {"Name", "IsTruncated"} & listing.keys():
        raise ResponseParserError("no listing of the bucket")


def make_sure_of_bucket(client: "S3Client", name: str, prefix: str) -> None:
    """Make the bucket if it is missing and may be made.

    Raises:
        ClientError: it is missing, or not for these credentials.
    """
    try:
        look_at_bucket(client, name, prefix)
    except ClientError as missing:
        if error_code(missing) != NO_BUCKET:
            raise
        try:
            _create(client, name)
        except ClientError as refused:
            if error_code(refused) in {"AccessDenied", "Forbidden", "403"}:
                # To say that it is missing helps more than to ask for the right to make buckets.
                raise missing from refused
            raise


def _create(client: "S3Client", name: str) -> None:
    region = client.meta.region_name
    try:
        if _is_aws(client.meta.endpoint_url) and region not in _NO_CONSTRAINT:
            # The stub lists AWS's regions; ours is whatever the settings say.
            place = {"LocationConstraint": region}
            client.create_bucket(Bucket=name, CreateBucketConfiguration=place)  # type: ignore[arg-type] # see above
        else:
            client.create_bucket(Bucket=name)
    except ClientError as error:
        if error_code(error) != "BucketAlreadyOwnedByYou":  # another process of ours was faster
            raise
    _sweep_unfinished_uploads(client, name)


def _sweep_unfinished_uploads(client: "S3Client", name: str) -> None:
    """Have the store drop what a killed process left unfinished: such parts are invisible and cost money.

    Only in a bucket that we made: one that was there has an owner with rules of their own.
    """
    try:
        client.put_bucket_lifecycle_configuration(
            Bucket=name,
            LifecycleConfiguration={
                "Rules": [
                    {
                        "ID": "rushes-unfinished-uploads",
                        "Status": "Enabled",
                        "Filter": {"Prefix": ""},
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _DAYS_TO_ABORT},
                    }
                ]
            },
        )
    except RAISED as error:
        # Some stores have no such rule, and storing works without it.
        structlog.get_logger().info(
            "unfinished uploads are not swept", action="storage_no_sweep", error=str(error)
        )


def _is_aws(endpoint: str) -> bool:
    return (urlsplit(endpoint).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))
