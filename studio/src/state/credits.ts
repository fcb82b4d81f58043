/** How the open project's account stands, kept in step with its feed. */

import { computed, effect, signal, untracked } from "@preact/signals";
import { answer, api } from "../api/http";
import { type Statement, waitsOf } from "../model/credits";
import { film } from "./showing";

/** `null` where credits are off, `undefined` while that is not known. */
export const statement = signal<Statement | null | undefined>(undefined);

/** What waits for credits in the open film. */
export const waits = computed(() => waitsOf(statement.value));

/** A long film books a hundred times a second: whoever looks is told once in so long. */
const AGAIN_SECONDS = 0.5;

const openId = computed(() => film.value?.id ?? null);
const booked = computed(() => film.value?.creditsAt ?? 0);

let asking = Promise.resolve();

/** Fetch how the open project stands: one at a time, so that no answer overtakes another. */
function refreshCredits(): Promise<void> {
  asking = asking.then(fetchStatement);
  return asking;
}

async function fetchStatement(): Promise<void> {
  const project = openId.peek();
  if (project === null) return;
  try {
    const path = { project_id: project };
    const found = await answer(api.GET("/api/v1/projects/{project_id}/credits", { params: { path } }));
    // Another project may have been opened meanwhile.
    if (openId.peek() === project) statement.value = found.enabled ? found : null;
  } catch {
    // What was shown stays; the next event, or the next connection's snapshot, asks again.
  }
}

/** Ask when a project is opened, and whenever its feed tells of credits. */
export function watchCredits(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let project: string | null = null;
  const ask = () => {
    timer = undefined;
    void refreshCredits();
  };
  effect(() => {
    const open = openId.value;
    booked.value;
    untracked(() => {
      if (open === project) {
        timer ??= setTimeout(ask, AGAIN_SECONDS * 1000);
        return;
      }
      project = open;
      statement.value = undefined;
      clearTimeout(timer);
      ask();
    });
  });
}

/** Name the open project in a path. */
function here() {
  return { params: { path: { project_id: openId.value ?? "" } } };
}

/** Put credits in; under the same key once, however often it is sent. */
export async function grant(amount: number, note: string | null, key: string): Promise<void> {
  const path = "/api/v1/projects/{project_id}/credits/grants";
  await api.POST(path, { ...here(), body: { amount, note }, headers: { "Idempotency-Key": key } });
  await refreshCredits();
}

/** Limit what may be spent and held; `null` lifts the limit. */
export async function setBudget(budget: number | null): Promise<void> {
  await api.PATCH("/api/v1/projects/{project_id}/credits", { ...here(), body: { budget } });
  await refreshCredits();
}

/** List the ledger or the attempts from a point on. */
export async function ledgerAfter(after: string) {
  const { path } = here().params;
  const params = { path, query: { after } };
  return (await answer(api.GET("/api/v1/projects/{project_id}/credits", { params }))).ledger;
}

export function costsAfter(after: string | null, signal: AbortSignal | null = null) {
  const { path } = here().params;
  const params = { path, query: after === null ? {} : { after } };
  return answer(api.GET("/api/v1/projects/{project_id}/credits/attempts", { params, signal }));
}
