"""axe-core, put into a page to find what people with other senses stumble over."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

LOOK = "async () => (await axe.run()).violations"


class Inspector:
    """Runs axe-core on whatever the page shows."""

    def __init__(self, page: Page, script: Path) -> None:
        self._page = page
        self._script = script.read_text()
        self.found: list[str] = []

    def look(self, state: str) -> None:
        """Note what is wrong in this state."""
        # Put in from outside: the page's own policy would refuse it.
        self._page.evaluate(self._script)
        violations: list[dict[str, Any]] = self._page.evaluate(LOOK)
        for violation in violations:
            where = [node["target"] for node in violation["nodes"]]
            self.found.append(f"{state}: {violation['id']}: {violation['help']}: {where}")
