import { useState } from "preact/hooks";
import type { Shot } from "../model/film";
import type { ShotView } from "../model/shots";
import { SHOT_FACES } from "../model/status";
import { act, busy, editShot } from "../state/actions";
import { player } from "../state/screening";
import { film, scene as openScene, shots } from "../state/studio";
import { Badge } from "./face";

const FIELDS = [
  ["image_prompt", "Image prompt"],
  ["video_prompt", "Video prompt"],
  ["narration", "Narration"],
] as const;

type Draft = Record<(typeof FIELDS)[number][0], string>;

function draftOf(shot: Shot): Draft {
  return {
    image_prompt: shot.image_prompt ?? "",
    video_prompt: shot.video_prompt ?? "",
    narration: shot.narration ?? "",
  };
}

/** Edit a shot in place. What was typed stays until it is saved or dropped, whatever the API says. */
function Editor({ view, onDone }: { view: ShotView; onDone: () => void }) {
  const { shot, scene } = view;
  const [draft, setDraft] = useState<Draft>(draftOf(shot));
  const name = `edit ${shot.id}`;
  const before = draftOf(shot);
  const changed = FIELDS.filter(([field]) => draft[field] !== before[field]);
  async function save(): Promise<void> {
    const change = Object.fromEntries(changed.map(([field]) => [field, draft[field].trim() || null]));
    const saved = await act(name, async () => {
      await editShot(scene.id, shot.id, change);
      return true;
    });
    if (saved) onDone();
  }
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {FIELDS.map(([field, label]) => (
        <label key={field} class="field">
          <span>{label}</span>
          <textarea
            value={draft[field]}
            onInput={(event) => setDraft({ ...draft, [field]: event.currentTarget.value })}
            onKeyDown={(event) => event.stopPropagation()}
          />
        </label>
      ))}
      {view.clip && changed.length > 0 && (
        <p class="soft">The clip stays as it is and is marked stale, until you order a new take.</p>
      )}
      <div class="row">
        <button
          type="submit"
          class="button primary small"
          disabled={changed.length === 0 || busy.value.has(name)}
        >
          Save
        </button>
        <button type="button" class="button small" onClick={onDone}>
          Drop changes
        </button>
      </div>
    </form>
  );
}

function ShotCard({ view }: { view: ShotView }) {
  const [editing, setEditing] = useState(false);
  const { shot } = view;
  return (
    <li class={`card${player.shot.value === shot.id ? " current" : ""}`}>
      <div class="row spread">
        <button type="button" class="button quiet small" onClick={() => player.seekShot(shot.id)}>
          <strong>{shot.label}</strong>
        </button>
        <span class="row">
          {view.stale && <span class="badge tone-wait">↻ stale</span>}
          <Badge face={SHOT_FACES[view.status]} />
        </span>
      </div>
      {editing ? (
        <Editor view={view} onDone={() => setEditing(false)} />
      ) : (
        <>
          {FIELDS.map(
            ([field, label]) =>
              shot[field] && (
                <div key={field}>
                  <p class="soft small">{label}</p>
                  <p class="prose">{shot[field]}</p>
                </div>
              ),
          )}
          <div class="row">
            <button
              type="button"
              class="button small"
              aria-label={`Edit shot ${shot.label}`}
              onClick={() => setEditing(true)}
            >
              Edit
            </button>
          </div>
        </>
      )}
    </li>
  );
}

/** The script: a card per scene, which opens to the full prompts and narration of its shots. */
export function ScriptPanel() {
  const open = film.value;
  if (!open) return null;
  const scenes = openScene.value ? [openScene.value] : open.scenes;
  if (scenes.length === 0) return <p class="empty">No script yet.</p>;
  return (
    <div class="stack">
      {scenes.map((scene) => (
        <details key={scene.id} class="card" open={scenes.length === 1}>
          <summary>
            <strong>{scene.title}</strong> <span class="soft">stage {scene.stage}</span>
          </summary>
          {scene.narration && <p class="prose soft">{scene.narration}</p>}
          <ul class="stack">
            {shots.value
              .filter((view) => view.scene.id === scene.id)
              .map((view) => (
                <ShotCard key={view.shot.id} view={view} />
              ))}
          </ul>
        </details>
      ))}
    </div>
  );
}
