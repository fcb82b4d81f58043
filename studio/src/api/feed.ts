/** The live feed of a project: a snapshot, then every change in order. */

import { createParser } from "eventsource-parser";
import type { FeedEvent, Film } from "../model/film";
import { address, refusalOf } from "./http";
import { filmOf, type Snapshot } from "./snapshot";

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
  while (!stop.aborted) {
    listener.onConnection(failures === 0 ? "connecting" : "offline");
    try {
      await connect(project, listener, stop, () => {
        failures = 0;
      });
    } catch (error) {
      if (stop.aborted) return;
      if (isFinal(error)) {
        listener.onError(error);
        return;
      }
    }
    if (stop.aborted) return;
    failures += 1;
    listener.onConnection("offline");
    await pause(RETRY_SECONDS[Math.min(failures, RETRY_SECONDS.length) - 1] ?? 1, stop);
  }
}

function isFinal(error: unknown): boolean {
  const status = (error as { status?: number }).status;
  return status !== undefined && status >= 400 && status < 500 && status !== 429;
}

/** Read one connection to its end. */
async function connect(
  project: string,
  listener: Listener,
  stop: AbortSignal,
  well: () => void,
): Promise<void> {
  const cut = new AbortController();
  const abort = () => cut.abort();
  stop.addEventListener("abort", abort, { once: true });
  let silence = setTimeout(abort, SILENCE_SECONDS * 1000);
  try {
    const response = await fetch(address(`projects/${encodeURIComponent(project)}/events`), {
      headers: { Accept: "text/event-stream" },
      signal: cut.signal,
    });
    if (!response.ok || !response.body) throw await refusalOf(response);
    const parser = createParser({
      onEvent({ event, data }) {
        const message: unknown = JSON.parse(data);
        if (event === "snapshot") {
          listener.onSnapshot(filmOf(message as Snapshot));
          listener.onConnection("live");
          well();
        } else if (!listener.onEvent(message as FeedEvent)) abort();
      },
    });
    const text = new TextDecoder();
    const reader = response.body.getReader();
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      clearTimeout(silence);
      silence = setTimeout(abort, SILENCE_SECONDS * 1000);
      parser.feed(text.decode(chunk.value, { stream: true }));
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
