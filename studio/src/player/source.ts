/** What a player plays: one stitched file, or the clips one after the other while there is none. */

import { layOut, type Span } from "../model/timeline";

export interface Item {
  readonly shotId: string;
  /** Address of the stored clip; `null` while there is none. */
  readonly clip: string | null;
  /** A picture to show while there is no clip. */
  readonly still: string | null;
  readonly seconds: number | null;
}

export interface Source {
  /** Changes when something else is played, and not when an address is merely renewed. */
  readonly key: string;
  readonly spans: readonly Span[];
  readonly items: readonly Item[];
  /** The stitched file, where there is one: seamless. */
  readonly film: string | null;
}

export const NOTHING: Source = { key: "", spans: [], items: [], film: null };

/** Play clips one after the other; shots without one are shown as stills for as long as they will take. */
export function sequence(key: string, items: readonly Item[]): Source {
  return {
    key,
    items,
    film: null,
    spans: layOut(items.map((item) => ({ id: item.shotId, seconds: item.seconds }))),
  };
}

/** Play a stitched file by the index that was made with it. */
export function stitched(key: string, film: string, index: readonly Span[], items: readonly Item[]): Source {
  return { key, items, film, spans: index };
}
