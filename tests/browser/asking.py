"""What a page is asked, in one line of script each, in browsers that Playwright does not drive."""

from typing import Any, Protocol

CLOCK = "document.querySelector('[aria-label=\"Film time\"]')"
"""The slider of the film's time."""
FRAMES = "[...document.querySelectorAll('.frame')].map(each => each.firstChild.textContent).join()"
"""What the frames of the strip are called."""
VIDEO = "document.querySelector('[data-screen] video')"
"""What plays."""
_UNTIL = """new Promise(resolve => {
  const look = () => { const found = %s; found ? resolve(found) : requestAnimationFrame(look); };
  look();
})"""


class Runs(Protocol):
    """A browser that runs scripts in its page."""

    def run(self, script: str) -> Any:
        """Run an expression; wait for its promise and give a simple value."""


def button(name: str) -> str:
    """Say which button is meant, for a query of its element."""
    return f'button[aria-label="{name}"]'


def until(browser: Runs, wanted: str) -> Any:
    """Wait until an expression gives something, looking before each new picture; give it."""
    return browser.run(_UNTIL % wanted)
