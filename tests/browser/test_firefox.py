"""Another engine: the page comes up in Firefox and plays a scene to its end."""

import shutil
from pathlib import Path

import pytest

from tests.browser.conftest import Served
from tests.browser.films import Film
from tests.browser.firefox import opened

# Resolves when what is asked for is on the page.
UNTIL = """new Promise(resolve => {
  const look = () => { const found = %s; found ? resolve(found) : requestAnimationFrame(look); };
  look();
})"""
CLOCK = "document.querySelector('[aria-label=\"Film time\"]')"


def test_a_scene_plays_in_firefox(served: Served, film: Film, tmp_path: Path) -> None:
    command = shutil.which("firefox-esr") or shutil.which("firefox")
    if command is None:
        pytest.skip("firefox is not installed")
    with opened(command, tmp_path) as firefox:
        firefox.open(f"{served.address}{film.page}&scene={film.scenes[0]}")
        frames = "[...document.querySelectorAll('.frame')].map(each => each.firstChild.textContent).join()"
        ready = "Shot 1A, Ready,Shot 1B, Ready"
        assert firefox.run(UNTIL % f"{frames} === '{ready}' && {frames}") == ready
        assert firefox.run(UNTIL % f"{CLOCK}?.ariaValueMax") == "4"
        firefox.run("document.querySelector('button[aria-label=\"Play\"]').click()")
        seen = firefox.run(UNTIL % f"{CLOCK}.ariaValueText.startsWith('shot 1B') && {CLOCK}.ariaValueText")
        assert seen.startswith("shot 1B, 2 of 2")
        assert firefox.run(UNTIL % f"{CLOCK}.ariaValueNow === '4' && {CLOCK}.ariaValueText")
        assert firefox.run("document.querySelector('[data-screen] video').videoWidth") == 1280
        assert firefox.errors == []
