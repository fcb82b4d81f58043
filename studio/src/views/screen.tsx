import { useEffect, useRef } from "preact/hooks";
import { clock, span } from "../model/format";
import { percentOf } from "../model/shots";
import { isLive, SHOT_FACES } from "../model/status";
import { lengthOf, placeAt } from "../model/timeline";
import { player } from "../state/screening";
import { scene, sceneShots } from "../state/studio";
import { Icon } from "./icons";
import { Timeline } from "./timeline";

/** What is said over the picture while a shot has no clip. */
function Cover() {
  const view = sceneShots.value.find((each) => each.shot.id === player.shot.value);
  if (player.broken.value) {
    return (
      <div class="cover" role="alert">
        <strong>This clip cannot be played</strong>
        <p>Its address was renewed once, and it still does not play. Its job card says where it is stored.</p>
      </div>
    );
  }
  if (!view || view.clip) return null;
  const place = placeAt(player.source.value.spans, player.time.value);
  const face = SHOT_FACES[view.status];
  const left = place ? (player.source.value.spans[place.index]?.duration ?? 0) - place.local : 0;
  return (
    <div class="cover">
      <p>
        Shot {view.shot.label} · {face.word}
        {view.progress > 0 && ` ${view.progress}%`}
      </p>
      {view.job && isLive(view.job.status) && <strong>Rendering… {percentOf(sceneShots.value)}%</strong>}
      {view.status === "failed" && view.job?.error_message && <p>{view.job.error_message}</p>}
      {player.playing.value && <p class="mono">{span(left)}</p>}
    </div>
  );
}

function Slate() {
  const view = sceneShots.value.find((each) => each.shot.id === player.shot.value);
  if (!view) return null;
  return (
    <div class="slate" key={view.shot.id} aria-hidden="true">
      {view.number} · {view.shot.label} {scene.value ? "" : `· ${view.scene.title}`}
    </div>
  );
}

/** The screen with its controls: one `<video>` for everything. */
export function Screen() {
  const box = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const hold = useRef<HTMLCanvasElement>(null);
  useEffect(
    () => (video.current && hold.current ? player.attach(video.current, hold.current) : undefined),
    [],
  );
  const total = lengthOf(player.source.value.spans);
  const still = player.still.value;
  return (
    <section aria-label="Screen">
      <div class="screen" ref={box} data-screen>
        <video ref={video} playsInline preload="auto" tabIndex={-1} aria-label="The film">
          <track kind="captions" />
        </video>
        <canvas ref={hold} hidden />
        {still && <img class="still" src={still} alt="" />}
        <Cover />
        <Slate />
        <button
          type="button"
          class="tap"
          tabIndex={-1}
          aria-label="Play or pause"
          onClick={() => player.toggle()}
        />
      </div>
      <Timeline />
      <div class="controls">
        <button type="button" class="button quiet" aria-label="Previous shot" onClick={() => player.skip(-1)}>
          <Icon name="previous" />
        </button>
        <button
          type="button"
          class="button primary"
          aria-label={player.playing.value ? "Pause" : "Play"}
          disabled={total === 0}
          onClick={() => player.toggle()}
        >
          <Icon name={player.playing.value ? "pause" : "play"} />
        </button>
        <button type="button" class="button quiet" aria-label="Next shot" onClick={() => player.skip(1)}>
          <Icon name="next" />
        </button>
        <span class="mono time">
          {clock(player.time.value)} / {clock(total)}
        </span>
        {player.waiting.value && <span class="soft">loading…</span>}
        <button
          type="button"
          class="button quiet push"
          aria-label={player.muted.value ? "Sound on" : "Mute"}
          onClick={() => player.setVolume(player.volume.value || 1, !player.muted.value)}
        >
          <Icon name={player.muted.value ? "mute" : "loud"} />
        </button>
        <input
          type="range"
          min="0"
          max="1"
          step="0.05"
          aria-label="Volume"
          value={player.muted.value ? 0 : player.volume.value}
          onInput={(event) => player.setVolume(Number(event.currentTarget.value))}
        />
        <button
          type="button"
          class="button quiet"
          aria-label="Full screen"
          onClick={() => void toggleFullScreen(box.current)}
        >
          <Icon name="full" />
        </button>
      </div>
    </section>
  );
}

/** Fill the screen, or leave it. */
export async function toggleFullScreen(box: Element | null): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await box?.requestFullscreen();
}
