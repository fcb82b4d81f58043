/** One way to call the API: its paths, bodies and answers are those of the description. */

import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Shapes = components["schemas"];
export type Problem = Shapes["ProblemEntry"];

/** A refusal, in the API's own words. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly problems: readonly Problem[] = [],
  ) {
    super(message);
  }
}

/** The API did not answer: nothing is known of what it did. */
export class Unreachable extends Error {
  constructor() {
    super("The studio cannot reach Rushes. Try again when the connection is back.");
  }
}

const ROOT = new URL(".", document.baseURI);

/** Give the address of a path of the API, for what is not called here. */
export function address(path: keyof paths, ids: Readonly<Record<string, string>>): URL {
  const named = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? ""));
  return new URL(`.${named}`, ROOT);
}

/** Name one change: 128 random bits, from what a browser has on an address without TLS as well. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

export const api = createClient<paths>({ baseUrl: ROOT.href, headers: { Accept: "application/json" } });

api.use({
  onRequest({ request }) {
    // Each change has a key of its own, so a browser that sends it twice changes it once.
    // Who must be able to send the same change again gives one of their own.
    if (request.method !== "GET" && !request.headers.has("Idempotency-Key"))
      request.headers.set("Idempotency-Key", newKey());
  },
  async onResponse({ response }) {
    if (!response.ok) throw await refusalOf(response);
  },
  onError({ error }) {
    return error instanceof DOMException && error.name === "AbortError" ? error : new Unreachable();
  },
});

/** Wait for an answer; what is none was thrown, as a `Refusal` or `Unreachable`. */
export async function answer<T>(call: Promise<{ readonly data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** Read what the API says about a request that it refused. */
export async function refusalOf(response: Response): Promise<Refusal> {
  const said: Partial<Shapes["ProblemDocument"]> = (await response.json().catch(() => null)) ?? {};
  const message = said.detail ?? said.title ?? `The API answered ${response.status}.`;
  return new Refusal(response.status, said.code ?? "error", message, said.problems ?? []);
}
