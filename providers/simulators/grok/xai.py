"""Everything that the endpoints of one simulator share."""

from pathlib import Path

from providers.simulators.grok.faults import Fault
from providers.simulators.grok.intake import Intake
from providers.simulators.grok.knobs import Knobs
from providers.simulators.grok.ledger import Accepted, Ledger
from providers.simulators.grok.states import States
from providers.simulators.grok.studio import Studio
from providers.simulators.grok.wires import Wires


class Xai:
    """One simulated xAI: its books, its rules and its files, all in one folder."""

    def __init__(self, knobs: Knobs, folder: Path) -> None:
        self.knobs = knobs
        self.ledger = Ledger(folder / "ledger.sqlite3")
        self.states = States(knobs)
        self.studio = Studio(folder / "results")
        self.intake = Intake(knobs, self.ledger, self.now)
        self.wires = Wires()
        self.ahead = 0.0
        """Seconds that the clock was put forward."""

    def now(self) -> float:
        """Give the Unix second that it is here."""
        return self.knobs.clock() + self.ahead

    def plays(self, fault: Fault, row: Accepted, scope: str | None = None) -> bool:
        """Tell whether a submission's fault is due, and count it; by default for that submission alone."""
        return self.intake.plays(fault, row.faults, scope or row.id)
