/** One project as the page knows it, and how events change it. Pure. */

import type { components } from "../api/schema";
import { isLive } from "./status";

type Shapes = components["schemas"];
export type Job = Shapes["JobCard"];
export type Shot = Shapes["ShotOut"];
export type Scene = Shapes["SceneOut"];
export type FeedEvent = Omit<Shapes["EventMessage"], "project_id" | "data"> & {
  readonly data: Readonly<Record<string, unknown>>;
};

type Project = Pick<Shapes["ProjectOut"], "id" | "receipt" | "title" | "status" | "current_step">;

export interface Film extends Project {
  /** Sequence of the last event that this contains. */
  readonly sequence: number;
  /** Sequence of the last event that changed credits or what waits for them, or of the snapshot. */
  readonly creditsAt: number;
  readonly scenes: readonly Scene[];
  readonly jobs: ReadonlyMap<string, Job>;
}

/** Changes of the script, and verdicts: what they make stale is for the API to say. */
const ANEW: readonly string[] = [
  "scene.added",
  "shot.added",
  "shot.changed",
  "shot.take_chosen",
  "review.returned",
  "review.approved",
];

/** Apply an event. Older ones never undo newer state; `null` when one is missing before it, or tells too little: fetch anew. */
export function apply(film: Film, event: FeedEvent): Film | null {
  if (event.sequence <= film.sequence) return film;
  if (event.sequence > film.sequence + 1 || ANEW.includes(event.type)) return null;
  const next = { ...film, sequence: event.sequence };
  const [subject] = event.type.split(".");
  if (subject === "job") return moveJob(next, event);
  if ((subject === "scene" || subject === "review") && event.scene_id)
    return moveScene(next, event.scene_id, event.data);
  if (subject === "credits") return { ...next, creditsAt: event.sequence };
  if (subject === "project") return moveProject(next, event.data);
  return next;
}

/** The columns that have the moment of a move. */
const MOMENTS: Readonly<Record<string, readonly (keyof Job)[]>> = {
  "job.queued": ["queued_at"],
  "job.processing": ["processing_started_at"],
  "job.generating": ["submitted_at"],
  "job.uploading": ["generated_at"],
  "job.completed": ["completed_at", "finished_at"],
  "job.failed": ["finished_at"],
  "job.cancelled": ["finished_at"],
};

function moveJob(film: Film, event: FeedEvent): Film {
  if (!event.job_id) return film;
  const before = film.jobs.get(event.job_id) ?? newJob(film, event);
  const { previous_status: _, ...known } = event.data;
  const moments = (MOMENTS[event.type] ?? []).map((name) => [name, event.created_at]);
  const job: Job = { ...before, ...known, ...Object.fromEntries(moments) };
  const jobs = new Map(film.jobs).set(job.id, job);
  if (event.type === "job.completed" && job.kind === "image") outdate(jobs, job);
  // What ends in its queue waits for nothing any more, and nothing is booked that would say so.
  const left = before.status === "queued" && !isLive(job.status);
  return { ...film, jobs, creditsAt: left ? event.sequence : film.creditsAt };
}

/** A new image stands for its shot: clips that were ordered before it did not start from it. */
function outdate(jobs: Map<string, Job>, image: Job): void {
  for (const job of jobs.values()) {
    if (job.kind === "video" && job.shot_id === image.shot_id && job.created_at < image.created_at) {
      jobs.set(job.id, { ...job, stale: true });
    }
  }
}

function newJob(film: Film, event: FeedEvent): Job {
  const { shot_id = null, kind = "video" } = event.data as Partial<Pick<Job, "shot_id" | "kind">>;
  const before = shot_id === null ? [] : takesOf(film, shot_id, kind);
  return {
    id: event.job_id ?? "",
    scene_id: event.scene_id,
    shot_id,
    kind,
    status: "queued",
    progress: 0,
    provider: null,
    model: null,
    attempt_count: 0,
    video_url: null,
    poster_url: null,
    width: null,
    height: null,
    actual_duration_seconds: null,
    duration_seconds: null,
    estimated_cost: null,
    actual_cost: null,
    error_code: null,
    error_message: null,
    created_at: event.created_at,
    queued_at: null,
    processing_started_at: null,
    submitted_at: null,
    generated_at: null,
    completed_at: null,
    finished_at: null,
    take: shot_id === null ? null : Math.max(0, ...before.map((job) => job.take ?? 0)) + 1,
    chosen: false,
    stale: false,
  };
}

/** Show a shot as the API answered it, with what its takes are to it. */
export function withShot(film: Film, detail: Shapes["ShotDetail"]): Film {
  const scenes = film.scenes.map((scene) => ({
    ...scene,
    shots: scene.shots.map((shot) => (shot.id === detail.id ? detail : shot)),
  }));
  const jobs = new Map(film.jobs);
  for (const { job_id, number, chosen, stale } of detail.takes) {
    const job = jobs.get(job_id);
    if (job) jobs.set(job_id, { ...job, take: number, chosen, stale });
  }
  return { ...film, scenes, jobs };
}

/** Show a scene's words as the API answered them. */
export function withScene(film: Film, id: string, words: Pick<Scene, "title" | "narration">): Film {
  return {
    ...film,
    scenes: film.scenes.map((scene) => (scene.id === id ? { ...scene, ...words } : scene)),
  };
}

const REVIEWED = ["stage", "review_ready", "review_status", "open_issues"] as const;

/** Show how the review of a scene stands, as the API answered it. */
export function withReview(film: Film, { scene_id, ...review }: Shapes["SceneReview"]): Film {
  return {
    ...film,
    scenes: film.scenes.map((scene) => (scene.id === scene_id ? { ...scene, ...review } : scene)),
  };
}

function moveScene(film: Film, id: string, data: FeedEvent["data"]): Film {
  const change: Partial<Record<keyof Scene, unknown>> = {};
  if (typeof data["status"] === "string") change.render_status = data["status"];
  for (const name of REVIEWED) if (name in data) change[name] = data[name];
  for (const name of ["title", "narration"] as const) {
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

/** Give the take that stands for its shot: the one chosen, else the newest that is complete. */
export function standingTake(takes: readonly Job[], chosen: string | null): Job | null {
  const stored = takes.filter((job) => job.video_url !== null);
  const complete = stored.filter((job) => job.status === "completed");
  return stored.find((job) => job.id === chosen) ?? complete[0] ?? null;
}

/** Give the job that comes next, where some wait in line and none is being made. */
export function nextInLine(film: Film): Job | null {
  const live = [...film.jobs.values()].filter((job) => isLive(job.status) && job.status !== "waiting");
  if (live.some((job) => job.status !== "queued")) return null;
  return live.sort((one, other) => one.created_at.localeCompare(other.created_at))[0] ?? null;
}
