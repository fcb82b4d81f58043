/** What a person may do. Each says what came of it, in words, and loses nothing that was typed. */

import { signal } from "@preact/signals";
import { answer, api, type Problem, Refusal, type Shapes } from "../api/http";
import { withScene, withShot } from "../model/film";
import { count } from "../model/format";
import { changeFilm, film } from "./showing";
import { refreshProjects } from "./studio";
import { go, toast } from "./ui";

/** Names of what is under way, so that a button is not pressed twice. */
export const busy = signal<ReadonlySet<string>>(new Set());

/** What the fields of the API are called on the page. */
const NAMES: Readonly<Record<string, string>> = {
  image_prompt: "image prompt",
  video_prompt: "video prompt",
  duration_seconds: "length",
  start_frame_url: "start frame",
  end_frame_url: "end frame",
};

/** Say in a line what stands in the way, and of which shot. */
export function problemLine({ shot, field, allowed }: Problem): string {
  return `${shot ? `${shot}: ` : ""}${NAMES[field] ?? field}: ${allowed}`;
}

/** Say what went wrong, in the words of the API where it said something. */
export function wordsOf(error: unknown): string {
  if (error instanceof Refusal && error.problems.length > 0)
    return error.problems.map(problemLine).join("\n");
  return error instanceof Error ? error.message : String(error);
}

/** Run an action under a name, once at a time; gives what went wrong, or `null`. */
async function failureOf(name: string, action: () => Promise<void>): Promise<unknown> {
  if (busy.value.has(name)) return null;
  busy.value = new Set(busy.value).add(name);
  try {
    await action();
    return null;
  } catch (error) {
    return error;
  } finally {
    const left = new Set(busy.value);
    left.delete(name);
    busy.value = left;
  }
}

/** Run an action under a name, once at a time; gives what went wrong, in words, or `null`. */
export async function tryTo(name: string, action: () => Promise<void>): Promise<string | null> {
  const failure = await failureOf(name, action);
  return failure === null ? null : wordsOf(failure);
}

/** Run an action under a name, once at a time, and say in the corner what went wrong and what helps. */
export async function act(name: string, action: () => Promise<void>): Promise<void> {
  const failure = await failureOf(name, action);
  if (failure === null) return;
  const unpaid = failure instanceof Refusal && failure.status === 402;
  const credits = { label: "Show credits", run: () => go({ tab: "credits" }) };
  toast(wordsOf(failure), "bad", unpaid ? credits : undefined);
}

function project(): string {
  const open = film.value;
  if (!open) throw new Error("no project is open");
  return open.id;
}

/** Name the open project in a path. */
function here() {
  return { params: { path: { project_id: project() } } };
}

export type Quote = Shapes["FilmEstimateOut"];
export type Scope = NonNullable<Shapes["GenerateIn"]["scope"]>;

/** Write a project; gives its receipt. With `generates` all of it is ordered at once. */
export async function create(body: Shapes["ProjectIn"], generates: boolean): Promise<string> {
  const made = await answer(api.POST("/api/v1/projects", { body }));
  // Whatever becomes of the order, the project is there and is shown.
  if (generates) void act(`generate ${made.id}`, () => generate("missing", made.id));
  // Who is told the receipt finds it in the list.
  await refreshProjects();
  toast(`Your receipt is ${made.receipt}.`, "good");
  return made.receipt;
}

/** Ask what generating would cost and what stands in its way; nothing is spent. */
export async function quote(scope: Scope): Promise<Quote> {
  const path = "/api/v1/projects/{project_id}/generate-scenes";
  const found = await answer(api.POST(path, { ...here(), body: { scope, dry_run: true } }));
  if (!("problems" in found)) throw new Error("asked for a quote, and got an order");
  return found;
}

export async function generate(scope: Scope, id = project()): Promise<void> {
  const path = "/api/v1/projects/{project_id}/generate-scenes";
  const made = await answer(api.POST(path, { params: { path: { project_id: id } }, body: { scope } }));
  if ("jobs" in made) toast(`${count(made.jobs.length, "job")} in line.`, "good");
}

