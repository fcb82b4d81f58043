"""What a state of the page looks like, apart from its words and its films: compared with a stored picture.

Text is drawn as bars in its own colour, as long as the words are: each version of a browser paints letters a
little differently, while where they stand, how long and in which colour is what the styles decide. Images and
the video are left out for the same reason; their frames stay.
"""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

PICTURES = Path(__file__).with_name("pictures")
RENEW = "RENEW_PICTURES"
"""Environment variable with which the pictures are taken anew instead of compared."""
SMALLER = 2
VISIBLE = 8
"""Difference of a colour channel, of 255, that counts."""
ALLOWED = 0.0005
"""Share of a picture that may differ: rounding of corners and of half pixels."""
# True where the font is installed: its words are then as long whatever stands in for it.
HAS_FONT = """(name) => {
  const pen = document.createElement("canvas").getContext("2d");
  const long = (instead) => {
    pen.font = `40px "${name}", ${instead}`;
    return pen.measureText("mill").width;
  };
  return long("monospace") === long("serif");
}"""
FREEZE = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :root { --sans: "DejaVu Sans"; --mono: "DejaVu Sans Mono"; }
    *, *::before, *::after { transition: none !important; animation: none !important; }
    img, video, canvas, .slate { opacity: 0 !important; }
    .bar { -webkit-text-fill-color: transparent; background: currentcolor; border-radius: 0; }
    input, textarea, select { -webkit-text-fill-color: transparent; }
  `);
  document.adoptedStyleSheets = [sheet];
  const walk = document.createTreeWalker(document.getElementById("studio"), NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walk.nextNode()) if (walk.currentNode.data.trim()) texts.push(walk.currentNode);
  for (const text of texts) {
    // Moments and lengths of time are another each run.
    if (text.parentElement.closest("time")) text.data = "00:00:00";
    if (/^\\d+ s$/.test(text.data)) text.data = "0 s";
    if (text.parentElement.closest("option")) continue;
    const bar = document.createElement("span");
    bar.className = "bar";
    text.replaceWith(bar);
    bar.append(text);
  }
  document.activeElement?.blur();
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


def needs_font(page: Page) -> None:
    """Skip where words would be as long as another font makes them."""
    for name in ("DejaVu Sans", "DejaVu Sans Mono"):
        if not page.evaluate(HAS_FONT, name):
            pytest.skip(f"the font {name} is not installed")


def look(page: Page, state: str, folder: Path) -> str | None:
    """Compare the page with the picture of a state; say what is wrong. The page is of no use afterwards."""
    page.evaluate(FREEZE)
    seen = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    seen = seen.resize((seen.width // SMALLER, seen.height // SMALLER), Image.Resampling.BOX)
    path = PICTURES / f"{state}.png"
    if os.environ.get(RENEW):
        seen.save(path, optimize=True)
        return None
    if not path.is_file():
        return f"{state}: there is no picture of it; {RENEW}=1 takes one"
    kept = Image.open(path).convert("RGB")
    if kept.size != seen.size:
        return f"{state}: {seen.size} and not {kept.size}"
    differs = np.abs(np.asarray(kept, np.int16) - np.asarray(seen, np.int16)).max(axis=2) > VISIBLE
    if differs.mean() <= ALLOWED:
        return None
    seen.save(folder / f"{state}.png")
    rows, columns = np.nonzero(differs)
    box = [int(each) * SMALLER for each in (columns.min(), rows.min(), columns.max(), rows.max())]
    return (
        f"{state}: {differs.mean():.2%} differs, within {box}; seen: {folder / f'{state}.png'}, kept: {path}"
    )
