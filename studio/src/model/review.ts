/** The words of a review: stages, kinds of issues, and what sending a scene back opens again. */

import type { components } from "../api/schema";
import { count } from "./format";

type Shapes = components["schemas"];
export type Issue = Shapes["IssueOut"];
export type IssueType = Shapes["IssueType"];
export type Reopening = Shapes["ReopeningOut"];

const STAGES: Readonly<Record<number, string>> = {
  7: "script and timing",
  8: "frames",
  9: "dialogue and audio",
  10: "assembly",
  11: "quote and confirmation",
  12: "video review",
};

/** `stage 8, frames`. */
export function stageName(stage: number): string {
  const name = STAGES[stage];
  return name ? `stage ${stage}, ${name}` : `stage ${stage}`;
}

/** Each kind of issue, and the stage where it is mended. */
export const ISSUE_TYPES = {
  visual_continuity: { label: "Visual continuity", stage: 8 },
  timing: { label: "Timing", stage: 7 },
  dialogue_audio: { label: "Dialogue or audio", stage: 9 },
  narrative_structure: { label: "Narrative structure", stage: 7 },
} as const satisfies Record<IssueType, { label: string; stage: number }>;

const KINDS: Readonly<Record<Shapes["JobKind"], string>> = { image: "images", video: "clips", film: "films" };

/** Say what turns stale: `The images and clips of 1A and 1B`. */
export function whatReopens({ kinds, shots }: Pick<Reopening, "kinds" | "shots">): string {
  const names = shots.map((shot) => shot.label);
  const most = 6;
  const listed = names.length > most ? count(names.length, "shot") : inWords(names);
  return `The ${inWords(kinds.map((kind) => KINDS[kind]))} of ${listed}`;
}

function inWords(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
