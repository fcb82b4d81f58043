import { describe, expect, it } from "vitest";
import { scriptOf } from "./files";

const fileOf = (...bytes: number[]) => new File([new Uint8Array(bytes)], "film.txt");

describe("a script's file", () => {
  it("is read as text, without the mark of its order of bytes", async () => {
    expect(await scriptOf(new File(["\uFEFFINT. Café - NIGHT"], "film.txt"))).toBe("INT. Café - NIGHT");
  });

  it("is refused where it is no text", async () => {
    await expect(scriptOf(fileOf(0x50, 0x4b, 0xff, 0xfe))).rejects.toThrow("film.txt is not plain text");
  });

  it("is said to be out of reach where it cannot be read", async () => {
    const film = { name: "film.txt", size: 1, arrayBuffer: () => Promise.reject(new Error("gone")) };
    await expect(scriptOf(film)).rejects.toThrow("film.txt cannot be read");
  });

  it("is refused unread where it is too large for a script", async () => {
    const film = { name: "film.mov", size: 2_000_001, arrayBuffer: () => Promise.reject(new Error("read")) };
    await expect(scriptOf(film)).rejects.toThrow("film.mov is too large for a script: at most 2 MB.");
  });
});
