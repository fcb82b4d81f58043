import { expect, it } from "vitest";
import { ISSUE_TYPES, stageName, whatReopens } from "./review";

const shots = (...labels: string[]) => labels.map((label) => ({ shot_id: label, label }));

it("names stages, those of a later release by their number", () => {
  expect([8, 12, 13].map(stageName)).toEqual(["stage 8, frames", "stage 12, video review", "stage 13"]);
});

it("says what opens again in a sentence", () => {
  expect(whatReopens({ kinds: ["video"], shots: shots("1A") })).toBe("The clips of 1A");
  expect(whatReopens({ kinds: ["image", "video"], shots: shots("1A", "1B", "1C") })).toBe(
    "The images and clips of 1A, 1B and 1C",
  );
  expect(whatReopens({ kinds: ["video"], shots: shots(..."ABCDEFG") })).toBe("The clips of 7 shots");
});

it("sends each kind of issue to the stage where it is mended", () => {
  expect(Object.entries(ISSUE_TYPES).map(([kind, { stage }]) => `${kind} ${stage}`)).toEqual([
    "visual_continuity 8",
    "timing 7",
    "dialogue_audio 9",
    "narrative_structure 7",
  ]);
});
