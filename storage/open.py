"""The store that the settings ask for."""

from domain.storage import BlobStore
from storage.folder import FolderStore
from storage.location import Bucket, Folder, parse_endpoint, parse_location
from storage.settings import StorageSettings
from storage.signed_urls import SignedUrls


def open_store(settings: StorageSettings) -> BlobStore:
    """Give the store of STORAGE_URL. The caller prepares it before use and closes it.

    May take a second or two where boto3 asks the machine it runs on for credentials.

    Raises:
        ConfigurationError: a setting is malformed, or credentials are incomplete.
    """
    home = settings.rushes_home.absolute()
    match parse_location(settings.storage_url, home):
        case Folder(path):
            return FolderStore(path.absolute(), SignedUrls.of_home(home), configured=settings.storage_url)
        case Bucket() as bucket:
            from storage.open_s3 import open_bucket  # noqa: PLC0415 # boto3 takes half a second to import

            return open_bucket(settings, bucket, parse_endpoint(settings.s3_endpoint_url))