export async function cancelAll(): Promise<void> {
  const path = "/api/v1/projects/{project_id}/cancel-scenes";
  const { counts } = await answer(api.POST(path, { ...here(), body: {} }));
  const [stopped, running] = [counts["cancelled"] ?? 0, counts["running"] ?? 0];
  const late =
    running > 0 ? ` ${count(running, "job has", "jobs have")} started and may be billed; they go on.` : "";
  toast(`${count(stopped, "job")} stopped, free of charge.${late}`);
}

export async function retryFailed(): Promise<void> {
  const path = "/api/v1/projects/{project_id}/retry-failed-scenes";
  const { counts } = await answer(api.POST(path, { ...here(), body: {} }));
  const [again, risky] = [counts["queued"] ?? 0, counts["possible_duplicate"] ?? 0];
  toast(`${count(again, "failed job")} in line again.`, "good");
  if (risky > 0) toast(`${count(risky, "shot")} may have been billed already: retry each by itself.`, "bad");
}

export interface JobPlace {
  readonly id: string;
}

function atJob({ id }: JobPlace) {
  return { params: { path: { job_id: id } } };
}

export async function retry(job: JobPlace, acceptPossibleDuplicate = false): Promise<void> {
  const body = acceptPossibleDuplicate ? { accept_possible_duplicate: true } : {};
  await api.POST("/api/v1/jobs/{job_id}/retry", { ...atJob(job), body });
  toast("In line again.", "good");
}

/** Fetch what was paid for once more; nothing is generated. */
export async function fetchAgain(job: JobPlace): Promise<void> {
  await api.POST("/api/v1/jobs/{job_id}/retry-download", atJob(job));
  toast("Being fetched again, free of charge.", "good");
}

const CANCELLED: Readonly<Record<Shapes["CancelOutcome"], string>> = {
  cancelled: "Stopped before it was sent: free of charge.",
  stopping: "Stopped waiting. The provider may still bill it; if the clip arrives it is kept as a take.",
  already_final: "It was over already.",
};

export async function cancel(job: JobPlace): Promise<void> {
  const { outcome } = await answer(api.POST("/api/v1/jobs/{job_id}/cancel", atJob(job)));
  toast(CANCELLED[outcome]);
}

export async function newTake(sceneId: string, shotId: string): Promise<void> {
  const path = "/api/v1/projects/{project_id}/scenes/{scene_id}/render";
  const where = { params: { path: { project_id: project(), scene_id: sceneId } } };
  await api.POST(path, { ...where, body: { shots: [shotId] } });
  toast("A new take is in line.", "good");
}

function atShot(sceneId: string, shotId: string) {
  return { params: { path: { project_id: project(), scene_id: sceneId, shot_id: shotId } } };
}

/** Show a changed shot at once: its event comes a moment later. */
async function show(call: Promise<{ readonly data?: Shapes["ShotDetail"] }>): Promise<void> {
  const shot = await answer(call);
  changeFilm((open) => withShot(open, shot));
}

export async function chooseTake(sceneId: string, shotId: string, jobId: string): Promise<void> {
  const path = "/api/v1/projects/{project_id}/scenes/{scene_id}/shots/{shot_id}/take";
  await show(api.POST(path, { ...atShot(sceneId, shotId), body: { job_id: jobId } }));
  toast("This take stands for the shot now.", "good");
}

export async function editShot(sceneId: string, shotId: string, change: Shapes["ShotEdit"]): Promise<void> {
  const path = "/api/v1/projects/{project_id}/scenes/{scene_id}/shots/{shot_id}";
  await show(api.PATCH(path, { ...atShot(sceneId, shotId), body: change }));
}

export async function editScene(sceneId: string, change: Shapes["SceneEdit"]): Promise<void> {
  const path = "/api/v1/projects/{project_id}/scenes/{scene_id}";
  const where = { params: { path: { project_id: project(), scene_id: sceneId } } };
  const { id, title, narration } = await answer(api.PATCH(path, { ...where, body: change }));
  changeFilm((open) => withScene(open, id, { title, narration }));
}
