import { describe, expect, it } from "vitest";
import {
  apply,
  decidingJob,
  type FeedEvent,
  type Film,
  type Job,
  nextInLine,
  standingTake,
  takesOf,
  withShot,
} from "./film";

const film: Film = {
  sequence: 7,
  creditsAt: 7,
  id: "p",
  receipt: "AF83-0B6D",
  title: "Night Shift",
  status: "pending",
  current_step: "script",
  scenes: [
    {
      id: "s",
      project_id: "p",
      position: 1,
      created_at: "2026-01-01T00:00:00Z",
      updated_at: "2026-01-01T00:00:00Z",
      title: "The bakery",
      narration: null,
      stage: 7,
      render_status: "pending",
      review_status: "pending",
      review_ready: false,
      open_issues: 0,
      shots: [],
    },
  ],
  jobs: new Map(),
};

function event(
  sequence: number,
  type: string,
  data: FeedEvent["data"],
  job: string | null = null,
): FeedEvent {
  return {
    sequence,
    type,
    data,
    job_id: job,
    scene_id: "s",
    created_at: `2026-01-01T00:00:${String(sequence).padStart(2, "0")}Z`,
  };
}

const queued = event(8, "job.queued", { status: "queued", kind: "video", shot_id: "a" }, "j");
const done = event(
  9,
  "job.completed",
  { status: "completed", previous_status: "uploading", video_url: "/c" },
  "j",
);

describe("events", () => {
  it("make a job and move it", () => {
    const first = apply(film, queued) as Film;
    const second = apply(first, done) as Film;
    expect(second.jobs.get("j")).toMatchObject({ status: "completed", shot_id: "a", video_url: "/c" });
    expect(second.jobs.get("j")).not.toHaveProperty("previous_status");
    expect(second.sequence).toBe(9);
  });

  it("never undo newer state", () => {
    const newer = apply(apply(film, queued) as Film, done) as Film;
    expect(apply(newer, queued)).toBe(newer);
  });

  it("ask for everything anew where one is missing", () => {
    expect(apply(film, done)).toBeNull();
  });

  it("move scenes and the project", () => {
    const scene = apply(film, event(8, "scene.complete", { status: "complete", review_ready: true })) as Film;
    expect(scene.scenes[0]).toMatchObject({ render_status: "complete", review_ready: true });
    const project = apply(
      scene,
      event(9, "project.rendering", { status: "rendering", current_step: "videos" }),
    );
    expect(project).toMatchObject({ status: "rendering", current_step: "videos", title: "Night Shift" });
  });

  it("have credits looked at where they changed, or where a job ended that may have waited for them", () => {
    const moves = [
      [queued, 7],
      [event(9, "credits.changed", { amount: 0.1 }, "j"), 9],
      [event(10, "job.processing", { status: "processing" }, "j"), 9],
      [event(11, "job.queued", { status: "queued" }, "j"), 9],
      [event(12, "job.cancelled", { status: "cancelled" }, "j"), 12],
    ] as const;
    let now: Film = film;
    for (const [move, expected] of moves) {
      now = apply(now, move) as Film;
      expect(now.creditsAt, move.type).toBe(expected);
    }
  });

  it("bring the moments that a move has", () => {
    const moved = apply(apply(film, queued) as Film, done) as Film;
    expect(moved.jobs.get("j")).toMatchObject({
      queued_at: queued.created_at,
      completed_at: done.created_at,
      finished_at: done.created_at,
    });
  });

  it("bring words that others gave, and moments of the account", () => {
    const words = { title: "The alley", narration: "Dawn." };
    expect(apply(film, event(8, "scene.changed", words))?.scenes[0]).toMatchObject(words);
    expect(apply(film, event(8, "project.changed", { title: "Day Shift" }))?.title).toBe("Day Shift");
    expect(apply(film, event(8, "credits.budget", { budget: 2 }))).toEqual({
      ...film,
      sequence: 8,
      creditsAt: 8,
    });
  });

  it.each([
    "scene.added",
    "shot.added",
    "shot.changed",
    "shot.take_chosen",
    "review.returned",
    "review.approved",
  ])("ask for everything anew after %s", (type) => {
    expect(apply(film, event(8, type, { shot_id: "a" }))).toBeNull();
    expect(apply(film, event(7, "shot.changed", { shot_id: "a" }))).toBe(film);
  });

  it("tell how a review stands", () => {
    const ready = { status: "complete", review_ready: true, review_status: "video_complete", stage: 12 };
    const told = apply(film, event(8, "review.ready", ready)) as Film;
    expect(told.scenes[0]).toMatchObject({ review_ready: true, review_status: "video_complete", stage: 12 });
    const resolved = { review_ready: true, review_status: "video_complete", stage: 12, open_issues: 0 };
    expect(apply(film, event(8, "review.resolved", resolved))?.scenes[0]).toMatchObject(resolved);
  });

  it("count even when nobody here knows them", () => {
    expect(apply(film, event(8, "weather.changed", {}))).toEqual({ ...film, sequence: 8 });
  });
});

