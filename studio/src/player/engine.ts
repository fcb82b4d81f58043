/** Drives one `<video>` through a source. What it shows is in signals; nothing else knows of the element. */

import { batch, signal } from "@preact/signals";
import { lengthOf, placeAt, type Span, startOf } from "../model/timeline";
import { Prefetch } from "./prefetch";
import { type Item, NOTHING, type Source } from "./source";

/** Before this much of a shot was seen, *previous* goes to the shot before and not to its start. */
const REWIND_SECONDS = 1;
/** A picture that begins so close to the end of its clip is the last one, at up to 30 pictures a second. */
const LAST_PICTURE_SECONDS = 0.05;

export class Player {
  readonly source = signal<Source>(NOTHING);
  /** Seconds from the start of the source. */
  readonly time = signal(0);
  readonly playing = signal(false);
  readonly waiting = signal(false);
  readonly volume = signal(1);
  readonly muted = signal(false);
  readonly rate = signal(1);
  /** The shot on screen. */
  readonly shot = signal<string | null>(null);
  /** Shown over the video while a clip is missing or the next one decodes. */
  readonly still = signal<string | null>(null);
  /** Called when a clip cannot be played: its address may have expired. Gives whether to try again. */
  onBroken: (item: Item | null) => Promise<boolean> = () => Promise.resolve(false);
  readonly broken = signal(false);

  #video: HTMLVideoElement | null = null;
  #hold: HTMLCanvasElement | null = null;
  readonly #prefetch = new Prefetch();
  /** Grows with every jump, so that what an overtaken one started has no effect. */
  #turn = 0;
  #loaded = "";
  /** Time of the still on screen, where it runs without a video. */
  #stillAt: { index: number; local: number; since: number } | null = null;
  #frame = 0;

