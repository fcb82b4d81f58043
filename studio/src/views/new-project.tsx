import { useEffect, useState } from "preact/hooks";
import { answer, api, Refusal, type Shapes } from "../api/http";
import { clock, count } from "../model/format";
import { act, busy } from "../state/actions";
import { refreshProjects } from "../state/studio";
import { go, toast } from "../state/ui";

const KEPT = "new-project-draft";
const EXAMPLE = `Title: Night Shift

INT. BAKERY - NIGHT

A baker pulls bread from a glowing oven. (6s)

Steam rises from a split loaf. (4s)`;

/** Paste a script, see what was understood, make the project. What was typed survives a reload. */
export function NewProject() {
  const [script, setScript] = useState(sessionStorage.getItem(KEPT) ?? "");
  const [read, setRead] = useState<Shapes["ScriptOut"] | null>(null);
  const [error, setError] = useState("");
  useEffect(() => sessionStorage.setItem(KEPT, script), [script]);

  async function understand(): Promise<void> {
    setError("");
    try {
      setRead(await answer(api.POST("/api/v1/scripts/read", { body: { script } })));
    } catch (reason) {
      setRead(null);
      if (!(reason instanceof Refusal)) throw reason;
      setError(
        [reason.message, ...reason.problems.map((each) => `${each.field}: ${each.allowed}`)].join("\n"),
      );
    }
  }

  async function create(project: Shapes["ProjectIn"]): Promise<void> {
    const made = await answer(api.POST("/api/v1/projects", { body: project }));
    sessionStorage.removeItem(KEPT);
    await refreshProjects();
    toast(`Your receipt is ${made.receipt}.`, "good");
    go({ project: made.receipt, page: "project" });
  }

  const scenes = read?.project.scenes ?? [];
  const understood = scenes.flatMap((scene) => scene.shots ?? []);
  const seconds = understood.reduce((sum, shot) => sum + (shot.duration_seconds ?? 0), 0);
  return (
    <section class="stack new-project" aria-labelledby="new-project">
      <h1 id="new-project">New project</h1>
      <p class="soft">
        Paste a script: scene headings such as <span class="mono">INT. BAKERY - NIGHT</span>, a paragraph per
        shot, a length in brackets. The JSON of the API is understood as well.
      </p>
      <label class="field">
        <span>Script</span>
        <textarea
          class="script"
          rows={14}
          placeholder={EXAMPLE}
          value={script}
          onInput={(event) => {
            setScript(event.currentTarget.value);
            setRead(null);
          }}
        />
      </label>
      {error && (
        <p class="notice prose" role="alert">
          {error}
        </p>
      )}
      <div class="row">
        <button
          type="button"
          class="button primary"
          disabled={!script.trim() || busy.value.has("read")}
          onClick={() => void act("read", understand)}
        >
          Read it
        </button>
        <button type="button" class="button" disabled={script === EXAMPLE} onClick={() => setScript(EXAMPLE)}>
          Use the example
        </button>
      </div>
      {read && (
        <section class="stack card" aria-label="What was understood">
          <h2>{read.project.title}</h2>
          <p>
            {count(scenes.length, "scene")}, {count(understood.length, "shot")}, {clock(seconds)}
          </p>
          <ol class="stack">
            {scenes.map((scene, index) => (
              <li key={`${index} ${scene.title}`}>
                <strong>{scene.title}</strong>{" "}
                <span class="soft">{count(scene.shots?.length ?? 0, "shot")}</span>
              </li>
            ))}
          </ol>
          {read.notes.map((note) => (
            <p key={note} class="soft">
              {note}
            </p>
          ))}
          <button
            type="button"
            class="button primary"
            disabled={busy.value.has("create")}
            onClick={() => void act("create", () => create(read.project))}
          >
            Make the project
          </button>
          <p class="soft">Nothing is ordered yet: the next page shows what it costs.</p>
        </section>
      )}
    </section>
  );
}
