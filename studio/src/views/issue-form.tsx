import { useState } from "preact/hooks";
import type { Shapes } from "../api/http";
import type { Scene } from "../model/film";
import { clock, count, money } from "../model/format";
import { ISSUE_TYPES, type IssueType, type Reopening, whatReopens } from "../model/review";
import { busy, problemLine, tryTo } from "../state/actions";
import { drafts, dropDraft, keepDraft } from "../state/drafts";
import { fileIssue, previewIssue } from "../state/review";
import { player } from "../state/screening";
import { sceneShots } from "../state/studio";
import { Confirm } from "./dialog";

const TYPES = Object.keys(ISSUE_TYPES) as IssueType[];
const EMPTY = { type: "visual_continuity", description: "", shot: "", moment: "" };

function ReturnDialog({
  found,
  onConfirm,
  onClose,
}: {
  found: Reopening;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const { image, video } = found.counts;
  const jobs = [image > 0 && count(image, "image"), video > 0 && count(video, "clip")].filter(Boolean);
  return (
    <Confirm
      title={`This will return you to stage ${found.stage}. Continue?`}
      confirm={`Return to stage ${found.stage}`}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <p>
        {whatReopens(found)} open again: what there is turns stale and stays in the film until you make new
        takes.
      </p>
      <p>
        Making {jobs.length > 0 ? jobs.join(" and ") : "them"} anew would cost{" "}
        <strong>{money(found.quote)}</strong> today. Nothing is ordered and nothing is deleted now.
      </p>
      {found.problems.length > 0 && (
        <div class="notice">
          <p>Before that could be made, this has to be changed:</p>
          <ul>
            {found.problems.map((each) => (
              <li key={problemLine(each)}>{problemLine(each)}</li>
            ))}
          </ul>
        </div>
      )}
    </Confirm>
  );
}

/** Say what is wrong; the kind decides where the scene goes back to. What was typed stays until it is sent. */
export function IssueForm({ scene }: { scene: Scene }) {
  const id = `issue of ${scene.id}`;
  const draft = { ...EMPTY, ...drafts.value[id] };
  const [found, setFound] = useState<Reopening | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const type = TYPES.find((each) => each === draft.type) ?? "visual_continuity";
  const { stage } = ISSUE_TYPES[type];
  const set = (change: Partial<typeof EMPTY>) => keepDraft(id, { ...draft, ...change });
  const issue: Shapes["IssueIn"] = {
    type,
    description: draft.description.trim(),
    shot_id: draft.shot || null,
    at_seconds: draft.moment === "" ? null : Number(draft.moment),
  };
  const working = busy.value.has(id);

  async function ask(): Promise<void> {
    setFailure(await tryTo(id, async () => setFound(await previewIssue(scene, issue))));
  }
  async function send(): Promise<void> {
    setFailure(
      await tryTo(id, async () => {
        await fileIssue(scene, issue);
        dropDraft(id);
      }),
    );
  }
  return (
    <form
      class="stack card"
      aria-label="Send the scene back"
      onSubmit={(event) => {
        event.preventDefault();
        void ask();
      }}
    >
      <h3>Something is wrong</h3>
      <label class="field">
        <span>What kind</span>
        <select value={type} onChange={(event) => set({ type: event.currentTarget.value })}>
          {TYPES.map((each) => (
            <option key={each} value={each}>
              {ISSUE_TYPES[each].label} → stage {ISSUE_TYPES[each].stage}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Which shot</span>
        <select value={draft.shot} onChange={(event) => set({ shot: event.currentTarget.value })}>
          <option value="">The whole scene</option>
          {sceneShots.value.map(({ shot }) => (
            <option key={shot.id} value={shot.id}>
              {shot.label}
              {shot.id === player.shot.value ? " (on screen)" : ""}
            </option>
          ))}
        </select>
      </label>
      <label class="row start">
        <input
          type="checkbox"
          checked={draft.moment !== ""}
          onChange={(event) =>
            set({ moment: event.currentTarget.checked ? player.time.value.toFixed(2) : "" })
          }
        />
        <span>At {clock(draft.moment === "" ? player.time.value : Number(draft.moment))} of the scene</span>
      </label>
      <label class="field">
        <span>What should change</span>
        <textarea
          required
          maxLength={2000}
          value={draft.description}
          onInput={(event) => set({ description: event.currentTarget.value })}
        />
      </label>
      {failure && (
        <p class="notice prose" role="alert">
          Not sent; what you wrote is still here. {failure}
        </p>
      )}
      <div class="row start">
        <button type="submit" class="button" disabled={!issue.description || working}>
          Submit & return to stage {stage}
        </button>
      </div>
      {found && <ReturnDialog found={found} onConfirm={() => void send()} onClose={() => setFound(null)} />}
    </form>
  );
}
