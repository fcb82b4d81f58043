import { useEffect, useState } from "preact/hooks";
import { get, send } from "../api/http";
import { clock, money } from "../model/format";
import { act, busy } from "../state/actions";
import { player } from "../state/screening";
import { film, scene as openScene, sceneShots } from "../state/studio";
import { toast } from "../state/ui";
import { Confirm } from "./dialog";

const TYPES = [
  { type: "visual_continuity", label: "Visual continuity", stage: 8 },
  { type: "timing", label: "Timing", stage: 7 },
  { type: "dialogue_audio", label: "Dialogue or audio", stage: 9 },
  { type: "narrative_structure", label: "Narrative structure", stage: 7 },
] as const;

interface Issue {
  readonly id: string;
  readonly type: string;
  readonly description: string;
  readonly shot_id: string | null;
  readonly at_seconds: number | null;
  readonly stage: number;
  readonly resolved_at: string | null;
}

interface Preview {
  readonly stage: number;
  readonly reopens: readonly string[];
  readonly quote: string;
}

/** Review of the open scene: approve it, or say what is wrong and send it back. */
export function ReviewPanel() {
  const scene = openScene.value;
  const project = film.value;
  const [issues, setIssues] = useState<readonly Issue[]>([]);
  const [type, setType] = useState<(typeof TYPES)[number]["type"]>("visual_continuity");
  const [description, setDescription] = useState("");
  const [shot, setShot] = useState("");
  const [preview, setPreview] = useState<Preview | null>(null);
  const path = project && scene ? `projects/${project.id}/scenes/${scene.id}` : null;

  async function refresh(): Promise<void> {
    if (path) setIssues((await get<{ data: Issue[] }>(`${path}/issues`)).data);
  }
  useEffect(() => {
    setIssues([]);
    void refresh().catch(() => undefined);
  }, [path, scene?.review_status, scene?.stage]);

  if (!scene || !path) return <p class="empty">Open a scene to review it.</p>;
  const ready = scene.review_ready;
  const routed = TYPES.find((each) => each.type === type) ?? TYPES[0];
  const body = {
    type,
    description: description.trim(),
    ...(shot ? { shot_id: shot, at_seconds: Number(player.time.value.toFixed(2)) } : {}),
  };

  async function submit(): Promise<void> {
    await send("POST", `${path}/issues`, body);
    setDescription("");
    toast(`${scene?.title} is back at stage ${routed.stage}.`, "good");
    await refresh();
  }

  return (
    <div class="stack">
      <h2>{scene.title}</h2>
      {!ready && <p class="soft">The review opens when every shot of this scene has its clip.</p>}
      {scene.review_status === "approved" && <p class="badge tone-good">✓ Approved</p>}
      <button
        type="button"
        class="button primary"
        disabled={!ready || scene.review_status === "approved" || busy.value.has("approve")}
        onClick={() =>
          void act("approve", async () => {
            await send("POST", `${path}/approve`, {});
            toast(`${scene.title} is approved.`, "good");
          })
        }
      >
        Approve scene
      </button>
      <form
        class="stack card"
        onSubmit={(event) => {
          event.preventDefault();
          void act("preview", async () =>
            setPreview(await send<Preview>("POST", `${path}/issues`, { ...body, preview: true })),
          );
        }}
      >
        <h3>Something is wrong</h3>
        <label class="field">
          <span>What kind</span>
          <select value={type} onChange={(event) => setType(event.currentTarget.value as typeof type)}>
            {TYPES.map((each) => (
              <option key={each.type} value={each.type}>
                {each.label} → stage {each.stage}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Which shot</span>
          <select value={shot} onChange={(event) => setShot(event.currentTarget.value)}>
            <option value="">The whole scene</option>
            {sceneShots.value.map((view) => (
              <option key={view.shot.id} value={view.shot.id}>
                {view.shot.label}
                {view.shot.id === player.shot.value ? ` (on screen, ${clock(player.time.value)})` : ""}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>What should change</span>
          <textarea
            required
            value={description}
            onInput={(event) => setDescription(event.currentTarget.value)}
            onKeyDown={(event) => event.stopPropagation()}
          />
        </label>
        <button
          type="submit"
          class="button"
          disabled={!ready || !description.trim() || busy.value.has("preview")}
        >
          Submit & return to stage {routed.stage}
        </button>
      </form>
      {preview && (
        <Confirm
          title={`This will return you to stage ${preview.stage}. Continue?`}
          confirm={`Return to stage ${preview.stage}`}
          onConfirm={() => void act("issue", submit)}
          onClose={() => setPreview(null)}
        >
          <p>
            {preview.reopens.length > 0
              ? `Marked stale: ${preview.reopens.join(", ")}. Making them again costs about ${money(preview.quote)}.`
              : "Nothing has to be made again."}
          </p>
          <p class="soft">Nothing is deleted, and nothing is ordered by itself.</p>
        </Confirm>
      )}
      {issues.length > 0 && (
        <ul class="stack" aria-label="Issues">
          {issues.map((issue) => (
            <li key={issue.id} class="card">
              <div class="row spread">
                <strong>{TYPES.find((each) => each.type === issue.type)?.label ?? issue.type}</strong>
                {issue.resolved_at ? (
                  <span class="badge tone-good">✓ resolved</span>
                ) : (
                  <button
                    type="button"
                    class="button small"
                    onClick={() =>
                      void act(`resolve ${issue.id}`, async () => {
                        await send("POST", `${path}/issues/${issue.id}/resolve`, {});
                        await refresh();
                      })
                    }
                  >
                    Resolve
                  </button>
                )}
              </div>
              <p class="prose">{issue.description}</p>
              {issue.shot_id && (
                <p class="soft">
                  Shot {sceneShots.value.find((view) => view.shot.id === issue.shot_id)?.shot.label}
                  {issue.at_seconds !== null && ` at ${clock(issue.at_seconds)}`}
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
