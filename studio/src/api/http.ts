/** One way to call the API. */

export interface Problem {
  readonly field: string;
  readonly value: unknown;
  readonly allowed: string;
  readonly shot?: string | null;
}

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
    super("The studio cannot reach Rushes. It tries again by itself.");
  }
}

const ROOT = new URL("api/v1/", document.baseURI);

/** Give the address of an API path such as `projects/AF83-0B6D`. */
export function address(path: string): URL {
  return new URL(path, ROOT);
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return call<T>("GET", path, undefined, signal ? { signal } : {});
}

/** Change something. Each call has a key of its own, so a browser that sends it twice changes it once. */
export function send<T>(
  method: "POST" | "PATCH" | "DELETE" | "PUT",
  path: string,
  body?: unknown,
): Promise<T> {
  return call<T>(method, path, body, { headers: { "Idempotency-Key": crypto.randomUUID() } });
}

async function call<T>(method: string, path: string, body: unknown, init: RequestInit): Promise<T> {
  const headers = new Headers(init.headers);
  headers.set("Accept", "application/json");
  if (body !== undefined) headers.set("Content-Type", "application/json");
  let response: Response;
  try {
    response = await fetch(address(path), {
      ...init,
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable();
  }
  if (response.status === 204) return undefined as T;
  if (!response.ok) throw await refusalOf(response);
  return (await response.json()) as T;
}

/** Read what the API says about a request that it refused. */
export async function refusalOf(response: Response): Promise<Refusal> {
  const answer: unknown = await response.json().catch(() => null);
  const said = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  const message = said["detail"] ?? said["title"] ?? `The API answered ${response.status}.`;
  const problems = Array.isArray(said["problems"]) ? (said["problems"] as Problem[]) : [];
  return new Refusal(response.status, String(said["code"] ?? "error"), String(message), problems);
}
