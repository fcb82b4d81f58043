"""What Google would bill, written down apart from the adapters so that each checks the other.

Prices in USD: Google's list with audio, as of litellm 1.106.2. Clips that were made are billed; failures and
what the content rules filtered are not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from providers.simulators.veo.ledger import Ledger, Submit
from providers.simulators.veo.operations import Operation, Operations
from providers.simulators.veo.validation import DURATIONS

PER_SECOND: Mapping[str, Mapping[str, Decimal]] = {
    "veo-3.1-generate-001": {"720p": Decimal("0.40"), "1080p": Decimal("0.40"), "4k": Decimal("0.60")},
    "veo-3.1-fast-generate-001": {"720p": Decimal("0.10"), "1080p": Decimal("0.12"), "4k": Decimal("0.30")},
    "veo-3.1-lite-generate-001": {"720p": Decimal("0.05"), "1080p": Decimal("0.08")},
}
PER_IMAGE: Mapping[str, Decimal] = {
    "gemini-nano-banana-2.1": Decimal("0.0336"),
    "gemini-3.1-flash-image": Decimal("0.067"),
    "gemini-3.1-flash-lite-image": Decimal("0.0336"),
    "gemini-3-pro-image": Decimal("0.134"),
}


@dataclass(frozen=True, slots=True)
class Bills:
    """The bill of one simulator."""

    operations: Operations
    ledger: Ledger
    price_per_second: Decimal | None = None
    """USD of a clip, instead of the list's."""

    def rows(self) -> list[dict[str, object]]:
        """List everything that was accepted; ``cost`` is ``None`` while it is not known yet."""
        clips = [self._clip(operation) for operation in self.operations.running.values()]
        return [*clips, *(_image(submit) for submit in self.ledger.accepted if submit.model in PER_IMAGE)]

    def paid(self) -> Decimal:
        """Give the sum of what is due, in USD."""
        return sum((Decimal(str(row["cost"])) for row in self.rows() if row["cost"]), Decimal(0))

    def _clip(self, operation: Operation) -> dict[str, object]:
        made = self.operations.made(operation)
        return {
            "id": operation.name,
            "work": "video",
            "model": operation.model,
            "labels": dict(operation.labels),
            "prompt": operation.prompt,
            "landing": operation.parameters.get("storageUri"),
            "cost": None if made is None else str(made * self._price(operation)),
        }

    def _price(self, operation: Operation) -> Decimal:
        asked = operation.parameters
        listed = PER_SECOND[operation.model].get(asked.get("resolution", "720p"), Decimal(0))
        price = listed if self.price_per_second is None else self.price_per_second
        return price * int(asked.get("durationSeconds", DURATIONS[0]))


def _image(submit: Submit) -> dict[str, object]:
    return {
        "id": None,
        "work": "image",
        "model": submit.model,
        "labels": dict(submit.labels),
        "landing": None,
        "cost": str(PER_IMAGE[submit.model]),
    }
