/** How long the film may still take. Asked of the API, which knows how long such clips took lately. */

import { computed, effect, signal, untracked } from "@preact/signals";
import { answer, api } from "../api/http";
import { isBusy } from "../model/film";
import { film } from "./studio";

/** Seconds; `null` where nothing is on its way or too little is known. */
export const remaining = signal<number | null>(null);

const AGAIN_SECONDS = 5;
const busyProject = computed(() => (film.value && isBusy(film.value) ? film.value.id : null));

async function ask(project: string): Promise<void> {
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

/** Ask while something is on its way. */
export function watchRemaining(): void {
  effect(() => {
    const project = busyProject.value;
    untracked(() => {
      remaining.value = null;
    });
    if (!project) return undefined;
    void ask(project);
    const timer = setInterval(() => !document.hidden && void ask(project), AGAIN_SECONDS * 1000);
    return () => clearInterval(timer);
  });
}
