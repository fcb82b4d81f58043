import { describe, expect, it } from "vitest";
import { layOut, lengthOf, placeAt, startOf, UNKNOWN_SECONDS } from "./timeline";

const spans = layOut([
  { id: "a", seconds: 4 },
  { id: "b", seconds: null },
  { id: "c", seconds: 6 },
]);

describe("the timeline", () => {
  it("tiles, whatever is known of the shots", () => {
    expect(spans.map((span) => span.start)).toEqual([0, 4, 4 + UNKNOWN_SECONDS]);
    expect(lengthOf(spans)).toBe(10 + UNKNOWN_SECONDS);
  });

  it("finds the shot at a time, a joint belonging to the later one", () => {
    expect(placeAt(spans, 3.9)).toEqual({ index: 0, shotId: "a", local: 3.9 });
    expect(placeAt(spans, 4)).toEqual({ index: 1, shotId: "b", local: 0 });
  });

  it("takes times outside to the nearest end", () => {
    expect(placeAt(spans, -1)).toEqual({ index: 0, shotId: "a", local: 0 });
    expect(placeAt(spans, 99)).toEqual({ index: 2, shotId: "c", local: 6 });
  });

  it("is empty without shots", () => {
    expect(placeAt([], 0)).toBeNull();
    expect(lengthOf([])).toBe(0);
    expect(startOf(spans, "nobody")).toBeNull();
    expect(startOf(spans, "c")).toBe(8);
  });

  it("agrees with a plain search for every tenth of a second", () => {
    for (let time = 0; time < lengthOf(spans); time += 0.1) {
      const plain = spans.findLast((span) => span.start <= time);
      expect(placeAt(spans, time)?.shotId).toBe(plain?.shotId);
    }
  });
});
