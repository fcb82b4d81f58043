/** The words, signs and tones of everything that has a state. A state is never shown by colour alone. */

import type { components } from "../api/schema";

export type JobStatus = components["schemas"]["JobStatus"];
export type ShotStatus = JobStatus | "draft";

type Tone = "idle" | "wait" | "work" | "good" | "bad" | "off";

export interface Face {
  readonly tone: Tone;
  readonly word: string;
  /** A sign that reads without colour. */
  readonly sign: string;
}

export const SHOT_FACES = {
  draft: { tone: "idle", word: "Not started", sign: "○" },
  waiting: { tone: "wait", word: "Waiting for its image", sign: "…" },
  queued: { tone: "wait", word: "In line", sign: "…" },
  processing: { tone: "work", word: "Being sent", sign: "↗" },
  generating: { tone: "work", word: "Generating", sign: "◐" },
  uploading: { tone: "work", word: "Storing", sign: "↓" },
  completed: { tone: "good", word: "Ready", sign: "✓" },
  failed: { tone: "bad", word: "Failed", sign: "!" },
  cancelled: { tone: "off", word: "Cancelled", sign: "–" },
} as const satisfies Record<ShotStatus, Face>;

export const SCENE_FACES = {
  draft: { tone: "idle", word: "Draft", sign: "○" },
  rendering: { tone: "work", word: "Rendering", sign: "◐" },
  review_ready: { tone: "good", word: "Review ready", sign: "●" },
  approved: { tone: "good", word: "Approved", sign: "✓" },
  returned: { tone: "wait", word: "Sent back", sign: "↩" },
  failed: { tone: "bad", word: "Failed", sign: "!" },
} as const satisfies Record<string, Face>;

export type SceneBadge = keyof typeof SCENE_FACES;

const PROJECT_FACES: Record<string, Face> = {
  pending: { tone: "idle", word: "Draft", sign: "○" },
  rendering: { tone: "work", word: "Rendering", sign: "◐" },
  complete: { tone: "good", word: "Complete", sign: "✓" },
  failed: { tone: "bad", word: "Needs you", sign: "!" },
  cancelled: { tone: "off", word: "Cancelled", sign: "–" },
};

/** Give the face of a project; a word of a later release stands for itself. */
export function projectFace(project: { status: string; current_step: string }): Face {
  // Nothing moves any more at this step, though clips may still wait for what failed.
  const status = project.current_step === "failed" ? "failed" : project.status;
  return PROJECT_FACES[status] ?? { tone: "idle", word: status, sign: "○" };
}

/** Tell whether a job in this status may still complete by itself. */
export function isLive(status: string): boolean {
  return ["waiting", "queued", "processing", "generating", "uploading"].includes(status);
}
