/** The one clock of the player: film time ↔ shot and time within it. Seconds. */

export interface Span {
  readonly shotId: string;
  /** Seconds from the start of what is played. */
  readonly start: number;
  /** Seconds; a shot of unknown length counts as `UNKNOWN_SECONDS`. */
  readonly duration: number;
}

export interface Place {
  readonly index: number;
  readonly shotId: string;
  /** Seconds from the start of the shot. */
  readonly local: number;
}

/** What a shot without a duration is drawn as. */
export const UNKNOWN_SECONDS = 4;

/** Lay shots end to end, so that the spans always tile. */
export function layOut(shots: readonly { id: string; seconds: number | null }[]): Span[] {
  let start = 0;
  return shots.map(({ id, seconds }) => {
    const duration = seconds !== null && seconds > 0 ? seconds : UNKNOWN_SECONDS;
    const span = { shotId: id, start, duration };
    start += duration;
    return span;
  });
}

/** Give the whole length in seconds. */
export function lengthOf(spans: readonly Span[]): number {
  const last = spans.at(-1);
  return last ? last.start + last.duration : 0;
}

/** Find what is on screen at a time; times outside are taken to the nearest end. `null` where there are no shots. */
export function placeAt(spans: readonly Span[], time: number): Place | null {
  if (spans.length === 0) return null;
  let low = 0;
  let high = spans.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((spans[middle]?.start ?? 0) <= time) low = middle;
    else high = middle - 1;
  }
  const span = spans[low];
  if (!span) return null;
  const local = Math.min(Math.max(time - span.start, 0), span.duration);
  return { index: low, shotId: span.shotId, local };
}

/** Give the start of a shot; `null` for one that is not played. */
export function startOf(spans: readonly Span[], shotId: string): number | null {
  return spans.find((span) => span.shotId === shotId)?.start ?? null;
}
