import { useState } from "preact/hooks";
import type { Scene } from "../model/film";
import { count, seconds } from "../model/format";
import { stageName } from "../model/review";
import type { ShotView } from "../model/shots";
import { SHOT_FACES } from "../model/status";
import { editScene, editShot } from "../state/actions";
import { drafts, keepDraft } from "../state/drafts";
import { player } from "../state/screening";
import { film, scene as openScene, shots } from "../state/studio";
import { go } from "../state/ui";
import { Editor, type Field } from "./editor";
import { Badge, Stale } from "./face";
import { Gradually } from "./gradually";

const SHOT_FIELDS = [
  { name: "image_prompt", label: "Image prompt", kind: "text" },
  { name: "video_prompt", label: "Video prompt", kind: "text" },
  { name: "narration", label: "Narration", kind: "text" },
  { name: "duration_seconds", label: "Length in seconds", kind: "seconds" },
] as const satisfies readonly Field[];

const SCENE_FIELDS = [
  { name: "title", label: "Title", kind: "line" },
  { name: "narration", label: "Narration", kind: "text" },
] as const satisfies readonly Field[];

function EditButton({ id, label }: { id: string; label: string }) {
  return (
    <button type="button" class="button small" aria-label={label} onClick={() => keepDraft(id, {})}>
      Edit
    </button>
  );
}

/** A shot's words and length, to read and to change. */
export function ShotWords({ view }: { view: ShotView }) {
  const { shot, scene } = view;
  if (drafts.value[shot.id]) {
    return (
      <Editor
        id={shot.id}
        fields={SHOT_FIELDS}
        values={shot}
        note={view.clip && "The clip stays as it is and is marked stale, until you order a new take."}
        save={(change) => editShot(scene.id, shot.id, change)}
      />
    );
  }
  return (
    <>
      <dl class="words">
        {SHOT_FIELDS.map(({ name, label }) => [
          <dt key={`${name} name`}>{label.replace(" in seconds", "")}</dt>,
          <dd key={name} class="prose">
            {name === "duration_seconds" ? seconds(shot[name]) : (shot[name] ?? "–")}
          </dd>,
        ])}
      </dl>
      <div class="row start">
        <EditButton id={shot.id} label={`Edit shot ${shot.label}`} />
      </div>
    </>
  );
}

function ShotCard({ view }: { view: ShotView }) {
  const { shot } = view;
  return (
    <li class={`card${player.shot.value === shot.id ? " current" : ""}`}>
      <div class="row spread">
        <button type="button" class="button quiet small" onClick={() => player.seekShot(shot.id)}>
          <strong>{shot.label}</strong>
        </button>
        <span class="row">
          {view.stale && <Stale />}
          <Badge face={SHOT_FACES[view.status]} />
        </span>
      </div>
      <ShotWords view={view} />
    </li>
  );
}

function SceneWords({ scene }: { scene: Scene }) {
  if (drafts.value[scene.id]) {
    return (
      <Editor
        id={scene.id}
        fields={SCENE_FIELDS}
        values={scene}
        save={(change) => editScene(scene.id, change)}
      />
    );
  }
  return (
    <div class="row spread">
      <p class="prose soft">{scene.narration ?? "No narration for the whole scene."}</p>
      <EditButton id={scene.id} label={`Edit scene ${scene.title}`} />
    </div>
  );
}

/** A scene's card; its shots are drawn once it is opened: a long film has hundreds. */
function SceneCard({ scene, alone }: { scene: Scene; alone: boolean }) {
  const [opened, setOpened] = useState(alone);
  return (
    <details class="card" open={opened} onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary>
        <strong>{scene.title}</strong> <span class="soft">{stageName(scene.stage)}</span>
      </summary>
      {opened && (
        <>
          {scene.review_status === "returned" && (
            <button type="button" class="button small" onClick={() => go({ scene: scene.id, tab: "review" })}>
              {count(scene.open_issues, "open issue")} to resolve
            </button>
          )}
          <SceneWords scene={scene} />
          <ul class="stack">
            <Gradually
              of={shots.value.filter((view) => view.scene.id === scene.id)}
              each={(view) => <ShotCard key={view.shot.id} view={view} />}
            />
          </ul>
        </>
      )}
    </details>
  );
}

/** The script: a card per scene, which opens to the full prompts and narration of its shots. */
export function ScriptPanel() {
  const open = film.value;
  if (!open) return null;
  const scenes = openScene.value ? [openScene.value] : open.scenes;
  if (scenes.length === 0) return <p class="empty">No script yet.</p>;
  const alone = scenes.length === 1;
  return (
    <div class="stack">
      {scenes.map((scene) => (
        <SceneCard key={`${scene.id} ${alone}`} scene={scene} alone={alone} />
      ))}
    </div>
  );
}
