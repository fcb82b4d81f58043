"""A bucket's store from the settings. Apart, because boto3 takes half a second to import."""

from botocore.exceptions import BotoCoreError

from domain.errors import ConfigurationError
from storage.location import Bucket
from storage.s3 import S3Store
from storage.s3_client import make_client
from storage.s3_errors import S3Place, configuration_problem
from storage.settings import StorageSettings


def open_bucket(settings: StorageSettings, bucket: Bucket, endpoint: str | None) -> S3Store:
    """Give the store of a bucket; see ``open_store``."""
    place = S3Place(
        settings.storage_url, endpoint, settings.aws_default_region or "us-east-1", _hint(settings)
    )
    try:
        client = make_client(settings, endpoint)
    except (BotoCoreError, ValueError) as error:
        problem = configuration_problem(error, place)
        raise problem or ConfigurationError("S3_ENDPOINT_URL", endpoint, f"unusable: {error}") from error
    return S3Store(client, bucket, S3Place(place.storage_url, endpoint, client.meta.region_name, place.key))


def _hint(settings: StorageSettings) -> str | None:
    """Give enough of the access key's id to know it by; its length shows when the secret was put there."""
    if not settings.aws_access_key_id:
        return None
    key = settings.aws_access_key_id.get_secret_value()
    return f"{key[:4]}… ({len(key)} characters)"
