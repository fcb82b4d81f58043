/** One project as the page knows it, and how events change it. Pure. */

import { isLive } from "./status";

export interface Job {
  readonly id: string;
  readonly scene_id: string | null;
  readonly shot_id: string | null;
  readonly kind: "image" | "video" | "film";
  readonly status: string;
  readonly progress: number;
  readonly provider: string | null;
  readonly model: string | null;
  readonly attempt_count: number;
  readonly video_url: string | null;
  readonly poster_url?: string | null;
  readonly actual_duration_seconds: number | null;
  readonly duration_seconds: number | null;
  readonly estimated_cost: number | null;
  readonly actual_cost: number | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly created_at: string;
  readonly processing_started_at: string | null;
  readonly completed_at: string | null;
  readonly finished_at: string | null;
  readonly stale?: boolean;
}

export interface Shot {
  readonly id: string;
  readonly scene_id: string;
  readonly label: string;
  readonly image_prompt: string | null;
  readonly video_prompt: string | null;
  readonly narration: string | null;
  readonly duration_seconds: number | null;
  readonly start_frame_url: string | null;
  readonly end_frame_url: string | null;
  readonly chosen_job_id?: string | null;
}

export interface Scene {
  readonly id: string;
  readonly title: string;
  readonly narration: string | null;
  readonly stage: number;
  readonly render_status: string;
  readonly review_ready: boolean;
  readonly review_status?: string | null;
  readonly shots: readonly Shot[];
}

export interface Film {
  /** Sequence of the last event that this contains. */
  readonly sequence: number;
  readonly id: string;
  readonly receipt: string;
  readonly title: string;
  readonly status: string;
  readonly current_step: string;
  readonly scenes: readonly Scene[];
  readonly jobs: ReadonlyMap<string, Job>;
}

export interface FeedEvent {
  readonly sequence: number;
  readonly type: string;
  readonly scene_id: string | null;
  readonly job_id: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly created_at: string;
}

/** Apply an event. Older ones never undo newer state; `null` when one is missing before it: fetch anew. */
export function apply(film: Film, event: FeedEvent): Film | null {
  if (event.sequence <= film.sequence) return film;
  if (event.sequence > film.sequence + 1) return null;
  const next = { ...film, sequence: event.sequence };
  const [subject] = event.type.split(".");
  if (subject === "job") return moveJob(next, event);
  if (subject === "scene" && event.scene_id) return moveScene(next, event.scene_id, event.data);
  if (subject === "project") return moveProject(next, event.data);
  return next;
}

function moveJob(film: Film, event: FeedEvent): Film {
  if (!event.job_id) return film;
  const before = film.jobs.get(event.job_id) ?? newJob(event);
  const known = Object.fromEntries(Object.entries(event.data).filter(([name]) => name !== "previous_status"));
  return { ...film, jobs: new Map(film.jobs).set(before.id, { ...before, ...known }) };
}

function newJob(event: FeedEvent): Job {
  return {
    id: event.job_id ?? "",
    scene_id: event.scene_id,
    shot_id: null,
    kind: "video",
    status: "queued",
    progress: 0,
    provider: null,
    model: null,
    attempt_count: 0,
    video_url: null,
    actual_duration_seconds: null,
    duration_seconds: null,
    estimated_cost: null,
    actual_cost: null,
    error_code: null,
    error_message: null,
    created_at: event.created_at,
    processing_started_at: null,
    completed_at: null,
    finished_at: null,
  };
}

function moveScene(film: Film, id: string, data: FeedEvent["data"]): Film {
  const change: Partial<Record<keyof Scene, unknown>> = {};
  if (typeof data["status"] === "string") change.render_status = data["status"];
  for (const name of ["stage", "review_ready", "review_status", "title", "narration"] as const) {
    if (name in data) change[name] = data[name];
  }
  const scenes = film.scenes.map((scene) => (scene.id === id ? ({ ...scene, ...change } as Scene) : scene));
  return { ...film, scenes };
}

function moveProject(film: Film, data: FeedEvent["data"]): Film {
  const change: Record<string, unknown> = {};
  for (const name of ["status", "current_step", "title"]) {
    if (typeof data[name] === "string") change[name] = data[name];
  }
  return { ...film, ...change };
}

/** Give a shot's jobs of a kind, the newest first. */
export function takesOf(film: Film, shot: string, kind: Job["kind"]): Job[] {
  return [...film.jobs.values()]
    .filter((job) => job.shot_id === shot && job.kind === kind)
    .sort((one, other) => other.created_at.localeCompare(one.created_at) || other.id.localeCompare(one.id));
}

/** Give the job that decides how a shot stands: the newest that was not cancelled, else the newest. */
export function decidingJob(takes: readonly Job[]): Job | null {
  return takes.find((job) => job.status !== "cancelled") ?? takes[0] ?? null;
}

/** Give the take that the film uses: the one chosen, else the newest that is complete. */
export function chosenTake(takes: readonly Job[], chosen: string | null | undefined): Job | null {
  const complete = takes.filter((job) => job.status === "completed" && job.video_url !== null);
  return complete.find((job) => job.id === chosen) ?? complete[0] ?? null;
}

/** Tell whether anything of a project is on its way. */
export function isBusy(film: Film): boolean {
  return [...film.jobs.values()].some((job) => isLive(job.status));
}
