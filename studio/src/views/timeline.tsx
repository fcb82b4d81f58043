import { useRef } from "preact/hooks";
import { clock } from "../model/format";
import { SHOT_FACES } from "../model/status";
import { lengthOf, placeAt } from "../model/timeline";
import { player } from "../state/screening";
import { sceneShots } from "../state/studio";

/** Apart from the head, so that hundreds of them are drawn anew when a shot changes and not with each frame. */
function Segments() {
  const active = player.shot.value;
  const views = new Map(sceneShots.value.map((view) => [view.shot.id, view]));
  return (
    <>
      {player.source.value.spans.map((span) => {
        const view = views.get(span.shotId);
        const face = SHOT_FACES[view?.status ?? "draft"];
        return (
          <span
            key={span.shotId}
            class={`segment ${face.tone}${span.shotId === active ? " active" : ""}`}
            style={{ flex: `${span.duration} 1 0` }}
            title={`${view?.shot.label ?? ""} · ${face.word}`}
          />
        );
      })}
    </>
  );
}

/** The segmented timeline: a segment per shot, as wide as it is long, and a head to drag. */
export function Timeline() {
  const bar = useRef<HTMLDivElement>(null);
  const { spans } = player.source.value;
  const total = lengthOf(spans);
  const time = player.time.value;
  const place = placeAt(spans, time);
  const here = place && sceneShots.value.find((view) => view.shot.id === place.shotId);

  function jump(event: PointerEvent): void {
    const box = bar.current?.getBoundingClientRect();
    if (!box || box.width === 0) return;
    void player.seek((Math.min(Math.max(event.clientX - box.left, 0), box.width) / box.width) * total);
  }

  if (total === 0) return null;
  const text = place
    ? `shot ${here?.shot.label ?? place.index + 1}, ${place.index + 1} of ${spans.length}, ${clock(time)} of ${clock(total)}`
    : "";
  return (
    <div
      ref={bar}
      class="timeline"
      role="slider"
      tabIndex={0}
      aria-label="Film time"
      aria-valuemin={0}
      aria-valuemax={Math.round(total)}
      aria-valuenow={Math.round(time)}
      aria-valuetext={text}
      onPointerDown={(event) => {
        bar.current?.setPointerCapture(event.pointerId);
        jump(event);
      }}
      onPointerMove={(event) => bar.current?.hasPointerCapture(event.pointerId) && jump(event)}
    >
      <Segments />
      <span class="head" style={{ left: `${(100 * time) / total}%` }} />
    </div>
  );
}
