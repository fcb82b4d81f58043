import type { ShotView } from "../model/shots";
import { SHOT_FACES } from "../model/status";
import { player } from "../state/screening";
import { film, scene as openScene, shots } from "../state/studio";
import { Badge } from "./face";

const FIELDS = [
  ["image_prompt", "Image prompt"],
  ["video_prompt", "Video prompt"],
  ["narration", "Narration"],
] as const;

function ShotCard({ view }: { view: ShotView }) {
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
      {FIELDS.map(
        ([field, label]) =>
          shot[field] && (
            <div key={field}>
              <p class="soft small">{label}</p>
              <p class="prose">{shot[field]}</p>
            </div>
          ),
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
