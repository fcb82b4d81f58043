import { expect, it } from "vitest";
import { read, START, write } from "./route";

it("reads back what it writes", () => {
  const route = { ...START, project: "AF83-0B6D", scene: "s", shot: "1A", time: 3.2, tab: "jobs" as const };
  expect(read(write(route))).toEqual(route);
  expect(write(START)).toBe("");
});

it("takes nonsense for the start page", () => {
  expect(read("?t=soon&tab=money&page=attic")).toEqual(START);
  expect(read("?t=-4").time).toBeNull();
});
