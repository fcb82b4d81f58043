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
  readonly recommendations: readonly { readonly code: string; readonly sentence: string }[];
  readonly counts: Readonly<Record<string, number>>;
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

interface Batch {
  /** How many jobs each outcome befell. */
  readonly counts: Readonly<Record<string, number>>;
}

export async function cancelAll(): Promise<void> {
  const { counts } = await send<Batch>("POST", `projects/${project()}/cancel-scenes`, {});
  const [stopped, running] = [counts["cancelled"] ?? 0, counts["running"] ?? 0];
  const late =
    running > 0 ? ` ${count(running, "job has", "jobs have")} started and may be billed; they go on.` : "";
  toast(`${count(stopped, "job")} stopped, free of charge.${late}`);
}

export async function retryFailed(): Promise<void> {
  const { counts } = await send<Batch>("POST", `projects/${project()}/retry-failed-scenes`, {});
  const [again, risky] = [counts["queued"] ?? 0, counts["possible_duplicate"] ?? 0];
  toast(`${count(again, "failed job")} in line again.`, "good");
  if (risky > 0) toast(`${count(risky, "shot")} may have been billed already: retry each by itself.`, "bad");
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
