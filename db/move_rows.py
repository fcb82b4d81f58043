"""A move as the row that ``apply_moves.sql`` reads."""

from typing import Any

from domain.moves import AttemptChange, Move
from domain.statuses import IN_HAND, JobStatus

_ENDS = frozenset({"keep_take", "let_go"})
_NOTED = {
    "progress": "job.progress",
    "lose_answer": "job.submit_unknown",
    "keep_take": "job.take_kept",
    "let_go": "job.stopped",
}
"""Events of the moves that change no status; ``begin`` and ``free_slot`` have none."""


def move_row(number: int, move: Move) -> dict[str, Any]:
    """Give the JSON object for one move; ``number`` comes back with its outcome."""
    stays = move.target in IN_HAND or (move.target is JobStatus.CANCELLED and move.name not in _ENDS)
    row: dict[str, Any] = {
        "n": number,
        # As hexadecimal digits: PostgreSQL reads them as well, and they are much faster to write.
        "id": move.claim.job.id.hex,
        "token": move.claim.token.hex,
        "expected": move.expected,
        "target": move.target,
        "event": f"job.{move.target}" if move.changes_status else _NOTED.get(move.name),
        "stays": stays,
        "frees": move.frees_slot,
        "gives_back": int(move.gives_back),
        "uploads": move.uploads,
        "delay": move.delay,
        "settles": move.settles_provider,
        **move.columns,
    }
    if move.pause is not None:
        row |= {"pause": move.pause.reason, "pause_seconds": move.pause.seconds}
    if move.attempt is not None:
        row.update(_attempt(move.attempt, move))
    return row


def _attempt(change: AttemptChange, move: Move) -> dict[str, Any]:
    row: dict[str, Any] = {
        "a_id": change.id.hex,
        "a_state": change.state,
        "a_cost": change.actual_cost,
        "a_code": change.error_code,
        "a_message": change.error_message,
        "a_raw": change.raw_error,
        "a_path": change.storage_path,
    }
    if change.handle is not None:
        row |= {"a_handle_id": change.handle.id, "a_handle": dict(change.handle.data)}
    if change.result is not None:
        row["a_result"] = change.result.to_json()
    if change.begun is not None:
        begun = change.begun
        row["a_begun"] = {
            "number": begun.number,
            "provider": begun.provider,
            "model": begun.model,
            "landing": begun.landing,
            "estimated_cost": begun.estimated_cost,
            "request": begun.request.to_json(),
            "executor": move.claim.job.claimed_by,
        }
    return row
