/** What the page knows of the API: the projects, the open film, and whether it is live. */

import { computed, effect, signal, untracked } from "@preact/signals";
import { type Connection, follow } from "../api/feed";
import { answer, api, Refusal, type Shapes, Unreachable } from "../api/http";
import { shotsOf } from "../model/shots";
import { film, hear, showFilm } from "./showing";
import { failuresShown, openShot, route } from "./ui";

export type ProjectSummary = Shapes["ProjectListed"];

export { film };

export type Load = "loading" | "ready" | "missing" | "forbidden" | "failed";

export const projects = signal<readonly ProjectSummary[] | null>(null);
export const projectsLoad = signal<Load>("loading");
export const filmLoad = signal<Load>("ready");
export const connection = signal<Connection>("connecting");
export const shots = computed(() => (film.value ? shotsOf(film.value) : []));

/** The scene that is open, or the whole film. */
export const scene = computed(() => film.value?.scenes.find((each) => each.id === route.value.scene) ?? null);
export const sceneShots = computed(() => {
  const open = scene.value;
  return open ? shots.value.filter((view) => view.scene.id === open.id) : shots.value;
});

/** Tell a failed load by what the page says about it. */
function loadOf(error: unknown): Load {
  if (error instanceof Refusal && error.status === 404) return "missing";
  if (error instanceof Refusal && (error.status === 401 || error.status === 403)) return "forbidden";
  if (error instanceof Refusal || error instanceof Unreachable) return "failed";
  throw error;
}

/** Fetch the list of projects. */
export async function refreshProjects(): Promise<void> {
  try {
    const page = await answer(api.GET("/api/v1/projects", { params: { query: { limit: 100 } } }));
    projects.value = page.data;
    projectsLoad.value = "ready";
  } catch (error) {
    projectsLoad.value = loadOf(error);
  }
}

const LIST_SECONDS = 15;

/** Keep the list fresh while somebody looks at it. */
export function watchProjects(): void {
  void refreshProjects();
  setInterval(() => {
    if (!document.hidden) void refreshProjects();
  }, LIST_SECONDS * 1000);
}

const openProject = computed(() => (route.value.page === "project" ? route.value.project : null));

/** Follow whatever project the address names. */
export function watchFilm(): void {
  effect(() => {
    const name = openProject.value;
    untracked(() => {
      openShot.value = null;
      failuresShown.value = false;
      showFilm(null);
      filmLoad.value = name ? "loading" : "ready";
    });
    if (!name) return undefined;
    return follow(name, {
      onSnapshot(fresh) {
        // What arrives late never takes the page back.
        if (film.value && film.value.id === fresh.id && film.value.sequence > fresh.sequence) return;
        showFilm(fresh);
        filmLoad.value = "ready";
      },
      onEvent: hear,
      onConnection(state) {
        connection.value = state;
        if (state === "offline" && !film.value) filmLoad.value = "failed";
      },
      onError(error) {
        filmLoad.value = loadOf(error);
      },
    });
  });
}

/** The listed summary of the open project changes with it. */
effect(() => {
  const open = film.value;
  if (!open) return;
  untracked(() => {
    const listed = projects.value;
    if (!listed) return;
    if (!listed.some((each) => each.id === open.id)) {
      void refreshProjects();
      return;
    }
    const { title, status, current_step } = open;
    projects.value = listed.map((each) =>
      each.id === open.id ? { ...each, title, status, current_step } : each,
    );
  });
});
