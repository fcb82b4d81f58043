/** The open film: what was heard of it, shown no oftener than eyes can follow. */

import { signal } from "@preact/signals";
import { apply, type FeedEvent, type Film } from "../model/film";

/** As it is shown. Changed by the functions below alone. */
export const film = signal<Film | null>(null);

/** With everything that was heard: a long film may change a thousand times a second. */
let heard: Film | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
const SHOW_MILLISECONDS = 100;

/** Show a film, or none, at once. */
export function showFilm(next: Film | null): void {
  heard = next;
  film.value = next;
}

/** Change what is shown at once, and lose nothing that was heard meanwhile. */
export function changeFilm(change: (open: Film) => Film): void {
  if (heard) showFilm(change(heard));
}

/** Take an event: the first is shown at once, those that follow closely together. Gives whether it fits. */
export function hear(event: FeedEvent): boolean {
  if (!heard) return true;
  const after = apply(heard, event);
  if (!after) return false;
  heard = after;
  if (timer === undefined) show();
  return true;
}

function show(): void {
  film.value = heard;
  timer = setTimeout(() => {
    timer = undefined;
    if (film.value !== heard) show();
  }, SHOW_MILLISECONDS);
}
