"""What a poll and the file store say of an accepted submission (xAI's guide and reference, autumn 2026)."""

from dataclasses import dataclass
from typing import Any

from providers.simulators.grok.faults import Fault
from providers.simulators.grok.knobs import Knobs
from providers.simulators.grok.ledger import Accepted, Work
from providers.simulators.grok.refusals import CONTENT
from providers.simulators.grok.rules import seconds_of, video_problems

_MODERATED = "Generated video rejected by content moderation."
_SUFFIXES = {Work.IMAGE: "jpeg"}
_LESS = (Fault.NO_URL, Fault.MODERATED)
_ENDS_BADLY = (
    Fault.FAILED, Fault.ERROR_STRING, Fault.MODERATED, Fault.MODERATED_FAILED, Fault.EXPIRED, Fault.NO_URL,
    Fault.NEVER,
)  # fmt: skip


@dataclass(slots=True)
class States:
    """Turns a submission into the words of the wire. ``media_url`` is where results are served."""

    knobs: Knobs
    media_url: str = ""

    def result_url(self, row: Accepted) -> str:
        """Give the address of a result, on a host of its own."""
        folder, name = (
            ("xai-imgen", "xai-tmp-imgen") if row.work is Work.IMAGE else ("xai-vidgen-bucket", "xai-video")
        )
        return f"{self.media_url}/{folder}/{name}-{row.id}.{_SUFFIXES.get(row.work, 'mp4')}"

    def is_pending(self, row: Accepted, now: float) -> bool:
        """Tell whether a generation still runs."""
        return Fault.NEVER in row.faults or now < row.ready_at

    def progress(self, row: Accepted, now: float) -> int:
        """Give the coarse progress of a running generation."""
        whole = max(row.ready_at - row.accepted_at, 0.001)
        return min(99, max(0, int(100 * (now - row.accepted_at) / whole)))

    def final(self, row: Accepted) -> dict[str, Any]:
        """Give the body of a poll after the end."""
        faults = row.faults
        cost = {} if Fault.NO_COST in faults else {"usage": {"cost_in_usd_ticks": row.ticks}}
        if Fault.FAILED in faults:
            code = faults.text(Fault.FAILED, "internal_error")
            # What is wrong with the request, where it was let in in spite of it.
            wrong = next(video_problems(row.body), None) if row.work is Work.VIDEO else None
            return {"status": "failed", "error": {"code": code, "message": wrong or _sentence(code)}}
        if Fault.ERROR_STRING in faults:
            return {"status": "failed", "error": CONTENT, **cost}
        if Fault.MODERATED_FAILED in faults:
            return {"status": "failed", "error": {"code": "invalid_argument", "message": _MODERATED}, **cost}
        if Fault.EXPIRED in faults:
            return {"status": "expired"}
        body = {"status": "done", "progress": 100, "model": row.model, "video": self._video(row), **cost}
        if Fault.NO_STATUS in faults:
            del body["status"]
        return body

    def _video(self, row: Accepted) -> dict[str, Any]:
        video: dict[str, Any] = {
            "url": self.result_url(row),
            "duration": seconds_of(row.body),
            "respect_moderation": Fault.MODERATED not in row.faults,
        }
        if any(fault in row.faults for fault in _LESS):
            return {**video, "url": ""}
        if (row.body.get("output") or {}).get("upload_url"):
            del video["url"]
        return {**video, **self.stored(row)}

    def stored(self, row: Accepted) -> dict[str, Any]:
        """Give what a result says of its copy in the file store."""
        if row.filename is None:
            return {}
        if Fault.NOT_STORED in row.faults:
            return {"file_output": None, "storage_error": "The file could not be stored."}
        output = {
            "file_id": file_id(row),
            "filename": row.filename,
            "expires_at": self.file_expiry(row),
            "public_url": None,
            "public_url_expires_at": None,
            "public_url_error": None,
        }
        return {"file_output": output, "storage_error": None}

    def file_expiry(self, row: Accepted) -> int | None:
        """Give the Unix second at which the file store deletes a result."""
        seconds = (row.body.get("storage_options") or {}).get("expires_after")
        return None if seconds is None else int(row.ready_at + seconds)

    def ends_badly(self, row: Accepted) -> bool:
        """Tell whether there never is a result."""
        return any(fault in row.faults for fault in _ENDS_BADLY)

    def is_stored(self, row: Accepted, now: float) -> bool:
        """Tell whether the file store has a result now."""
        spoilt = self.ends_badly(row) or Fault.NOT_STORED in row.faults or Fault.GONE in row.faults
        expiry = self.file_expiry(row)
        expired = expiry is not None and now >= expiry
        return not (row.filename is None or spoilt or now < row.ready_at or expired)

    def file(self, row: Accepted, size: int) -> dict[str, Any]:
        """Describe a file of the store."""
        return {
            "id": file_id(row),
            "object": "file",
            "bytes": size,
            "created_at": int(row.ready_at),
            "expires_at": self.file_expiry(row),
            "filename": row.filename,
            "purpose": "",
        }


def file_id(row: Accepted) -> str:
    """Give the file store's name of a result."""
    return f"file_{row.id}"


def _sentence(code: str) -> str:
    sentences = {
        "invalid_argument": "Prompt cannot be empty. Please provide a prompt.",
        "permission_denied": "The team may not use this feature.",
        "failed_precondition": "This resolution is not available for this model.",
        "service_unavailable": "The service is overloaded. Try again later.",
        "internal_error": "Something went wrong. Contact support with the request id.",
    }
    return sentences.get(code, "Something else went wrong.")
