/** A project's credits in the words of whoever makes the film. Amounts are USD. Pure. */

import type { components } from "../api/schema";
import type { Job, Shot } from "./film";
import { count, money } from "./format";
import type { Face } from "./status";

type Shapes = components["schemas"];
export type Statement = Shapes["CreditsOut"];
export type Entry = Shapes["EntryOut"];
export type Cost = Shapes["CostOut"];

const CENTS_OF_CENTS = 1_000_000;

/** Take away what adding decimal fractions leaves behind. */
function exact(amount: number): number {
  return Math.round(amount * CENTS_OF_CENTS) / CENTS_OF_CENTS;
}

/** What an order may take: the balance, or what the budget leaves of it. */
export function available({ balance, budget, spent, held }: Statement): number {
  return budget === null ? balance : exact(Math.max(0, Math.min(balance, budget - spent - held)));
}

export interface Waits {
  readonly jobs: number;
  /** For all of them. */
  readonly needed: number;
}

/** Sum up what waits for credits in the film, or in one of its scenes; `null` where nothing does. */
export function waitsOf(statement: Statement | null | undefined, scene?: string): Waits | null {
  const all = statement?.waiting_by_scene ?? [];
  const wanted = scene === undefined ? all : all.filter(({ scene_id }) => scene_id === scene);
  if (wanted.length === 0) return null;
  return {
    jobs: wanted.reduce((sum, { jobs }) => sum + jobs, 0),
    needed: exact(wanted.reduce((sum, { needed }) => sum + needed, 0)),
  };
}

/** Say what waits and what it takes: `2 jobs wait for credits: they need $0.40, and $0.10 is available.` */
export function waitLine(waits: Waits, statement: Statement): string {
  const free = available(statement);
  const need = `${waits.jobs === 1 ? "it needs" : "they need"} ${money(waits.needed)}`;
  const left = free < statement.balance ? `the budget leaves ${money(free)}` : `${money(free)} is available`;
  return `${count(waits.jobs, "job waits", "jobs wait")} for credits: ${need}, and ${left}.`;
}

/** What has to be added or allowed before everything that waits goes on. */
export function missing(waits: Waits, statement: Statement): { credits: number; budget: number | null } {
  const { balance, budget, spent, held } = statement;
  const wanted = exact(spent + held + waits.needed);
  return {
    credits: exact(Math.max(0, waits.needed - balance)),
    budget: budget !== null && wanted > budget ? wanted : null,
  };
}

/** Name what a job makes: `clip of 1A`; what is not known any more is left out. */
export function nameOf(
  kind: Job["kind"],
  shotId: string | null,
  shots: ReadonlyMap<string, Pick<Shot, "label">>,
): string {
  const label = shotId === null ? undefined : shots.get(shotId)?.label;
  const what = { image: "image", video: "clip", film: "film" }[kind];
  return label === undefined ? what : `${what} of ${label}`;
}

/** Say what an entry of the ledger was about, and how much it moved: `Paid for the clip of 1A`. */
export function entryLine(entry: Entry, name: string | null): { word: string; amount: string } {
  const of = name === null ? "" : ` for the ${name}`;
  const back = name === null ? "" : ` from the ${name}`;
  switch (entry.kind) {
    case "grant":
      return { word: "Credits added", amount: `+${money(entry.amount)}` };
    case "hold":
      return { word: `Set aside${of}`, amount: money(entry.held) };
    case "release":
      return { word: `Not needed, back${back}`, amount: `+${money(entry.amount)}` };
    case "refund":
      return { word: `Refunded${of}`, amount: `+${money(entry.amount)}` };
    case "settle":
      if (entry.owed < 0) return { word: "What was owed, paid", amount: `−${money(entry.spent)}` };
      if (entry.owed > 0)
        return { word: `Paid${of}; ${money(entry.owed)} more is owed`, amount: `−${money(entry.spent)}` };
      return { word: `Paid${of}`, amount: `−${money(entry.spent)}` };
  }
}

const STATES: Readonly<Record<Shapes["AttemptState"], Face>> = {
  intent: { tone: "work", sign: "↗", word: "Being sent" },
  accepted: { tone: "work", sign: "◐", word: "Generating" },
  rejected: { tone: "off", sign: "–", word: "Refused, free" },
  unknown: { tone: "wait", sign: "?", word: "In doubt" },
  succeeded: { tone: "good", sign: "✓", word: "Made" },
  failed: { tone: "bad", sign: "!", word: "Failed" },
  abandoned: { tone: "wait", sign: "…", word: "Cancelled, may be billed" },
};

/** Show what became of an attempt. */
export function attemptFace({ state }: Cost): Face {
  return STATES[state];
}

/** Say what an attempt cost: what was paid, what it was said to cost, and what is not known yet. */
export function costLine({ actual_cost, charged, owed, estimated_cost, state }: Cost): string {
  if (estimated_cost === null && charged === null) return "free of charge";
  const quoted = `quoted ${money(estimated_cost)}`;
  const more = owed !== null && owed > 0 ? `, ${money(owed)} owed` : "";
  if (charged !== null) return `${money(charged)} paid${more}, ${quoted}`;
  if (state === "rejected" || (state === "failed" && actual_cost === null)) return `nothing paid, ${quoted}`;
  return actual_cost === null ? quoted : `cost ${money(actual_cost)}, ${quoted}`;
}

/** What is loaded of a list, the latest first. */
export interface Rows<T> {
  readonly data: readonly T[];
  /** Where what is not loaded begins; `null` where all is. */
  readonly next: string | null;
}

/** Put a fresh first page before what was loaded: newer rows replace older ones; where they do not meet, the page stands alone. */
export function refreshed<T>(fresh: Rows<T>, loaded: Rows<T>, id: (row: T) => string): Rows<T> {
  const anew = new Set(fresh.data.map(id));
  const older = loaded.data.filter((row) => !anew.has(id(row)));
  if (older.length === 0 || older.length === loaded.data.length) return fresh;
  return { data: [...fresh.data, ...older], next: loaded.next };
}

/** Put the page that was fetched `after` a point behind what is loaded, unless that ends elsewhere by now. */
export function extended<T>(loaded: Rows<T>, after: string, page: Rows<T>): Rows<T> {
  return loaded.next === after ? { data: [...loaded.data, ...page.data], next: page.next } : loaded;
}
