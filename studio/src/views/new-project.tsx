import { useEffect, useState } from "preact/hooks";
import { answer, api, Refusal, type Shapes } from "../api/http";
import { scriptOf } from "../model/files";
import { clock, count, money } from "../model/format";
import { act, busy, create } from "../state/actions";
import { go } from "../state/ui";
import { QuoteText } from "./quote";

const KEPT = "new-project-draft";
const EXAMPLE = `Title: Night Shift

INT. BAKERY - NIGHT

A baker pulls bread from a glowing oven. (6s)

Steam rises from a split loaf. (4s)`;

/** What came of a script, what it will cost, and the way on. */
function Understood({ read }: { read: Shapes["ScriptOut"] }) {
  const { project, notes, estimate } = read;
  const scenes = project.scenes ?? [];
  const shots = scenes.flatMap((scene) => scene.shots ?? []);
  const seconds = shots.reduce((sum, shot) => sum + (shot.duration_seconds ?? 0), 0);
  const isClear = estimate && estimate.problems.length === 0;

  async function make(generates: boolean): Promise<void> {
    const receipt = await create(project, generates);
    sessionStorage.removeItem(KEPT);
    go({ project: receipt, page: "project" });
  }

  return (
    <section class="stack card" aria-label="What was understood">
      <h2>{project.title}</h2>
      <p>
        {count(scenes.length, "scene")}, {count(shots.length, "shot")}, {clock(seconds)}
      </p>
      <ol class="stack">
        {scenes.map((scene, index) => (
          <li key={`${index} ${scene.title}`}>
            <strong>{scene.title}</strong> <span class="soft">{count(scene.shots?.length ?? 0, "shot")}</span>
          </li>
        ))}
      </ol>
      {notes.map((note) => (
        <p key={note} class="soft">
          {note}
        </p>
      ))}
      {estimate && <QuoteText found={estimate} />}
      <div class="row start">
        {isClear && (
          <button
            type="button"
            class="button primary"
            disabled={busy.value.has("create")}
            onClick={() => void act("create", () => make(true))}
          >
            Generate it for {money(estimate.quote)}
          </button>
        )}
        <button
          type="button"
          class={`button ${isClear ? "" : "primary"}`}
          disabled={busy.value.has("create")}
          onClick={() => void act("create", () => make(false))}
        >
          Make the project
        </button>
      </div>
      <p class="soft">
        Nothing is ordered yet. The project can be made first and generated later, shot by shot.
      </p>
    </section>
  );
}

/** Paste a script or open its file, see what was understood, make the project. What was typed survives a reload. */
export function NewProject() {
  const [script, setScript] = useState(sessionStorage.getItem(KEPT) ?? "");
  const [understood, setUnderstood] = useState<{ of: string; read: Shapes["ScriptOut"] } | null>(null);
  const [error, setError] = useState("");
  useEffect(() => sessionStorage.setItem(KEPT, script), [script]);

  function take(text: string): void {
    setScript(text);
    setError("");
  }

  async function understand(text: string): Promise<void> {
    setError("");
    try {
      const read = await answer(api.POST("/api/v1/scripts/read", { body: { script: text } }));
      setUnderstood({ of: text, read });
    } catch (reason) {
      setUnderstood(null);
      if (!(reason instanceof Refusal)) throw reason;
      setError(
        [reason.message, ...reason.problems.map((each) => `${each.field}: ${each.allowed}`)].join("\n"),
      );
    }
  }

  async function open(file: File | undefined): Promise<void> {
    if (!file) return;
    const text = await scriptOf(file);
    take(text);
    await understand(text);
  }

  return (
    <section
      class="stack new-project"
      aria-labelledby="new-project"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        const file = event.dataTransfer?.files[0];
        if (!file) return;
        // A browser would leave the page and show the file.
        event.preventDefault();
        void act("open", () => open(file));
      }}
    >
      <h1 id="new-project">New project</h1>
      <p class="soft">
        Paste a script or drop its file here: scene headings such as{" "}
        <span class="mono">INT. BAKERY - NIGHT</span>, a paragraph per shot, a length in brackets. The JSON of
        the API is understood as well.
      </p>
      <label class="field">
        <span>Script</span>
        <textarea
          class="script"
          rows={14}
          placeholder={EXAMPLE}
          value={script}
          onInput={(event) => take(event.currentTarget.value)}
        />
      </label>
      {error && (
        <p class="notice prose" role="alert">
          {error}
        </p>
      )}
      <div class="row start">
        <button
          type="button"
          class="button primary"
          disabled={!script.trim() || busy.value.has("read")}
          onClick={() => void act("read", () => understand(script))}
        >
          Read it
        </button>
        <label class="button">
          Open a file…
          <input
            type="file"
            class="visually-hidden"
            accept=".txt,.fountain,.md,.json,text/plain,application/json"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              // The same file may be chosen again, after it was mended.
              event.currentTarget.value = "";
              void act("open", () => open(file));
            }}
          />
        </label>
        <button type="button" class="button" disabled={script === EXAMPLE} onClick={() => take(EXAMPLE)}>
          Use the example
        </button>
      </div>
      {/* What was read of other words than those above is not for sale. */}
      {understood?.of === script && <Understood read={understood.read} />}
    </section>
  );
}
