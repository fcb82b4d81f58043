import { describe, expect, it } from "vitest";
import {
  attemptFace,
  available,
  type Cost,
  costLine,
  type Entry,
  entryLine,
  extended,
  missing,
  nameOf,
  refreshed,
  type Statement,
  waitLine,
  waitsOf,
} from "./credits";

const account: Statement = {
  project_id: "p",
  enabled: true,
  balance: 5,
  held: 0.3,
  spent: 0.1,
  owed: 0,
  budget: null,
  // The list has a first page of them; the sums have them all.
  waiting: [{ job_id: "a", needed: 0.1 }],
  waiting_by_scene: [
    { scene_id: "s", jobs: 140, needed: 14 },
    { scene_id: "t", jobs: 1, needed: 0.2 },
  ],
  ledger: { data: [], next: null },
};

function entry(kind: Entry["kind"], figures: Partial<Entry>): Entry {
  const none = { amount: 0, held: 0, spent: 0, owed: 0, job_id: null, attempt_id: null, note: null };
  const rest = { id: 1, key: "k", receipt_id: "r", created_at: "2026-01-01T00:00:00Z" };
  return { ...none, ...rest, kind, ...figures };
}

describe("what is available", () => {
  it("is the balance, or what the budget leaves of it", () => {
    expect(available(account)).toBe(5);
    expect(available({ ...account, budget: 1 })).toBe(0.6);
    expect(available({ ...account, budget: 100 })).toBe(5);
    expect(available({ ...account, budget: 0 })).toBe(0);
  });
});

describe("what waits", () => {
  it("is summed up for the film or a scene", () => {
    expect(waitsOf(account)).toEqual({ jobs: 141, needed: 14.2 });
    expect(waitsOf(account, "t")).toEqual({ jobs: 1, needed: 0.2 });
    expect(waitsOf(account, "u")).toBeNull();
    expect(waitsOf({ ...account, waiting_by_scene: [] })).toBeNull();
    expect(waitsOf(null)).toBeNull();
    expect(waitsOf(undefined)).toBeNull();
  });

  it("is told with what holds it up", () => {
    const two = { jobs: 2, needed: 0.3 };
    const poor = { ...account, balance: 0.1 };
    expect(waitLine(two, poor)).toBe("2 jobs wait for credits: they need $0.30, and $0.10 is available.");
    const limited = { ...account, budget: 0.4 };
    const one = { jobs: 1, needed: 0.1 };
    expect(waitLine(one, limited)).toBe(
      "1 job waits for credits: it needs $0.10, and the budget leaves $0.00.",
    );
  });

  it("goes on once so much is there", () => {
    const two = { jobs: 2, needed: 0.3 };
    expect(missing(two, { ...account, balance: 0.1 })).toEqual({ credits: 0.2, budget: null });
    expect(missing(two, { ...account, budget: 0.4 })).toEqual({ credits: 0, budget: 0.7 });
    expect(missing(two, { ...account, balance: 0, budget: 0.4 })).toEqual({ credits: 0.3, budget: 0.7 });
    expect(missing(two, { ...account, budget: 0.7 })).toEqual({ credits: 0, budget: null });
  });
});

describe("entries of the ledger", () => {
  it("say what moved, and for what", () => {
    const said = [
      entryLine(entry("grant", { amount: 25 }), null),
      entryLine(entry("hold", { amount: -0.4, held: 0.4 }), "clip of 1A"),
      entryLine(entry("settle", { held: -0.3, spent: 0.3 }), "clip of 1A"),
      entryLine(entry("settle", { held: -0.3, spent: 0.3, owed: 0.05 }), "clip of 1A"),
      entryLine(entry("settle", { amount: -0.05, spent: 0.05, owed: -0.05 }), null),
      entryLine(entry("release", { amount: 0.1, held: -0.1 }), "image of 1A"),
      entryLine(entry("refund", { amount: 0.3, spent: -0.3 }), "clip of 1A"),
    ].map(({ word, amount }) => `${word} ${amount}`);
    expect(said).toEqual([
      "Credits added +$25.00",
      "Set aside for the clip of 1A $0.40",
      "Paid for the clip of 1A −$0.30",
      "Paid for the clip of 1A; $0.05 more is owed −$0.30",
      "What was owed, paid −$0.05",
      "Not needed, back from the image of 1A +$0.10",
      "Refunded for the clip of 1A +$0.30",
    ]);
  });

  it("name the shot while the film has it", () => {
    const shots = new Map([["x", { label: "1A" }]]);
    expect(nameOf("image", "x", shots)).toBe("image of 1A");
    expect(nameOf("video", "y", shots)).toBe("clip");
    expect(nameOf("film", null, shots)).toBe("film");
  });
});

describe("attempts", () => {
  function cost(state: Cost["state"], figures: Partial<Cost>): string {
    const none = { actual_cost: null, charged: null, owed: null, estimated_cost: 0.4 };
    return costLine({ ...none, ...figures, state } as Cost);
  }

  it("tell what was paid apart from what was quoted", () => {
    expect(cost("succeeded", { charged: 0.3, owed: 0 })).toBe("$0.30 paid, quoted $0.40");
    expect(cost("succeeded", { charged: 0.3, owed: 0.1 })).toBe("$0.30 paid, $0.10 owed, quoted $0.40");
    expect(cost("rejected", {})).toBe("nothing paid, quoted $0.40");
    expect(cost("failed", {})).toBe("nothing paid, quoted $0.40");
    expect(cost("failed", { actual_cost: 0.2 })).toBe("cost $0.20, quoted $0.40");
    expect(cost("unknown", {})).toBe("quoted $0.40");
    expect(cost("succeeded", { estimated_cost: null })).toBe("free of charge");
  });

  it("have a word and a sign for each state", () => {
    const { word, sign } = attemptFace({ state: "unknown" } as Cost);
    expect([word, sign]).toEqual(["In doubt", "?"]);
  });
});

describe("a list that grows at its front", () => {
  const id = (row: string) => row.charAt(0);

  const rows = (data: string[], next: string | null = null) => ({ data, next });

  it("keeps what was loaded and takes newer words for it", () => {
    const loaded = rows(["c", "b1", "a"]);
    expect(refreshed(rows(["d", "c", "b2"], "b"), loaded, id)).toEqual(rows(["d", "c", "b2", "a"]));
  });

  it("begins anew where rows are missing in between", () => {
    expect(refreshed(rows(["z", "y"], "y"), rows(["b", "a"]), id)).toEqual(rows(["z", "y"], "y"));
    expect(refreshed(rows(["b", "a"], "a"), rows([]), id)).toEqual(rows(["b", "a"], "a"));
  });

  it("is continued where it ends, with what came at its front meanwhile", () => {
    const loaded = refreshed(rows(["d", "c"], "c"), rows(["c", "b"], "b"), id);
    expect(extended(loaded, "b", rows(["a"]))).toEqual(rows(["d", "c", "b", "a"]));
    expect(extended(rows(["z", "y"], "y"), "b", rows(["a"]))).toEqual(rows(["z", "y"], "y"));
  });
});
