/** What is on the screen: the film or a scene, stitched where that exists, else clip by clip. */

import { computed, effect, signal, untracked } from "@preact/signals";
import { answer, api, Refusal, Unreachable } from "../api/http";
import type { Job } from "../model/film";
import type { ShotView } from "../model/shots";
import type { Span } from "../model/timeline";
import { Player } from "../player/engine";
import { type Item, NOTHING, type Source, sequence, stitched } from "../player/source";
import { changeFilm } from "./showing";
import { film, scene, sceneShots } from "./studio";
import { go, route } from "./ui";

export const player = new Player();

interface Stitched {
  readonly key: string;
  readonly url: string;
  readonly spans: readonly Span[];
}

/** The stitched file of what is open, once it was fetched. */
const whole = signal<Stitched | null>(null);

interface Wanted {
  readonly key: string;
  readonly project: string;
  /** `null` for the whole film. */
  readonly scene: string | null;
}

/** What the stitched file must contain to be worth playing: the clips on show, in order. */
const wanted = computed<Wanted | null>(() => {
  const open = film.value;
  if (!open) return null;
  const views = sceneShots.value;
  if (views.length < 2 || views.some((view) => !view.clip)) return null;
  const made = newestFilm([...open.jobs.values()], scene.value?.id ?? null);
  if (!made) return null;
  const key = `${made.id}:${views.map((view) => view.clip?.id).join()}`;
  return { key, project: open.id, scene: scene.value?.id ?? null };
});

function newestFilm(jobs: readonly Job[], sceneId: string | null): Job | null {
  const films = jobs.filter(
    (job) => job.kind === "film" && job.scene_id === sceneId && job.status === "completed",
  );
  return films.sort((one, other) => other.created_at.localeCompare(one.created_at))[0] ?? null;
}

function askFilm(project: string, sceneId: string | null) {
  if (sceneId === null) {
    return api.GET("/api/v1/projects/{project_id}/film", { params: { path: { project_id: project } } });
  }
  return api.GET("/api/v1/projects/{project_id}/scenes/{scene_id}/film", {
    params: { path: { project_id: project, scene_id: sceneId } },
  });
}

async function fetchWhole({ key, project, scene: sceneId }: Wanted): Promise<void> {
  try {
    const made = await answer(askFilm(project, sceneId));
    if (untracked(() => wanted.value?.key) !== key) return;
    const spans = made.shots.flatMap(({ shot_id, start, duration }) =>
      shot_id === null ? [] : [{ shotId: shot_id, start, duration }],
    );
    const current = !made.stale && spans.length > 0;
    whole.value = current && made.video_url ? { key, url: made.video_url, spans } : null;
  } catch (error) {
    // Without it the clips are played one after the other.
    if (!(error instanceof Refusal || error instanceof Unreachable)) throw error;
  }
}

function itemOf(view: ShotView): Item {
  return {
    shotId: view.shot.id,
    clip: view.clip?.video_url ?? null,
    still: view.picture,
    seconds: view.seconds,
  };
}

const source = computed<Source>(() => {
  const open = film.value;
  if (!open) return NOTHING;
  const key = `${open.id}/${scene.value?.id ?? ""}`;
  const items = sceneShots.value.map(itemOf);
  const made = whole.value;
  if (made && made.key === wanted.value?.key) return stitched(key, made.url, made.spans, items);
  return sequence(key, items);
});

/** Keep the player in step with the film, and the address with the player. */
export function watchScreen(): void {
  effect(() => {
    const want = wanted.value;
    if (want) void fetchWhole(want);
  });
  effect(() => {
    const next = source.value;
    untracked(() => {
      const asked = player.source.value.key === next.key ? undefined : placeAsked(next);
      player.load(next, asked);
    });
  });
  effect(() => {
    if (player.playing.value) return;
    const { key } = player.source.value;
    const shot = player.shot.value;
    untracked(() => {
      if (key && shot && route.value.page === "project") go({ shot, time: player.time.value }, "replace");
    });
  });
  player.onBroken = renew;
}

/** Where the address says to begin. */
function placeAsked(next: Source): number | undefined {
  const { shot, time } = route.value;
  if (time !== null) return time;
  return next.spans.find((span) => span.shotId === shot)?.start;
}

const renewed = new Map<string, number>();
const RENEW_AGAIN_SECONDS = 60;

/** Ask once for a fresh address of what does not play: the one we have may have expired. */
async function renew(item: Item | null): Promise<boolean> {
  const want = wanted.value;
  const view = sceneShots.value.find((each) => each.shot.id === item?.shotId);
  const id = item ? (view?.clip?.id ?? "") : (want?.key ?? "");
  if (Date.now() - (renewed.get(id) ?? 0) < RENEW_AGAIN_SECONDS * 1000) return false;
  renewed.set(id, Date.now());
  if (!item) {
    if (want) await fetchWhole(want);
    return true;
  }
  const clip = view?.clip;
  if (!clip) return false;
  try {
    const { video_url } = await answer(
      api.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: clip.id } } }),
    );
    changeFilm((open) => ({ ...open, jobs: new Map(open.jobs).set(clip.id, { ...clip, video_url }) }));
    return video_url !== null;
  } catch {
    return false;
  }
}
