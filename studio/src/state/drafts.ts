/** What was typed and is not saved yet. It survives a failed save, another panel and a reload. */

import { effect, signal } from "@preact/signals";

export type Draft = Readonly<Record<string, string>>;

const KEPT = "drafts";

function stored(): Readonly<Record<string, Draft>> {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") as Record<string, Draft>;
  } catch {
    return {};
  }
}

/** By the id of the scene or shot; one that is there is being edited. */
export const drafts = signal(stored());

effect(() => sessionStorage.setItem(KEPT, JSON.stringify(drafts.value)));

export function keepDraft(id: string, draft: Draft): void {
  drafts.value = { ...drafts.value, [id]: draft };
}

export function dropDraft(id: string): void {
  const { [id]: _, ...others } = drafts.value;
  drafts.value = others;
}
