/** How long the film may still take, and its place in line. Asked of the API, which knows of others and of earlier clips. */

import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { answer, api } from "../api/http";
import { nextInLine } from "../model/film";
import { isMaking } from "../model/shots";
import { film, shots } from "./studio";

/** Seconds; `null` where nothing is on its way or too little is known. */
export const remaining = signal<number | null>(null);

/** Of the job that comes next, while none is being made; `null` where that cannot be told. */
export const place = signal<number | null>(null);

const AGAIN_SECONDS = 5;
const busyProject = computed(() => (film.value && isMaking(shots.value) ? film.value.id : null));
const nextJob = computed(() => (film.value ? nextInLine(film.value) : null)?.id ?? null);

async function askRemaining(project: string): Promise<void> {
  try {
    const { scenes } = await answer(
      api.GET("/api/v1/projects/{project_id}/render-status", { params: { path: { project_id: project } } }),
    );
    const known = scenes.map((scene) => scene.eta_seconds).filter((seconds) => seconds !== null);
    remaining.value = known.length > 0 ? Math.max(...known) : null;
  } catch {
    remaining.value = null;
  }
}

async function askPlace(job: string): Promise<void> {
  try {
    const why = await answer(api.GET("/api/v1/jobs/{job_id}/why", { params: { path: { job_id: job } } }));
    place.value = nextJob.peek() === job ? why.position : null;
  } catch {
    place.value = null;
  }
}

/** Ask about whatever there is to ask about, again and again. */
function keepAsking(
  about: ReadonlySignal<string | null>,
  shown: Signal<number | null>,
  ask: (id: string) => Promise<void>,
): void {
  effect(() => {
    const id = about.value;
    untracked(() => {
      shown.value = null;
    });
    if (!id) return undefined;
    void ask(id);
    const timer = setInterval(() => !document.hidden && void ask(id), AGAIN_SECONDS * 1000);
    return () => clearInterval(timer);
  });
}

/** Ask while something is on its way. */
export function watchRemaining(): void {
  keepAsking(busyProject, remaining, askRemaining);
  keepAsking(nextJob, place, askPlace);
}