describe("the job that comes next", () => {
  const line = (...states: Job["status"][]) => {
    const jobs = states.map((status, at) => ({ id: `${at}`, status, created_at: `${9 - at}` }) as Job);
    return nextInLine({ ...film, jobs: new Map(jobs.map((job) => [job.id, job])) })?.id ?? null;
  };

  it("is the first of those in line, while none is being made", () => {
    expect(line("queued", "queued", "waiting", "completed")).toBe("1");
    expect(line("queued", "generating")).toBeNull();
    expect(line("waiting", "failed")).toBeNull();
  });
});

describe("takes", () => {
  const made = apply(apply(film, queued) as Film, done) as Film;
  const again = apply(made, {
    ...event(10, "job.queued", { status: "queued", kind: "video", shot_id: "a" }, "k"),
  }) as Film;

  it("come newest first, and the newest decides", () => {
    const takes = takesOf(again, "a", "video");
    expect(takes.map((job) => job.id)).toEqual(["k", "j"]);
    expect(decidingJob(takes)?.id).toBe("k");
  });

  it("leave the film the last complete one until there is a newer", () => {
    expect(standingTake(takesOf(again, "a", "video"), null)?.id).toBe("j");
  });

  it("honour a choice, but not of a take without a clip", () => {
    expect(standingTake(takesOf(again, "a", "video"), "k")?.id).toBe("j");
  });

  it("are numbered, and honoured when a cancelled one with a clip was chosen", () => {
    expect(takesOf(again, "a", "video").map((job) => job.take)).toEqual([2, 1]);
    const kept = apply(
      again,
      event(11, "job.cancelled", { status: "cancelled", video_url: "/k" }, "k"),
    ) as Film;
    expect(standingTake(takesOf(kept, "a", "video"), null)?.id).toBe("j");
    expect(standingTake(takesOf(kept, "a", "video"), "k")?.id).toBe("k");
  });

  it("turn stale when a newer image stands for the shot", () => {
    const ordered = apply(
      made,
      event(10, "job.queued", { status: "queued", kind: "image", shot_id: "a" }, "i"),
    ) as Film;
    expect(ordered.jobs.get("j")?.stale).toBe(false);
    const drawn = apply(
      ordered,
      event(11, "job.completed", { status: "completed", kind: "image" }, "i"),
    ) as Film;
    expect(drawn.jobs.get("j")?.stale).toBe(true);
  });

  it("are what the answer to a change says", () => {
    const shot = { id: "a", scene_id: "s", label: "1A", narration: "Night." };
    const before = {
      ...made,
      scenes: made.scenes.map((scene) => ({ ...scene, shots: [shot] })),
    } as unknown as Film;
    const after = withShot(before, {
      ...shot,
      narration: "Dawn.",
      takes: [{ job_id: "j", number: 1, chosen: true, stale: true }],
    } as unknown as Parameters<typeof withShot>[1]);
    expect(after.scenes[0]?.shots[0]?.narration).toBe("Dawn.");
    expect(after.jobs.get("j")).toMatchObject({ stale: true, chosen: true });
  });

  it("ignore cancelled ones unless there is no other", () => {
    const stopped = apply(again, event(11, "job.cancelled", { status: "cancelled" }, "k")) as Film;
    expect(decidingJob(takesOf(stopped, "a", "video"))?.id).toBe("j");
    expect(decidingJob([])).toBeNull();
  });
});
