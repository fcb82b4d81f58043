import { player } from "../state/screening";
import { openShot, shortcutsShown } from "../state/ui";
import { Dialog } from "./dialog";
import { toggleFullScreen } from "./screen";

const SECONDS = 5;
const FASTEST = 4;

interface Shortcut {
  readonly keys: readonly string[];
  readonly shown: string;
  readonly does: string;
  readonly run: () => void;
}

const SHORTCUTS: readonly Shortcut[] = [
  { keys: [" ", "k"], shown: "Space, K", does: "Play or pause", run: () => player.toggle() },
  { keys: ["ArrowRight"], shown: "→", does: "Next shot", run: () => player.skip(1) },
  { keys: ["ArrowLeft"], shown: "←", does: "Previous shot", run: () => player.skip(-1) },
  { keys: ["l"], shown: "L", does: "Forward, faster each time", run: faster },
  {
    keys: ["j"],
    shown: "J",
    does: `Back ${SECONDS} seconds`,
    run: () => void player.seek(player.time.value - SECONDS),
  },
  {
    keys: ["m"],
    shown: "M",
    does: "Sound off or on",
    run: () => player.setVolume(player.volume.value, !player.muted.value),
  },
  {
    keys: ["f"],
    shown: "F",
    does: "Full screen",
    run: () => void toggleFullScreen(document.querySelector("[data-screen]")),
  },
  {
    keys: ["Enter"],
    shown: "Enter",
    does: "Details of the shot on screen",
    run: () => {
      openShot.value = player.shot.value;
    },
  },
  {
    keys: ["?"],
    shown: "?",
    does: "This sheet",
    run: () => {
      shortcutsShown.value = !shortcutsShown.value;
    },
  },
];

function faster(): void {
  if (player.playing.value) player.setRate(player.rate.value >= FASTEST ? 1 : player.rate.value * 2);
  else {
    player.setRate(1);
    player.play();
  }
}

/** Listen for shortcuts, except where somebody types or a control has its own use for the key. */
export function watchKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (target.closest("input:not([type=range]), textarea, select, dialog")) return;
    const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (target.closest("input") && pressed.startsWith("Arrow")) return;
    if (target.closest("button, a, summary") && (pressed === " " || pressed === "Enter")) return;
    const shortcut = SHORTCUTS.find(({ keys }) => keys.includes(pressed));
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  });
}

export function ShortcutSheet() {
  if (!shortcutsShown.value) return null;
  return (
    <Dialog
      title="Keyboard shortcuts"
      onClose={() => {
        shortcutsShown.value = false;
      }}
    >
      <h2>Keyboard shortcuts</h2>
      <dl class="facts">
        {SHORTCUTS.map(({ shown, does }) => [<dt class="mono">{shown}</dt>, <dd>{does}</dd>])}
      </dl>
    </Dialog>
  );
}
