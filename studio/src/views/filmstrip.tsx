import { useEffect, useRef } from "preact/hooks";
import type { ShotView } from "../model/shots";
import { SHOT_FACES } from "../model/status";
import { player } from "../state/screening";
import { sceneShots } from "../state/studio";
import { openShot } from "../state/ui";
import { Picture } from "./picture";

/** After the person has scrolled, the strip leaves the scrolling to them for so long. */
const HANDS_OFF_SECONDS = 6;

function Frame({ view, active, tabbable }: { view: ShotView; active: boolean; tabbable: boolean }) {
  const face = SHOT_FACES[view.status];
  const percent = view.progress > 0 ? ` ${view.progress}%` : "";
  return (
    <li>
      <button
        type="button"
        class={`frame ${face.tone}`}
        data-shot={view.shot.id}
        aria-current={active}
        tabIndex={tabbable ? 0 : -1}
        onClick={() => {
          openShot.value = view.shot.id;
        }}
      >
        <span class="visually-hidden">
          {`Shot ${view.shot.label}, ${face.word}${percent}${view.stale ? ", stale" : ""}`}
        </span>
        <span class="picture" aria-hidden="true">
          <Picture url={view.picture} alt="" instead={view.number} />
        </span>
        <span class="caption" aria-hidden="true">
          <span>{view.shot.label}</span>
          <span>
            {face.sign}
            {percent}
          </span>
        </span>
        {view.stale && (
          <span class="badge tone-wait stale" aria-hidden="true">
            stale
          </span>
        )}
      </button>
    </li>
  );
}

/** One frame per shot, like a strip of film; it follows the player unless the person scrolls. */
export function Filmstrip() {
  const strip = useRef<HTMLUListElement>(null);
  const scrolled = useRef(0);
  const active = player.shot.value;
  const views = sceneShots.value;
  useEffect(() => {
    const box = strip.current;
    const frame = active ? box?.querySelector<HTMLElement>(`[data-shot="${CSS.escape(active)}"]`) : null;
    if (!box || !frame || Date.now() - scrolled.current < HANDS_OFF_SECONDS * 1000) return;
    box.scrollTo({ left: frame.offsetLeft - (box.clientWidth - frame.offsetWidth) / 2 });
  }, [active]);
  if (views.length === 0) return null;
  const handsOff = () => {
    scrolled.current = Date.now();
  };
  const tabbable = views.some((view) => view.shot.id === active) ? active : views[0]?.shot.id;
  return (
    <ul
      ref={strip}
      class="strip"
      aria-label="Filmstrip"
      onWheel={handsOff}
      onPointerDown={handsOff}
      onKeyDown={(event) => {
        handsOff();
        moveFocus(event, strip.current);
      }}
    >
      {views.map((view) => (
        <Frame
          key={view.shot.id}
          view={view}
          active={view.shot.id === active}
          tabbable={view.shot.id === tabbable}
        />
      ))}
    </ul>
  );
}

/** One stop for the Tab key; arrows, Home and End go from frame to frame. */
function moveFocus(event: KeyboardEvent, strip: HTMLElement | null): void {
  const frames = [...(strip?.querySelectorAll<HTMLElement>(".frame") ?? [])];
  const at = frames.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: frames.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  frames[Math.min(Math.max(to, 0), frames.length - 1)]?.focus();
}
