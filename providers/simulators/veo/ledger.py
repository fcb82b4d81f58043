"""What the simulator was asked for and what it would have billed, for tests to read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Submit:
    """One POST that asked for a generation."""

    path: str
    model: str
    labels: Mapping[str, str]
    storage_uri: str | None
    body: Mapping[str, Any]
    headers: Mapping[str, str]


@dataclass(slots=True)
class Ledger:
    """Everything that happened, in order."""

    submits: list[Submit] = field(default_factory=list)
    """Every POST, refused ones too."""
    accepted: list[Submit] = field(default_factory=list)
    """Those that started a generation: each of them is paid once it succeeds."""
    polls: Counter[str] = field(default_factory=Counter)
    """By operation name."""
    downloads: list[tuple[str, str | None]] = field(default_factory=list)
    """Object and Range header of every media GET."""
    tokens: int = 0
    """Access tokens given out."""
    texts: int = 0
    """Questions to language models that were let in."""
    images: int = 0
    """Images made, each of them paid."""

    def paid_by_label(self, label: str) -> Counter[str]:
        """Count generations by the value of a label."""
        return Counter(submit.labels.get(label, "") for submit in self.accepted)

    def paid_by_storage_uri(self) -> Counter[str]:
        """Count generations by where their results land."""
        return Counter(submit.storage_uri or "" for submit in self.accepted)
