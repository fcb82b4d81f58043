import { describe, expect, it } from "vitest";
import type { Film, Job } from "./film";
import { endOf, shotsOf } from "./shots";

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

describe("how a scene ended", () => {
  it("is ready with every clip, and not with what a cancel left", () => {
    expect(endOf("complete", shots(job("video", "completed")))).toEqual({ failed: 0, ready: true });
    expect(endOf("complete", shots(job("video", "cancelled")))).toEqual({ failed: 0, ready: false });
    expect(endOf("failed", shots(job("video", "failed")))).toEqual({ failed: 1, ready: false });
  });
});
