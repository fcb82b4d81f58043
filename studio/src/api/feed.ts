/** The live feed of a project: a snapshot, then every change in order. */

import { batch } from "@preact/signals";
import { createParser } from "eventsource-parser";
import type { FeedEvent, Film } from "../model/film";
import { address, refusalOf, type Shapes } from "./http";
import { filmOf } from "./snapshot";

export type Connection = "connecting" | "live" | "offline";

export interface Listener {
  onSnapshot(film: Film): void;
  /** Gives whether the event fits; where one is missing before it, everything is fetched anew. */
  onEvent(event: FeedEvent): boolean;
  onConnection(state: Connection): void;
  /** The project cannot be followed, and trying again will not help. */
  onError(error: unknown): void;
}

const RETRY_SECONDS = [0.5, 1, 2, 4, 8, 15];
const AGAIN_SECONDS = 0.1;
/** A snapshot is large: whoever needs one after the other waits between them. */
const SOON_SECONDS = 1;
/** Heartbeats come more often than this; a connection that brings none is dead, whatever it says. */
const SILENCE_SECONDS = 25;

/**
 * Follow a project until told to stop. Each connection begins with a snapshot, so nothing is missed.
 *
 * Read by `fetch`: an `EventSource` hears only the events that it was told the names of, and does not say
 * why it failed.
 */
export function follow(project: string, listener: Listener): () => void {
  const stop = new AbortController();
  void run(project, listener, stop.signal);
  return () => stop.abort();
}

async function run(project: string, listener: Listener, stop: AbortSignal): Promise<void> {
  let failures = 0;
  listener.onConnection("connecting");
  while (!stop.aborted) {
    const began = performance.now();
    try {
      await connect(project, listener, stop, () => {
        failures = 0;
      });
      // The server ends a stream now and then, and we one that does not fit: nothing is wrong.
      const soon = performance.now() - began < SOON_SECONDS * 1000;
      await pause(soon ? SOON_SECONDS : AGAIN_SECONDS, stop);
    } catch (error) {
      if (stop.aborted) return;
      if (isFinal(error)) {
        listener.onError(error);
        return;
      }
      failures += 1;
      listener.onConnection("offline");
      await pause(RETRY_SECONDS[Math.min(failures, RETRY_SECONDS.length) - 1] ?? 1, stop);
    }
  }
}

function isFinal(error: unknown): boolean {
  const status = (error as { status?: number }).status;
  return status !== undefined && status >= 400 && status < 500 && status !== 429;
}

/** Read one connection to its end; that it broke is thrown. */
async function connect(
  project: string,
  listener: Listener,
  stop: AbortSignal,
  well: () => void,
): Promise<void> {
  const cut = new AbortController();
  const abort = () => cut.abort();
  let fits = true;
  stop.addEventListener("abort", abort, { once: true });
  let silence = setTimeout(abort, SILENCE_SECONDS * 1000);
  try {
    const response = await fetch(address("/api/v1/projects/{project_id}/events", { project_id: project }), {
      headers: { Accept: "text/event-stream" },
      signal: cut.signal,
    });
    if (!response.ok || !response.body) throw await refusalOf(response);
    const parser = createParser({
      onEvent({ event, data }) {
        const message: unknown = JSON.parse(data);
        if (event === "snapshot") {
          listener.onSnapshot(filmOf(message as Shapes["SnapshotMessage"]));
          listener.onConnection("live");
          well();
        } else if (fits) fits = listener.onEvent(message as FeedEvent);
      },
    });
    const text = new TextDecoder();
    const reader = response.body.getReader();
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      clearTimeout(silence);
      silence = setTimeout(abort, SILENCE_SECONDS * 1000);
      const { value } = chunk;
      // What came together is shown together.
      batch(() => parser.feed(text.decode(value, { stream: true })));
      if (!fits) return;
    }
  } finally {
    clearTimeout(silence);
    stop.removeEventListener("abort", abort);
    cut.abort();
  }
}

/** Wait, but no longer than until the browser says that it is online again. */
function pause(seconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      stop.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    addEventListener("online", done);
    stop.addEventListener("abort", done);
  });
}
