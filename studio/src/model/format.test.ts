import { expect, it } from "vitest";
import { clock, count, eta, money, secondsBetween, span } from "./format";

it("writes times as players do", () => {
  expect([0, 7.9, 760, 3723].map(clock)).toEqual(["0:00", "0:07", "12:40", "1:02:03"]);
});

it("writes lengths in the unit that fits", () => {
  expect([7, 89, 120, 3600, 3900].map(span)).toEqual(["7 s", "89 s", "2 min", "1 h", "1 h 5 min"]);
});

it("promises nothing it does not know", () => {
  expect(eta(null)).toBe("");
  expect(eta(undefined)).toBe("");
  expect(eta(0)).toBe("≈ 1 s left");
  expect(eta(130)).toBe("≈ 2 min left");
});

it("keeps small prices visible", () => {
  expect(["0.000000", "0.004000", "1.200000", null].map(money)).toEqual(["$0.00", "$0.0040", "$1.20", "–"]);
});

it("counts in words", () => {
  expect([count(1, "shot"), count(3, "shot"), count(0, "retry", "retries")]).toEqual([
    "1 shot",
    "3 shots",
    "0 retries",
  ]);
});

it("measures between moments", () => {
  expect(secondsBetween("2026-01-01T00:00:00Z", "2026-01-01T00:01:30.500Z")).toBe(90.5);
  expect(secondsBetween("2026-01-01T00:00:00Z", null)).toBeNull();
});
