import { describe, expect, it } from "vitest";
import type { Film, Job, Scene } from "./film";
import { newsOf, shotsOf } from "./shots";

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
