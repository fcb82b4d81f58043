/** What a person may do. Each says what came of it, in words, and loses nothing that was typed. */

import { signal } from "@preact/signals";
import { Refusal, send } from "../api/http";
import { count } from "../model/format";
import { film } from "./studio";
import { toast } from "./ui";

/** Names of what is under way, so that a button is not pressed twice. */
export const busy = signal<ReadonlySet<string>>(new Set());

/** Say what went wrong. */
export function complain(error: unknown): void {
  if (error instanceof Refusal && error.problems.length > 0) {
    const lines = error.problems.map(
      (each) => `${each.shot ? `${each.shot}: ` : ""}${each.field}: ${each.allowed}`,
    );
    toast([error.message, ...lines].join("\n"), "bad");
  } else {
    toast(error instanceof Error ? error.message : String(error), "bad");
  }
}

/** Run an action under a name, once at a time; gives what it gave, or `null` when it failed and said so. */
export async function act<T>(name: string, action: () => Promise<T>): Promise<T | null> {
  if (busy.value.has(name)) return null;
  busy.value = new Set(busy.value).add(name);
  try {
    return await action();
  } catch (error) {
    complain(error);
    return null;
  } finally {
    const left = new Set(busy.value);
    left.delete(name);
    busy.value = left;
  }
}

function project(): string {
  const open = film.value;
  if (!open) throw new Error("no project is open");
  return open.id;
}

export interface Quote {
  readonly quote: string;
  readonly problems: readonly { field: string; value: unknown; allowed: string; shot?: string | null }[];
  readonly recommendations?: readonly string[];
  readonly counts?: Readonly<Record<string, number>>;
}

export type Scope = "missing" | "failed" | "all" | readonly string[];

/** Ask what generating would cost and what stands in its way; nothing is spent. */
export function quote(scope: Scope): Promise<Quote> {
  return send<Quote>("POST", `projects/${project()}/generate-scenes`, { scope, dry_run: true });
}

export async function generate(scope: Scope): Promise<void> {
  const made = await send<{ jobs: unknown[] }>("POST", `projects/${project()}/generate-scenes`, { scope });
  toast(`${count(made.jobs.length, "job")} in line.`, "good");
}

export async function cancelAll(): Promise<void> {
  const answer = await send<{ outcomes: { outcome: string }[] }>(
    "POST",
    `projects/${project()}/cancel-scenes`,
    {},
  );
  const stopping = answer.outcomes.filter((each) => each.outcome === "stopping").length;
  const stopped = answer.outcomes.filter((each) => each.outcome === "cancelled").length;
  const late =
    stopping > 0
      ? ` ${count(stopping, "clip was", "clips were")} already being made: these may still be billed, and are kept if they arrive.`
      : "";
  toast(`${count(stopped, "job")} stopped, free of charge.${late}`);
}

export async function retryFailed(): Promise<void> {
  const answer = await send<{ jobs: unknown[] }>("POST", `projects/${project()}/retry-failed-scenes`, {});
  toast(`${count(answer.jobs.length, "failed shot")} in line again.`, "good");
}

export interface JobPlace {
  readonly id: string;
  readonly scene_id: string | null;
}

export async function retry(job: JobPlace, acceptPossibleDuplicate = false): Promise<void> {
  const body = acceptPossibleDuplicate ? { accept_possible_duplicate: true } : {};
  await send("POST", `projects/${project()}/scenes/${job.scene_id}/video/${job.id}/retry`, body);
  toast("In line again.", "good");
}

export async function cancel(job: JobPlace): Promise<void> {
  const path = `projects/${project()}/scenes/${job.scene_id}/video/${job.id}/cancel`;
  const { outcome } = await send<{ outcome: string }>("POST", path, {});
  const said: Record<string, string> = {
    cancelled: "Stopped before it was sent: free of charge.",
    stopping: "Stopped waiting. The provider may still bill it; if the clip arrives it is kept as a take.",
    already_final: "It was over already.",
  };
  toast(said[outcome] ?? outcome);
}

export async function newTake(sceneId: string, shotId: string): Promise<void> {
  await send("POST", `projects/${project()}/scenes/${sceneId}/render`, { shots: [shotId] });
  toast("A new take is in line.", "good");
}

export async function chooseTake(sceneId: string, shotId: string, jobId: string): Promise<void> {
  await send("POST", `projects/${project()}/scenes/${sceneId}/shots/${shotId}/take`, { job_id: jobId });
  toast("This take is in the film now.", "good");
}

export async function editShot(
  sceneId: string,
  shotId: string,
  change: Record<string, unknown>,
): Promise<void> {
  await send("PATCH", `projects/${project()}/scenes/${sceneId}/shots/${shotId}`, change);
}
