/** The next clip, fetched whole before it is needed, so that the joint between two clips is short. */

const KEPT = 4;

export class Prefetch {
  readonly #fetched = new Map<string, Promise<string>>();

  /** Begin to fetch an address, unless it is here already. */
  warm(url: string): void {
    if (this.#fetched.has(url)) return;
    const object = fetch(url).then(async (response) => {
      if (!response.ok) throw new Error(`${response.status}`);
      return URL.createObjectURL(await response.blob());
    });
    // A store that lets other pages play but not read leaves the address itself: a longer joint, no failure.
    this.#fetched.set(
      url,
      object.catch(() => url),
    );
    this.#trim();
  }

  /** Give a playable address, at once: the fetched one if it is here. */
  async take(url: string): Promise<string> {
    const fetched = this.#fetched.get(url);
    if (!fetched) return url;
    return await Promise.race([fetched, Promise.resolve().then(() => url)]);
  }

  /** Let go of everything. */
  clear(): void {
    for (const url of this.#fetched.keys()) this.#drop(url);
  }

  #trim(): void {
    for (const url of this.#fetched.keys()) {
      if (this.#fetched.size <= KEPT) return;
      this.#drop(url);
    }
  }

  #drop(url: string): void {
    const object = this.#fetched.get(url);
    this.#fetched.delete(url);
    object?.then((made) => made.startsWith("blob:") && URL.revokeObjectURL(made));
  }
}
