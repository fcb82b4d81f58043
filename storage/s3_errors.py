"""What boto3 raises, in the words of the domain: which setting it is about and what mends it."""

from dataclasses import dataclass
from http import HTTPStatus

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    InvalidRegionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from domain.errors import ConfigurationError, StorageError
from storage.errors import MisconfiguredError

RAISED = (BotoCoreError, ClientError, ResponseParserError, HTTPError, OSError)
"""Everything that boto3 and what it stands on may raise for a request that went wrong."""

MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
NO_BUCKET = "NoSuchBucket"
EMPTY_RANGE = frozenset({"416", "InvalidRange"})

_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    SSOError,
    TokenRetrievalError,
)


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where a store is, as its settings say it. No secrets."""

    storage_url: str
    endpoint: str | None
    region: str
    key: str | None
    """The beginning of the access key's id where the settings have one."""

    @property
    def server(self) -> str:
        """Say where requests go."""
        return f"S3_ENDPOINT_URL {self.endpoint}" if self.endpoint else f"AWS S3 in {self.region}"

    @property
    def shown_key(self) -> str:
        """Say which access key is used."""
        return self.key or "(found by boto3)"


@dataclass(frozen=True, slots=True)
class _Rule:
    """Which setting a refusal is about, and what mends it; ``words`` are the store's own."""

    setting: str
    mend: str
    value: str = "(not shown)"


_UNKNOWN_KEY = _Rule(
    "AWS_ACCESS_KEY_ID",
    "{server} does not know this key ({words}); take an active one of this store's",
    "{key}",
)
_WRONG_SECRET = _Rule(
    "AWS_SECRET_ACCESS_KEY",
    "{server} says that it does not belong to AWS_ACCESS_KEY_ID {key} ({words}); set the pair again",
)
_OLD_TOKEN = _Rule(
    "AWS_SESSION_TOKEN", "{server} does not accept it ({words}); get new temporary credentials"
)
_DENIED = _Rule(
    "STORAGE_URL",
    "{server} denies access with AWS_ACCESS_KEY_ID {key} ({words}); allow it s3:ListBucket on the bucket and "
    "s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on what is in it",
    "{url}",
)
_NO_SUCH_BUCKET = _Rule(
    "STORAGE_URL", "{server} has no such bucket for you ({words}); make it or name another", "{url}"
)
_OTHER_REGION = _Rule(
    "AWS_DEFAULT_REGION", "the bucket of {url} is in another one ({words}); name that one", "{region}"
)
_NOT_S3 = _Rule(
    "S3_ENDPOINT_URL",
    "it answers, but not as S3 does ({words}); allowed: the address of an S3-compatible server",
    "{endpoint}",
)
_NO_TLS = _Rule(
    "S3_ENDPOINT_URL",
    "TLS with it fails ({words}); write http:// for a server without TLS, or name its certificate in "
    "AWS_CA_BUNDLE",
    "{endpoint}",
)
_RULES = {
    "InvalidAccessKeyId": _UNKNOWN_KEY,
    "SignatureDoesNotMatch": _WRONG_SECRET,
    "InvalidToken": _OLD_TOKEN,
    "ExpiredToken": _OLD_TOKEN,
    "TokenRefreshRequired": _OLD_TOKEN,
    "AccessDenied": _DENIED,
    "AllAccessDisabled": _DENIED,
    "AccountProblem": _DENIED,
    "Forbidden": _DENIED,
    "403": _DENIED,
    "NoSuchBucket": _NO_SUCH_BUCKET,
    "InvalidBucketName": _NO_SUCH_BUCKET,
    "BucketAlreadyExists": _NO_SUCH_BUCKET,
    "PermanentRedirect": _OTHER_REGION,
    "AuthorizationHeaderMalformed": _OTHER_REGION,
    "IllegalLocationConstraintException": _OTHER_REGION,
    "InvalidLocationConstraint": _OTHER_REGION,
    "301": _OTHER_REGION,
}
# Codes that botocore makes of a status where the body is not S3's.
_BARE_STATUS = frozenset({"400", "404", "405", "NotFound", "MethodNotAllowed"})


def error_code(error: ClientError) -> str:
    """Give the store's own code, such as ``NoSuchKey``; for an answer without a body its HTTP status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def translate(error: BaseException, place: S3Place, doing: str) -> StorageError:
    """Give the domain's error for one that boto3 raised; ``MisconfiguredError`` where a setting mends it."""
    problem = _refusal(error, place) if isinstance(error, ClientError) else _failure(error, place)
    if problem:
        return MisconfiguredError(problem)
    if isinstance(error, ClientError) and error_code(error) == "RequestTimeTooSkewed":
        return StorageError(f"{place.server}: this machine's clock differs too much from the store's; set it")
    return StorageError(f"{place.server} could not {doing}: {_words(error)}")


def configuration_problem(error: BaseException, place: S3Place) -> ConfigurationError | None:
    """Give the setting at fault for an error raised while the client is made, if it is one's fault."""
    return _failure(error, place)


def _refusal(error: ClientError, place: S3Place) -> ConfigurationError | None:
    """Tell which setting the store refused, if it is one's fault."""
    code = error_code(error)
    strange = code in _BARE_STATUS or (code in {"", "500"} and _is_page(error))
    rule = _NOT_S3 if place.endpoint and strange else _RULES.get(code)
    return _problem(rule, error, place) if rule else None


def _is_page(error: ClientError) -> bool:
    """Tell whether a web page came, and not that of a proxy whose S3 is away (502 to 504).

    botocore makes a 500 of a page that comes with 200.
    """
    answer = error.response.get("ResponseMetadata", {})
    kind = str(answer.get("HTTPHeaders", {}).get("content-type", ""))
    return (
        kind.startswith("text/html") and answer.get("HTTPStatusCode", 0) <= HTTPStatus.INTERNAL_SERVER_ERROR
    )


def _failure(error: BaseException, place: S3Place) -> ConfigurationError | None:
    """Tell which setting kept an answer from coming, if it is one's fault."""
    if isinstance(error, ProfileNotFound):
        return ConfigurationError("AWS_PROFILE", str(error.kwargs["profile"]), "there is no such profile")
    if isinstance(error, InvalidRegionError):
        return ConfigurationError("AWS_DEFAULT_REGION", place.region, "allowed: a region such as us-east-1")
    if isinstance(error, _NO_CREDENTIALS):
        mend = f"no usable credentials were found ({_words(error)}); set it and AWS_SECRET_ACCESS_KEY"
        return ConfigurationError("AWS_ACCESS_KEY_ID", place.key, mend)
    if isinstance(error, ResponseParserError):
        return _problem(_NOT_S3, error, place)
    if isinstance(error, SSLError):
        return _problem(_NO_TLS, error, place)
    return None


def _problem(rule: _Rule, error: BaseException, place: S3Place) -> ConfigurationError:
    facts = {
        "server": place.server,
        "key": place.shown_key,
        "url": place.storage_url,
        "region": place.region,
        "endpoint": place.endpoint or "(AWS)",
        "words": _words(error),
    }
    return ConfigurationError(rule.setting, rule.value.format(**facts), rule.mend.format(**facts))


def _words(error: BaseException) -> str:
    """Give what happened in one short line."""
    if isinstance(error, ClientError):
        found = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        said = f"{found.get('Code', '')}: {found.get('Message', '')}"[:200].strip(": ")
        return said or f"status {status}"
    return " ".join(str(error).split())[:200] or type(error).__name__
