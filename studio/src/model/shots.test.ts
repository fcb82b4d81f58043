import { describe, expect, it } from "vitest";
import type { Film, Job, Scene } from "./film";
import { badgeOf, isStitched, newsOf, percentOf, shotsOf, stepLabel } from "./shots";

function job(kind: Job["kind"], status: Job["status"]): [string, Job] {
  const video_url = status === "completed" ? `/${kind}` : null;
  return [kind, { id: kind, kind, status, shot_id: "a", created_at: "2026", progress: 0, video_url } as Job];
}

function shots(...jobs: [string, Job][]) {
  const shot = { id: "a", label: "1A", chosen_job_id: null, chosen_image_job_id: null };
  return shotsOf({ scenes: [{ id: "s", shots: [shot] }], jobs: new Map(jobs) } as unknown as Film);
}

describe("how a shot stands", () => {
  it.each([
    ["waiting", "generating", "generating"],
    ["waiting", "failed", "failed"],
    ["waiting", "completed", "waiting"],
    ["queued", "completed", "queued"],
    ["cancelled", "generating", "generating"],
    ["cancelled", "completed", "cancelled"],
    ["cancelled", "cancelled", "cancelled"],
    ["failed", "generating", "failed"],
  ] as const)("with a clip %s and an image %s is %s", (video, image, status) => {
    expect(shots(job("video", video), job("image", image))[0]?.status).toBe(status);
  });
});

describe("what a scene's end is worth saying", () => {
  const news = (render: string, status: Job["status"], review = "pending") =>
    newsOf({ render_status: render, review_status: review } as Scene, 2, shots(job("video", status)));

  it("is ready with every clip, and not with what a cancel left", () => {
    expect(news("complete", "completed")?.text).toBe("All videos for Scene 2 are ready for review!");
    expect(news("complete", "cancelled")).toBeNull();
  });

  it("names failures", () => {
    expect(news("failed", "failed")).toEqual({ text: "Scene 2 ended with 1 failed shot.", tone: "bad" });
  });

  it("calls nothing ready while its issues are open", () => {
    expect(news("complete", "completed", "returned")?.text).toMatch(/resolve its issues/);
  });
});

describe("a scene's badge", () => {
  const none = { render_status: "pending", review_status: "pending", review_ready: false, stage: 7 };
  const badge = (scene: Partial<Scene>, status: Job["status"] = "completed") =>
    badgeOf({ ...none, ...scene } as Scene, shots(job("video", status)));

  it.each([
    [{}, "queued", "draft", "Draft"],
    [{}, "completed", "draft", "Draft 1/1"],
    [{ render_status: "rendering" }, "generating", "rendering", "Rendering 0/1"],
    [{ render_status: "failed" }, "failed", "failed", "1 failed"],
    [{ render_status: "complete", review_ready: true }, "completed", "review_ready", "Review ready"],
    [{ review_status: "returned", stage: 8 }, "completed", "returned", "Sent back to stage 8"],
    [{ review_status: "approved" }, "completed", "approved", "Approved"],
  ] as const)("%o with a clip %s is %s", (scene, status, kind, word) => {
    expect(badge(scene, status)).toEqual({ badge: kind, word });
  });

  it("is failed where clips only wait for an image that failed", () => {
    const scene = { ...none, render_status: "rendering" } as Scene;
    const stuck = shots(job("video", "waiting"), job("image", "failed"));
    expect(badgeOf(scene, stuck)).toEqual({ badge: "failed", word: "1 failed" });
    const going = shots(job("video", "waiting"), job("image", "generating"));
    expect(badgeOf(scene, [...stuck, ...going]).badge).toBe("rendering");
  });
});

describe("the film of all scenes", () => {
  const clip = job("video", "completed");
  clip[1] = { ...clip[1], completed_at: "2026-01-02" };
  const of = (scene_id: string | null, completed_at: string | null): [string, Job] => [
    "film",
    { ...job("film", "completed")[1], scene_id, completed_at, shot_id: null },
  ];

  it.each([
    [of(null, "2026-01-03"), true],
    [of(null, "2026-01-01"), false],
    [of(null, null), false],
    [of("s", "2026-01-03"), false],
  ])("is there where it was made after its clips", (made, is) => {
    const jobs = new Map([clip, made]);
    expect(isStitched({ jobs } as unknown as Film, shots(clip))).toBe(is);
  });
});

describe("how far a film is", () => {
  const label = (current_step: string, ...jobs: [string, Job][]) =>
    stepLabel({ current_step, jobs: new Map(jobs) } as unknown as Film, shots(...jobs));

  it("is said in a few words", () => {
    expect(label("images", job("image", "completed"))).toBe("generating images 1/1…");
    expect(label("videos", job("video", "generating"))).toBe("generating videos 0/1…");
    expect(label("stitching", job("video", "completed"))).toBe("stitching…");
    expect(label("complete", job("video", "completed"))).toBe("all clips are ready");
    expect(label("complete", job("film", "completed"))).toBe("the film is ready");
    expect(label("failed", job("video", "failed"))).toBe("1 of 1 shots failed");
    expect(label("cancelled", job("video", "cancelled"))).toBe("cancelled, 0/1 clips");
    expect(label("script")).toBe("script");
  });

  it("is a tenth with its images, and all with its clips", () => {
    expect(
      [shots(), shots(job("image", "completed")), shots(job("video", "completed"))].map(percentOf),
    ).toEqual([0, 10, 100]);
    const half = shots(["video", { ...job("video", "generating")[1], progress: 50 }]);
    expect(percentOf(half)).toBe(44);
    expect(percentOf([])).toBe(0);
  });
});
