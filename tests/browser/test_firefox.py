"""Another engine: the page comes up in Firefox and plays a scene to its end."""

import shutil
from pathlib import Path

import pytest

from tests.browser.asking import CLOCK, FRAMES, VIDEO, button, until
from tests.browser.conftest import Served
from tests.browser.films import Film
from tests.browser.firefox import opened


def test_a_scene_plays_in_firefox(served: Served, film: Film, tmp_path: Path) -> None:
    command = shutil.which("firefox-esr") or shutil.which("firefox")
    if command is None:
        pytest.skip("firefox is not installed")
    with opened(command, tmp_path) as firefox:
        firefox.open(f"{served.address}{film.page}&scene={film.scenes[0]}")
        ready = "Shot 1A, Ready,Shot 1B, Ready"
        assert until(firefox, f"{FRAMES} === '{ready}' && {FRAMES}") == ready
        assert until(firefox, f"{CLOCK}?.ariaValueMax") == "4"
        firefox.run(f"document.querySelector('{button('Play')}').click()")
        seen = until(firefox, f"{CLOCK}.ariaValueText.startsWith('shot 1B') && {CLOCK}.ariaValueText")
        assert seen.startswith("shot 1B, 2 of 2")
        assert until(firefox, f"{CLOCK}.ariaValueNow === '4' && {CLOCK}.ariaValueText")
        assert firefox.run(f"{VIDEO}.videoWidth") == 1280
        assert firefox.errors == []