  /** Take over an element and the canvas over it; gives what lets go of them. */
  attach(video: HTMLVideoElement, hold: HTMLCanvasElement): () => void {
    this.#video = video;
    this.#hold = hold;
    const listeners: [string, () => void][] = [
      // It may be about a clip that has given way already.
      ["ended", () => void (video.ended && this.#ended())],
      ["waiting", () => this.#wait(true)],
      ["playing", () => this.#shown()],
      ["seeked", () => this.#shown()],
      ["loadeddata", () => this.#shown()],
      ["pause", () => this.#paused()],
      ["error", () => void this.#failed()],
    ];
    for (const [name, listener] of listeners) video.addEventListener(name, listener);
    this.#tick();
    this.#watch(video);
    if (this.source.value.key) void this.seek(this.time.value);
    return () => {
      cancelAnimationFrame(this.#frame);
      for (const [name, listener] of listeners) video.removeEventListener(name, listener);
      video.removeAttribute("src");
      video.load();
      this.#video = null;
      this.#loaded = "";
      this.#prefetch.clear();
    };
  }

  /** Play something else, or the same with new addresses; the same keeps its time and goes on. */
  load(source: Source, at?: number): void {
    const before = this.source.value;
    const same = before.key === source.key;
    if (same && sameMedia(before.film, source.film) && sameItems(before.items, source.items)) {
      this.source.value = source; // renewed addresses are taken when they are needed
      return;
    }
    const shot = this.shot.value;
    // The same shot again, where a shot before it changed its length.
    const kept = same && shot ? (startOf(source.spans, shot) ?? 0) + this.#local(before) : 0;
    this.source.value = source;
    void this.seek(at ?? kept);
  }

  play(): void {
    if (this.source.value.spans.length === 0) return;
    const end = lengthOf(this.source.value.spans);
    this.playing.value = true;
    if (this.time.value >= end - 0.05) void this.seek(0);
    else this.#run();
  }

  pause(): void {
    this.playing.value = false;
    this.#settleStill();
    this.#video?.pause();
  }

  toggle(): void {
    if (this.playing.value) this.pause();
    else this.play();
  }

  /** Jump to a time of the source. */
  async seek(time: number): Promise<void> {
    const { spans, film, items } = this.source.value;
    const place = placeAt(spans, time);
    const turn = ++this.#turn;
    if (!place) {
      this.#show(null, 0, null);
      return;
    }
    const span = spans[place.index];
    this.#show(place.shotId, (span?.start ?? 0) + place.local, this.still.value);
    if (film !== null) {
      await this.#open(film, this.time.value, turn);
      return;
    }
    const item = items[place.index];
    if (item?.clip) {
      await this.#open(item.clip, place.local, turn);
      this.#warm(place.index + 1);
      return;
    }
    this.#video?.pause();
    this.#stillAt = { index: place.index, local: place.local, since: performance.now() };
    this.still.value = item?.still ?? null;
    this.waiting.value = false;
    this.#clearHold();
  }

  /** Jump to a shot. */
  seekShot(shotId: string): void {
    const start = startOf(this.source.value.spans, shotId);
    if (start !== null) void this.seek(start);
  }

  /** Jump by shots: 1 to the next, -1 to the start of this one or, from there, to the one before. */
  skip(by: 1 | -1): void {
    const { spans } = this.source.value;
    const place = placeAt(spans, this.time.value);
    if (!place) return;
    const back = by < 0 && place.local > REWIND_SECONDS ? 0 : by;
    const target = spans[Math.min(Math.max(place.index + back, 0), spans.length - 1)];
    if (target) void this.seek(target.start);
  }

  setVolume(volume: number, muted = false): void {
    batch(() => {
      this.volume.value = Math.min(Math.max(volume, 0), 1);
      this.muted.value = muted;
    });
    if (this.#video) {
      this.#video.volume = this.volume.value;
      this.#video.muted = muted;
    }
  }

  setRate(rate: number): void {
    this.rate.value = rate;
    if (this.#video) this.#video.playbackRate = rate;
  }

  async #open(url: string, local: number, turn: number): Promise<void> {
    const video = this.#video;
    if (!video) return;
    this.#stillAt = null;
    this.broken.value = false;
    if (this.#loaded === url) {
      video.currentTime = local;
      this.#run();
      return;
    }
    this.#holdFrame();
    const playable = await this.#prefetch.take(url);
    if (turn !== this.#turn) return;
    this.#loaded = url;
    this.waiting.value = true;
    video.src = playable;
    video.currentTime = local;
    video.playbackRate = this.rate.value;
    this.#run();
  }

  #run(): void {
    if (!this.playing.value) return;
    if (this.#stillAt) {
      this.#stillAt.since = performance.now();
      return;
    }
    // A jump in between rejects the promise of the play before: the later one counts.
    this.#video?.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.playing.value = false;
    });
  }

  async #ended(): Promise<void> {
    const next = this.#next();
    const end = lengthOf(this.source.value.spans);
    if (next) await this.seek(next.start);
    else batch(() => this.#show(this.shot.value, end, this.still.value, false));
  }

  /** What is played after what is on the screen; a stitched file goes on by itself. */
  #next(): Span | undefined {
    const { spans, film } = this.source.value;
    const place = placeAt(spans, this.time.value);
    return film === null && place ? spans[place.index + 1] : undefined;
  }

  /**
   * Let a clip give way when its last picture is on the screen: the event that tells of its end comes two pictures
   * later, and is what remains where nobody sees pictures, as in a tab behind others.
   */
  #watch(video: HTMLVideoElement): void {
    video.requestVideoFrameCallback?.((_, picture) => {
      if (this.#video !== video) return;
      this.#watch(video);
      const left = video.duration - picture.mediaTime;
      const last = left < LAST_PICTURE_SECONDS && !video.seeking;
      if (last && this.playing.value && this.#next()) void this.#ended();
    });
  }

  /** Follow the clock of whatever is on screen. */
  #tick = (): void => {
    this.#frame = requestAnimationFrame(this.#tick);
    const { spans, film } = this.source.value;
    const video = this.#video;
    if (this.#stillAt) {
      this.#tickStill(this.#stillAt);
    } else if (video && !video.paused && !video.seeking && this.#loaded) {
      const place = placeAt(spans, this.time.value);
      const start = film === null && place ? (spans[place.index]?.start ?? 0) : 0;
      // A clip may be a frame longer than its span; its last frame still belongs to it.
      const most = film === null && place ? (spans[place.index]?.duration ?? 0) - 0.001 : Infinity;
      const time = start + Math.min(video.currentTime, most);
      this.#show(placeAt(spans, time)?.shotId ?? null, time, this.still.value);
    }
  };

  #tickStill(still: { index: number; local: number; since: number }): void {
    const span = this.source.value.spans[still.index];
    if (!this.playing.value || !span) return;
    const local = still.local + ((performance.now() - still.since) / 1000) * this.rate.value;
    if (local < span.duration) {
      this.#show(span.shotId, span.start + local, this.still.value);
      return;
    }
    this.#settleStill();
    this.time.value = span.start + span.duration - 0.001;
    void this.#ended();
  }

  #settleStill(): void {
    if (!this.#stillAt) return;
    this.#stillAt.local = this.#local(this.source.value);
    this.#stillAt.since = performance.now();
  }

  #local(source: Source): number {
    return placeAt(source.spans, this.time.value)?.local ?? 0;
  }

  #show(shot: string | null, time: number, still: string | null, playing = this.playing.value): void {
    batch(() => {
      this.shot.value = shot;
      this.time.value = time;
      this.still.value = still;
      this.playing.value = playing;
    });
  }

  #shown(): void {
    this.#wait(false);
    if (!this.#stillAt) this.still.value = null;
    this.#clearHold();
  }

  #wait(waiting: boolean): void {
    this.waiting.value = waiting;
  }

  #paused(): void {
    const video = this.#video;
    // The browser pauses by itself at an end and at a change of source; a person does elsewhere.
    if (
      video &&
      !video.ended &&
      !video.seeking &&
      video.readyState > 1 &&
      !this.#stillAt &&
      document.hidden
    ) {
      this.playing.value = false;
    }
  }

  async #failed(): Promise<void> {
    if (!this.#loaded) return;
    const { items, film, spans } = this.source.value;
    const place = placeAt(spans, this.time.value);
    this.#loaded = "";
    const turn = this.#turn;
    const mended = await this.onBroken(film === null && place ? (items[place.index] ?? null) : null);
    if (turn !== this.#turn) return;
    this.waiting.value = false;
    if (mended) void this.seek(this.time.value);
    else batch(() => this.#show(this.shot.value, this.time.value, this.still.value, false));
    this.broken.value = !mended;
  }

  #warm(index: number): void {
    const clip = this.source.value.items[index]?.clip;
    if (clip) this.#prefetch.warm(clip);
  }

  /** Keep the last frame on screen while the next clip decodes: no black between shots. */
  #holdFrame(): void {
    const [video, hold] = [this.#video, this.#hold];
    if (!video || !hold || video.readyState < 2 || video.videoWidth === 0) return;
    hold.width = video.videoWidth;
    hold.height = video.videoHeight;
    hold.getContext("2d")?.drawImage(video, 0, 0);
    hold.hidden = false;
  }

  #clearHold(): void {
    if (this.#hold) this.#hold.hidden = true;
  }
}

/** Compare addresses without their signatures, which are new each time. */
function sameMedia(one: string | null, other: string | null): boolean {
  return one?.split("?")[0] === other?.split("?")[0];
}

function sameItems(before: readonly Item[], after: readonly Item[]): boolean {
  return (
    before.length === after.length &&
    before.every((item, index) => {
      const other = after[index];
      return (
        other !== undefined &&
        item.shotId === other.shotId &&
        item.seconds === other.seconds &&
        sameMedia(item.clip, other.clip) &&
        sameMedia(item.still, other.still)
      );
    })
  );
}
