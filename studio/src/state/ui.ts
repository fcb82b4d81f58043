/** What the person has chosen to see. */

import { effect, signal } from "@preact/signals";
import { type Route, read, START, write } from "../model/route";

export const route = signal<Route>(read(location.search));

/** Go somewhere; what is not named stays, unless it belongs to another project or scene. */
export function go(change: Partial<Route>, how: "push" | "replace" = "push"): void {
  const before = route.value;
  const moved = "project" in change && change.project !== before.project;
  const left = "scene" in change && change.scene !== before.scene;
  const base = moved ? START : left ? { ...before, shot: null, time: null } : before;
  const next = { ...base, ...change };
  const url = `${location.pathname}${write(next)}`;
  // Before anything follows the route: the player's own entry would replace the one that is left.
  if (how === "push") history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  route.value = next;
}

addEventListener("popstate", () => {
  route.value = read(location.search);
});

export type Theme = "auto" | "dark" | "light";

function storedTheme(): Theme {
  const stored = localStorage.getItem("theme");
  return stored === "dark" || stored === "light" ? stored : "auto";
}

export const theme = signal<Theme>(storedTheme());

effect(() => {
  if (theme.value === "auto") {
    localStorage.removeItem("theme");
    delete document.documentElement.dataset["theme"];
  } else {
    localStorage.setItem("theme", theme.value);
    document.documentElement.dataset["theme"] = theme.value;
  }
});

export interface Toast {
  readonly id: number;
  readonly tone: "good" | "bad" | "plain";
  readonly text: string;
  /** What a press on it does. */
  readonly action?: { readonly label: string; readonly run: () => void };
  /** What it is about: a later one about the same takes its place. */
  readonly about?: string;
}

export const toasts = signal<readonly Toast[]>([]);
const TOAST_SECONDS = 7;
let lastToast = 0;

/** Say something in the corner. Bad news stays until it is dismissed. */
export function toast(
  text: string,
  tone: Toast["tone"] = "plain",
  action?: Toast["action"],
  about?: string,
): void {
  const id = ++lastToast;
  const made: Toast = { id, tone, text, ...(action && { action }), ...(about && { about }) };
  const others = toasts.value.filter((each) => !about || each.about !== about);
  toasts.value = [...others.slice(-3), made];
  if (tone !== "bad") setTimeout(() => dismiss(id), TOAST_SECONDS * 1000);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((each) => each.id !== id);
}

/** The shot whose details are open. */
export const openShot = signal<string | null>(null);
export const shortcutsShown = signal(false);
/** Whether the summary of what failed is open. */
export const failuresShown = signal(false);
/** On a narrow screen: whether the list of projects is open. */
export const listShown = signal(false);
