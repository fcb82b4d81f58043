"""A third engine: in WebKit the page takes keys and clicks and plays over joints of either kind."""

import shutil
from pathlib import Path

import pytest

from tests.browser.asking import CLOCK, FRAMES, VIDEO, button, until
from tests.browser.conftest import Served
from tests.browser.films import Film, completed, make_clips
from tests.browser.webkit import WebKit, opened

RIGHT = "\ue014"
SCENES = [
    (
        "The oven",
        [
            {"video_prompt": "Embers glow", "duration_seconds": 1},
            {"video_prompt": "Ash", "duration_seconds": 1},
        ],
    )
]
H264 = """document.createElement("video").canPlayType('video/mp4; codecs="avc1.640028, mp4a.40.2"')"""
PICTURES = "[...document.querySelectorAll('.frame img')].filter(each => each.naturalWidth > 0).length"
# The picture that plays, as text; a script may read what comes from its own place.
PICTURE = f"""(() => {{
  const pen = Object.assign(document.createElement("canvas"), {{ width: 64, height: 36 }}).getContext("2d");
  pen.drawImage({VIDEO}, 0, 0, 64, 36);
  return pen.canvas.toDataURL();
}})()"""
HOLD = "document.querySelector('[data-screen] canvas')"


def test_films_play_in_webkit(served: Served, film: Film, tmp_path: Path) -> None:
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    if driver is None or screen is None:
        pytest.skip("WebKitWebDriver or Xvfb is not installed")
    clips = make_clips(served.api, SCENES)
    completed(served.api, clips)
    with opened(driver, screen, tmp_path) as webkit:
        webkit.open(served.address)
        if not webkit.run(H264):
            pytest.skip("WebKit cannot play H.264: gstreamer1.0-libav is not installed")
        _choose(webkit, film, seconds=6, in_file=6)
        _play_a_stitched_film(webkit)
        _choose(webkit, clips, seconds=2, in_file=1)
        _play_clip_by_clip(webkit)
        assert webkit.errors == []


def _choose(webkit: WebKit, film: Film, seconds: int, in_file: int) -> None:
    link = f'nav a[href="?project={film.receipt}"]'
    until(webkit, f"document.querySelector('{link}')")
    webkit.click(link)
    until(webkit, f"{CLOCK}?.ariaValueMax === '{seconds}'")
    until(webkit, f"Math.round({VIDEO}.duration) === {in_file} && {VIDEO}.readyState > 1")


def _play_a_stitched_film(webkit: WebKit) -> None:
    assert until(webkit, f"{PICTURES} === 3 && {FRAMES}") == "Shot 1A, Ready,Shot 1B, Ready,Shot 2A, Ready"
    webkit.press(RIGHT)
    until(webkit, f"{CLOCK}.ariaValueText.startsWith('shot 1B') && {VIDEO}.currentTime === 2")
    webkit.press("k")
    until(webkit, f"{CLOCK}.ariaValueText.startsWith('shot 2A')")
    webkit.press("k")
    until(webkit, f"document.querySelector('{button('Play')}') && {VIDEO}.paused")
    assert webkit.run(f"{VIDEO}.currentTime") > 4
    assert webkit.run(f"{VIDEO}.videoWidth") == 1280


def _play_clip_by_clip(webkit: WebKit) -> None:
    first, picture = webkit.run(f"{VIDEO}.currentSrc"), webkit.run(PICTURE)
    webkit.click(button("Play"))
    # It stops by itself, at the end.
    until(webkit, f"document.querySelector('{button('Play')}') && {CLOCK}.ariaValueNow === '2'")
    assert webkit.run(f"{CLOCK}.ariaValueText") == "shot 1B, 2 of 2, 0:02 of 0:02"
    # Another clip is on the screen, and not what was held over the joint.
    assert webkit.run(f"{VIDEO}.currentSrc") != first
    assert webkit.run(f"{VIDEO}.currentTime") == pytest.approx(1, abs=0.1)
    assert webkit.run(f"{HOLD}.hidden")
    assert webkit.run(PICTURE) != picture
