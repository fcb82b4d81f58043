"""What ``doctor`` says of an account at Google: what is wrong; how to mend it."""

from domain.failures import ErrorCode
from domain.provider import ProviderError
from providers.vertex.settings import GoogleSettings

_TIMEFRAME = "reasonable timeframe"
"""Google's words where the assertion for a token was signed at another time than its own."""
_CLOCK = "Google finds this machine's clock wrong; set it by the network (NTP)"
_KEY = (
    "Google does not accept our credentials; make a new key for the service account and name it in "
    "GOOGLE_APPLICATION_CREDENTIALS, or run: gcloud auth application-default login"
)


def mended(error: ProviderError, settings: GoogleSettings) -> ProviderError:
    """Give the error of a check of Vertex AI with its mend."""
    return ProviderError(error.code, _of_vertex(error, settings), raw=error.raw)


def bucket_mended(error: ProviderError, settings: GoogleSettings) -> ProviderError:
    """Give the error of a look into the bucket with its mend."""
    raw, bucket = error.raw or "", settings.veo_gcs_uri
    if raw.startswith("HTTP 404"):
        said = f"the bucket of {bucket} does not exist; make it, or mend VEO_GCS_URI"
    elif error.code is ErrorCode.PERMISSION:
        said = f"{bucket} may not be listed; give the account the role Storage Object User on the bucket"
    else:
        said = _of_vertex(error, settings)
    return ProviderError(error.code, said, raw=error.raw)


def _of_vertex(error: ProviderError, settings: GoogleSettings) -> str:
    raw, project = error.raw or "", settings.project
    known = {
        ErrorCode.AUTH: _CLOCK if _TIMEFRAME in raw else _KEY,
        ErrorCode.QUOTA_OR_BILLING: (
            f"{project} has no billing or no quota; enable billing, and ask for quota in the console"
        ),
        ErrorCode.PERMISSION: (
            f"the account may not use Vertex AI in {project}; give it the role Vertex AI User"
        ),
    }
    if "SERVICE_DISABLED" in raw:
        return f"Vertex AI is not enabled in {project}; run: gcloud services enable aiplatform.googleapis.com"
    if error.code in known:
        return known[error.code]
    if not raw.startswith("HTTP"):
        host = settings.host(settings.google_cloud_location)
        return f"{host} or Google's token endpoint cannot be reached; look at the network and the proxy"
    return f"{error.message.rstrip('.')}; try again later"
